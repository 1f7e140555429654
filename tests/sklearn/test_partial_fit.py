"""`GaussianMixture.partial_fit`: scikit-learn's conventions, and near a fit to all rows."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import mixtura
from mixtura import GaussianMixture
from mixtura.errors import ParameterError

TRUTH = mixtura.Mixture([0.3, 0.3, 0.4], [[0.0, 0.0], [6.0, 0.0], [0.0, 7.0]], np.array([np.eye(2)] * 3))
ROWS = TRUTH.sample(12_000, seed=1)[0]


def after(rows, size, **options):
    model = GaussianMixture(3, random_state=0, **options)
    for part in np.array_split(rows, len(rows) // size):
        model.partial_fit(part)
    return model


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical", "VEV"])
def test_near_a_fit_to_all_rows_whatever_the_batches(kind):
    fit = GaussianMixture(3, covariance_type=kind, random_state=0).fit(ROWS)
    for size in (100, 3000):
        model = after(ROWS, size, covariance_type=kind)
        assert abs(model.score(ROWS) - fit.score(ROWS)) < 0.003
        for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
            assert getattr(model, name).shape == getattr(fit, name).shape
        assert model.n_parameters_ == fit.n_parameters_
        assert model.n_features_in_ == 2
        assert not model.converged_
        assert model.n_iter_ > 0
        assert model.lower_bound_ == pytest.approx(model.score(ROWS), abs=0.1)


def test_the_first_call_is_a_fit_and_rows_are_kept_while_they_double():
    model = GaussianMixture(3, random_state=0).partial_fit(ROWS[:90])
    assert model.means_.tolist() == GaussianMixture(3, random_state=0).fit(ROWS[:90]).means_.tolist()
    assert model.converged_
    model.partial_fit(ROWS[90:100])
    assert not model.converged_
    assert model.predict(ROWS[:5]).shape == (5,)
    model.partial_fit(ROWS[100:180])
    assert model.means_.tolist() == GaussianMixture(3, random_state=0).fit(ROWS[:180]).means_.tolist()


def test_no_rows_are_kept_later():
    model = after(ROWS, 1000)
    assert model._stream.kept.n_rows == 0
    assert len(pickle.dumps(model)) < 20_000
    again = pickle.loads(pickle.dumps(model))
    assert again.partial_fit(ROWS[:50]).means_.tolist() == model.partial_fit(ROWS[:50]).means_.tolist()
    assert not hasattr(clone(model), "_stream")


def test_fit_begins_anew_and_partial_fit_goes_on_from_it():
    model = after(ROWS[:600], 100).fit(ROWS[:500])
    assert model.means_.tolist() == GaussianMixture(3, random_state=0).fit(ROWS[:500]).means_.tolist()
    before = model.means_
    model.partial_fit(ROWS[500:520])
    assert 0 < np.abs(model.means_ - before).max() < 0.1
    for part in np.array_split(ROWS[520:], 10):
        model.partial_fit(part)
    assert abs(model.score(ROWS) - GaussianMixture(3, random_state=0).fit(ROWS).score(ROWS)) < 0.003


def test_weights_count_rows():
    weight = np.arange(100) % 3
    one = GaussianMixture(3, random_state=0).fit(ROWS[:900]).partial_fit(ROWS[900:1000], sample_weight=weight)
    two = GaussianMixture(3, random_state=0).fit(ROWS[:900]).partial_fit(np.repeat(ROWS[900:1000], weight, axis=0))
    np.testing.assert_allclose(one.means_, two.means_, rtol=1e-9)
    assert GaussianMixture(3, random_state=0).partial_fit(ROWS[:100], sample_weight=weight).means_.shape == (3, 2)


def test_features_are_checked_as_scikit_learn_does():
    frame = pd.DataFrame(ROWS[:200], columns=["a", "b"])
    model = GaussianMixture(2).partial_fit(frame)
    assert model.feature_names_in_.tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="feature names should match"):
        model.partial_fit(frame[["b", "a"]])
    with pytest.raises(ValueError, match="X has 1 features, but GaussianMixture is expecting 2"):
        GaussianMixture(2).partial_fit(ROWS[:200]).partial_fit(ROWS[:, :1])
    with pytest.raises(ValueError, match="Expected n_samples >= n_components"):
        GaussianMixture(3).partial_fit(ROWS[:2])
    model.partial_fit(frame[:1])  # one row is enough later


def test_float32_stays():
    model = GaussianMixture(3, random_state=0)
    for part in np.array_split(ROWS[:6000].astype(np.float32), 3):
        model.partial_fit(part)
    assert model.means_.dtype == np.float32


def test_automatic_choice():
    model = GaussianMixture("auto", covariance_type="EII", random_state=0)
    for part in np.array_split(ROWS[:600], 4):
        model.partial_fit(part)
    assert (model.n_components_, model.covariance_type_) == (3, "EII")
    assert model.selection_.best.mixture.n_components == 3


def test_a_later_collapse_keeps_the_parameters(monkeypatch):
    model = GaussianMixture(3, random_state=0).partial_fit(ROWS[:100])

    def collapse(*_):
        raise ValueError("ill-defined empirical covariance")

    monkeypatch.setattr("mixtura.sklearn.partial_fit.fit_starts", collapse)
    model.partial_fit(ROWS[100:250])
    assert model._stream.fitted_rows == 250
    model.partial_fit(ROWS[250:6000])
    assert model._stream.kept.n_rows == 0
    with pytest.raises(ValueError, match="ill-defined"):
        GaussianMixture(3, random_state=0).partial_fit(ROWS[:100])


def test_overridden_methods_are_not_ignored():
    class Other(GaussianMixture):
        def _m_step(self, X, log_resp, xp=None):
            """Do nothing."""

    with pytest.raises(ParameterError, match="partial_fit runs stepwise EM, and would ignore _m_step"):
        Other(2).partial_fit(ROWS[:50])


def test_other_arrays_are_refused(monkeypatch):
    monkeypatch.setattr("mixtura.sklearn.partial_fit.is_other_array", lambda _: True)
    with pytest.raises(ParameterError, match="partial_fit: X is an array of numpy; expected one of NumPy"):
        GaussianMixture(2).partial_fit(ROWS[:50])
