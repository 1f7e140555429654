"""The estimator on rows that are not in memory: the same attributes and predictions as on the array."""

import numpy as np
import pytest
from halves import Halves
from remote_rows import in_partitions

import mixtura
from mixtura import GaussianMixture, ParameterError

RNG = np.random.default_rng(0)
ROWS = RNG.permutation(np.concatenate([RNG.normal(mean, 1, (400, 2)) for mean in (0, 6, 12)]))
SOURCES = {"of one's own": Halves, "partitions": in_partitions}


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
@pytest.mark.parametrize("init_params", ["kmeans", "k-means++", "random", "random_from_data", "kmeans-sample"])
def test_every_start_fits(make, init_params):
    model = GaussianMixture(3, init_params=init_params, random_state=0, max_iter=300).fit(make(ROWS))
    assert model.means_.shape == (3, 2)
    assert model.n_features_in_ == 2
    assert not hasattr(model, "feature_names_in_")
    np.testing.assert_allclose(model.predict_proba(make(ROWS)), model.predict_proba(ROWS), atol=1e-12)


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
def test_the_fit_from_given_parameters_is_that_of_the_array(make):
    given = {"means_init": [[0, 0], [6, 6], [12, 12]], "weights_init": [0.3, 0.3, 0.4]}
    given["precisions_init"] = np.array([np.eye(2)] * 3)
    ours, theirs = (GaussianMixture(3, **given).fit(X) for X in (make(ROWS), ROWS))
    np.testing.assert_allclose(ours.means_, theirs.means_, rtol=1e-9)
    assert ours.n_iter_ == theirs.n_iter_
    np.testing.assert_array_equal(ours.predict(make(ROWS)), theirs.predict(ROWS))
    np.testing.assert_allclose(ours.score_samples(make(ROWS)), theirs.score_samples(ROWS), rtol=1e-9)
    for criterion in ("score", "bic", "aic", "icl"):
        assert getattr(ours, criterion)(make(ROWS)) == pytest.approx(getattr(theirs, criterion)(ROWS), rel=1e-9)


def test_weights_of_the_source_count():
    weight = RNG.integers(0, 3, len(ROWS)).astype(float)
    given = {"means_init": [[0, 0], [6, 6], [12, 12]], "random_state": 0, "tol": 1e-9, "max_iter": 200}
    ours = GaussianMixture(3, **given).fit(in_partitions(ROWS, weight))
    theirs = GaussianMixture(3, **given).fit(ROWS, sample_weight=weight)
    np.testing.assert_allclose(ours.means_, theirs.means_, rtol=1e-6)
    assert len(ours.predict(in_partitions(ROWS, weight))) == len(ROWS)


def test_auto_chooses_the_number():
    model = GaussianMixture("auto", covariance_type="auto", random_state=0).fit(in_partitions(ROWS))
    assert model.n_components_ == 3
    assert model.selection_.best.mixture.n_components == 3


def test_named_columns_are_remembered():
    model = GaussianMixture(2, random_state=0).fit(in_partitions(ROWS, columns=("a", "b")))
    assert model.feature_names_in_.tolist() == ["a", "b"]
    swapped = in_partitions(ROWS[:, ::-1].copy(), columns=("b", "a"))
    np.testing.assert_array_equal(model.predict(swapped), model.mixture_.predict(ROWS))
    with pytest.raises(mixtura.DataError, match="X has no column 'b'"):
        model.predict(in_partitions(ROWS, columns=("a", "c")))


def test_a_collapse_is_an_error_unless_it_may_be_repaired():
    rows = np.zeros((60, 2))
    with pytest.raises(ValueError, match="ill-defined"):
        GaussianMixture(2, reg_covar=0, random_state=0).fit(in_partitions(rows))


def test_a_subclass_with_methods_of_its_own_is_refused():
    class Own(GaussianMixture):
        def _m_step(self, X, log_resp, xp=None):
            raise NotImplementedError

    with pytest.raises(ParameterError, match="would ignore _m_step"):
        Own(2).fit(in_partitions(ROWS))
