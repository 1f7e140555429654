"""`GaussianMixture.fit(known_labels=, prior_responsibilities=, groups=)`: the fits of `mixtura.fit`, and routing."""

import inspect
import warnings

import numpy as np
import pandas as pd
import pytest
from halves import Halves
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import mixtura
import sklearn
from mixtura import EM, DataError, GaussianMixture, ParameterError
from mixtura.errors import MixturaWarning

RNG = np.random.default_rng(0)
TRUE = np.repeat([0, 1, 2], 60)
ROWS = RNG.normal(size=(180, 2)) + np.array([[0, 0], [4, 1], [1, 5]])[TRUE]
LABELS = np.where(np.arange(180) % 5 == 0, TRUE, -1)
PRIOR = np.where(RNG.random((180, 1)) < 0.4, 0.2 + 0.6 * np.eye(3)[TRUE], 1 / 3)
GROUPS = np.concatenate([np.repeat(np.arange(20), 3) + 20 * j for j in range(3)])
KNOWN = {
    "labels": {"known_labels": LABELS},
    "prior": {"prior_responsibilities": PRIOR},
    "groups": {"groups": GROUPS},
    "labels and groups": {"known_labels": LABELS, "groups": GROUPS},
    "prior and groups": {"prior_responsibilities": PRIOR, "groups": GROUPS},
}
given = pytest.mark.parametrize("known", KNOWN.values(), ids=KNOWN)
MEANS = np.array([[0.5, 0.0], [3.0, 1.0], [1.0, 4.0]])
GIVEN = {"weights_init": [0.3, 0.3, 0.4], "means_init": MEANS, "precisions_init": np.array([np.eye(2)] * 3)}
START = mixtura.Mixture([0.3, 0.3, 0.4], MEANS, np.array([np.eye(2)] * 3))

# Iterations are counted, so none of these fits need converge.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def iterations_of_fit(X, count=4, **options):
    """The mixture after so many plain iterations of `mixtura.fit`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MixturaWarning)
        return mixtura.fit(X, 3, em=EM(tol=1e-300, max_iter=count, accelerate=False), **options).mixture


def iterated(X, **options):
    model = GaussianMixture(3, reg_covar=0, tol=0, max_iter=4, **options.pop("own", {}))
    return model.fit(X, **options)


def assert_same(model, mixture):
    np.testing.assert_allclose(model.weights_, mixture.weights, rtol=1e-9)
    np.testing.assert_allclose(model.means_, mixture.means, rtol=1e-9)
    np.testing.assert_allclose(model.covariances_, mixture.covariances.dense(), rtol=1e-9)


@given
def test_iterations_are_those_of_fit(known):
    model = iterated(ROWS, own=GIVEN, **known)
    assert_same(model, iterations_of_fit(ROWS, start=START, **known))
    assert (np.diff(model.lower_bounds_) > -1e-12).all()


@pytest.mark.parametrize("known", [KNOWN["labels"], KNOWN["prior"], KNOWN["prior and groups"]])
def test_the_start_is_made_of_what_is_known_whatever_the_start_method(known):
    own = iterations_of_fit(ROWS, **known)
    for init_params in ("kmeans", "random"):
        assert_same(iterated(ROWS, own={"init_params": init_params}, **known), own)


@given
def test_with_missing_values_weights_errors_and_t_components(known):
    holes = np.where(np.random.default_rng(1).random(ROWS.shape) < 0.1, np.nan, ROWS)
    weight = np.random.default_rng(2).integers(1, 3, len(ROWS)).astype(float)
    noisy = mixtura.Measured(ROWS, noise_covariance=0.1)
    assert_same(iterated(holes, own=GIVEN, **known), iterations_of_fit(holes, start=START, **known))
    assert_same(iterated(noisy, own=GIVEN, **known), iterations_of_fit(noisy, start=START, **known))
    mixture = iterations_of_fit(ROWS, start=START, sample_weight=weight, **known)
    assert_same(iterated(ROWS, own=GIVEN, sample_weight=weight, **known), mixture)
    model = iterated(ROWS, own={**GIVEN, "tails": 4.0}, **known)
    assert_same(model, iterations_of_fit(ROWS, start=START, tails=4.0, **known))


def test_labels_of_fit_predict_heed_what_is_known():
    labels = np.where(np.arange(180) % 3 == 0, np.roll(TRUE, 30), -1)  # partly against the rows
    found = GaussianMixture(3).fit_predict(ROWS, known_labels=labels)
    np.testing.assert_array_equal(found[labels >= 0], labels[labels >= 0])
    model = GaussianMixture(3, random_state=0)
    found = model.fit_predict(ROWS, groups=GROUPS)
    np.testing.assert_array_equal(found, model.mixture_.predict(ROWS, groups=GROUPS))
    assert all(len(set(found[group == GROUPS])) == 1 for group in set(GROUPS))
    found = model.fit_predict(ROWS, prior_responsibilities=PRIOR)
    np.testing.assert_array_equal(found, (PRIOR * model.predict_proba(ROWS)).argmax(axis=1))
    measured = mixtura.Measured(ROWS, noise_covariance=0.2)
    found = model.fit_predict(measured, groups=GROUPS)
    np.testing.assert_array_equal(found, model.mixture_.predict(measured, groups=GROUPS))
    with pytest.raises(ParameterError, match="groups: fit_predict needs rows in memory"):
        model.fit_predict(Halves(ROWS), groups=GROUPS)


def test_rows_elsewhere_and_tables():
    model = iterated(Halves(ROWS), own=GIVEN, known_labels=LABELS)
    assert_same(model, iterations_of_fit(ROWS, start=START, known_labels=LABELS))
    frame = pd.DataFrame(ROWS, columns=["a", "b"])
    labels = pd.Series(LABELS).where(LABELS >= 0)  # missing where it is unknown
    model = iterated(frame, own=GIVEN, known_labels=labels)
    assert model.feature_names_in_.tolist() == ["a", "b"]
    assert_same(model, iterations_of_fit(ROWS, start=START, known_labels=LABELS))


@pytest.mark.parametrize("argument", ["known_labels", "prior_responsibilities", "groups"])
def test_what_is_known_is_routed(argument):
    value = {"known_labels": LABELS, "prior_responsibilities": PRIOR, "groups": GROUPS}[argument]
    with sklearn.config_context(enable_metadata_routing=True):
        model = GaussianMixture(3, random_state=0).set_fit_request(**{argument: True})
        steps = make_pipeline(StandardScaler(), clone(model)).fit(ROWS, **{argument: value})
        scaled = StandardScaler().fit_transform(ROWS)
        own = GaussianMixture(3, random_state=0).fit(scaled, **{argument: value})
        np.testing.assert_array_equal(steps[-1].means_, own.means_)
        with pytest.raises(ValueError, match=argument):
            make_pipeline(GaussianMixture(3)).fit(ROWS, **{argument: value})
    names = list(inspect.signature(GaussianMixture.fit_predict).parameters)
    assert names == list(inspect.signature(GaussianMixture.fit).parameters)


def test_errors_name_the_argument():
    for known in KNOWN.values():
        first = next(iter(known))
        for options in ({"n_components": "auto"}, {"n_components": 3, "covariance_type": "auto"}):
            with pytest.raises(ParameterError, match=f"{first}: mixtura.select, by which 'auto' chooses"):
                GaussianMixture(**options).fit(ROWS, **known)
        with pytest.raises(ParameterError, match=f"{first}: not possible with limits"):
            GaussianMixture(3).fit(mixtura.Measured(ROWS, limits=(-9.0, 9.0)), **known)
    with pytest.raises(DataError, match="known_labels"):
        GaussianMixture(3).fit(ROWS, known_labels=LABELS[:5])
    with pytest.raises(DataError, match=r"groups has shape \(5,\)"):
        GaussianMixture(3).fit(ROWS, groups=GROUPS[:5])
    with pytest.raises(ValueError, match="Expected n_samples >= n_components"):
        GaussianMixture(3).fit(ROWS[:2], groups=[0, 1])


def test_a_subclass_whose_methods_do_not_know_it_refuses():
    class Own(GaussianMixture):
        def _m_step(self, X, log_resp, xp=None):
            raise NotImplementedError

    class Predicting(GaussianMixture):
        def fit_predict(self, X, y=None, **known):
            self.passed = known
            return super().fit_predict(X, y, **known)

    with pytest.raises(ParameterError, match="does not know groups"):
        Own(3).fit(ROWS, groups=GROUPS)
    model = Predicting(3, random_state=0).fit(ROWS, known_labels=LABELS)
    assert list(model.passed) == ["known_labels"]
    assert_means = GaussianMixture(3, random_state=0).fit(ROWS, known_labels=LABELS).means_
    np.testing.assert_array_equal(model.means_, assert_means)


def test_more_censored_values_than_full_covariances_allow_are_refused():
    rows = RNG.normal(size=(60, 8))
    censored = mixtura.Measured(rows, censored=np.full(rows.shape, "above"))
    with pytest.raises(ParameterError, match="with full covariances at most"):
        GaussianMixture(2).fit(censored)
