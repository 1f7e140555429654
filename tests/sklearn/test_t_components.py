"""`GaussianMixture(tails=...)`: the fits of `mixtura.fit`, and scikit-learn's conventions for t components."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from halves import Halves
from scipy.stats import multivariate_t
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import mixtura
from mixtura import EM, GaussianMixture, ParameterError
from mixtura.errors import MixturaWarning

CENTRES = np.array([[0.0, 0.0], [7.0, 0.0], [0.0, 8.0]])
RNG = np.random.default_rng(0)
ROWS = np.concatenate([RNG.standard_t(4, size=(120, 2)) + centre for centre in CENTRES])
GIVEN = {"weights_init": [0.3, 0.3, 0.4], "means_init": CENTRES, "precisions_init": np.array([np.eye(2)] * 3)}
START = mixtura.Mixture([0.3, 0.3, 0.4], CENTRES, np.array([np.eye(2)] * 3))
EVERY_TAILS = ["t", "t-shared", 3.5]

# Iterations are counted, so none of these fits need converge.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def iterations_of_fit(X, count, **options):
    """The mixture after so many plain iterations of `mixtura.fit` from `START`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MixturaWarning)
        em = EM(tol=1e-300, max_iter=count, accelerate=False)
        return mixtura.fit(X, 3, start=START, em=em, **options).mixture


def fitted(tails="t", **options):
    return GaussianMixture(3, tails=tails, reg_covar=0, random_state=0, tol=1e-6, max_iter=300, **options).fit(ROWS)


@pytest.mark.parametrize("tails", EVERY_TAILS)
@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical", "VEV"])
def test_iterations_are_those_of_fit(tails, kind):
    given = GIVEN | {"precisions_init": {"tied": np.eye(2), "diag": np.ones((3, 2)), "spherical": np.ones(3)}.get(kind)}
    given["precisions_init"] = (
        GIVEN["precisions_init"] if given["precisions_init"] is None else given["precisions_init"]
    )
    model = GaussianMixture(3, covariance_type=kind, tails=tails, reg_covar=0, tol=0, max_iter=20, **given).fit(ROWS)
    own, ours = iterations_of_fit(ROWS, 20, model=kind, tails=tails), model.mixture_
    for name in ("weights", "means", "degrees_of_freedom"):
        np.testing.assert_allclose(getattr(ours, name), getattr(own, name), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ours.covariances.dense(), own.covariances.dense(), rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(model.degrees_of_freedom_, ours.degrees_of_freedom)
    assert model.n_parameters_ == ours.n_parameters == own.n_parameters
    assert (np.diff(model.lower_bounds_) > -1e-12).all()


def test_rows_elsewhere_and_with_missing_values_have_the_iterations_of_fit():
    holes = np.where(np.random.default_rng(1).random(ROWS.shape) < 0.1, np.nan, ROWS)
    for X in (holes, Halves(ROWS)):
        model = GaussianMixture(3, tails="t", reg_covar=0, tol=0, max_iter=15, **GIVEN).fit(X)
        own = iterations_of_fit(X, 15, tails="t")
        np.testing.assert_allclose(model.means_, own.means, rtol=1e-9)
        np.testing.assert_allclose(model.degrees_of_freedom_, own.degrees_of_freedom, rtol=1e-9)
        np.testing.assert_allclose(model.predict_proba(X), own.posterior(X), atol=1e-9)


@pytest.mark.parametrize("tails", EVERY_TAILS)
def test_densities_are_those_of_scipys_t_distribution(tails):
    model = fitted(tails)
    parts = zip(model.weights_, model.means_, model.covariances_, model.degrees_of_freedom_, strict=True)
    joint = np.stack([w * multivariate_t.pdf(ROWS, mean, scale, nu) for w, mean, scale, nu in parts], axis=1)
    np.testing.assert_allclose(model.score_samples(ROWS), np.log(joint.sum(axis=1)), rtol=1e-9)
    np.testing.assert_allclose(model.predict_proba(ROWS), joint / joint.sum(axis=1, keepdims=True), atol=1e-9)
    np.testing.assert_array_equal(model.predict(ROWS), joint.argmax(axis=1))
    assert model.score(ROWS) == pytest.approx(np.log(joint.sum(axis=1)).mean())
    np.testing.assert_allclose(model.precisions_ @ model.covariances_, [np.eye(2)] * 3, atol=1e-9)
    own = mixtura.assess(model.mixture_, ROWS)
    for name in ("bic", "aic", "icl"):
        assert getattr(model, name)(ROWS) == pytest.approx(getattr(own, name))
    assert model.n_parameters_ == 17 + {"t": 3, "t-shared": 1}.get(tails, 0)


def test_outliers_do_not_move_the_means():
    rows = np.concatenate([ROWS, np.random.default_rng(2).uniform(-60, 60, (20, 2))])
    how = {"tol": 1e-6, "max_iter": 500, **GIVEN}
    heavy, gaussian = (GaussianMixture(3, tails=tails, **how).fit(rows) for tails in ("t", "normal"))
    assert np.abs(heavy.means_ - CENTRES).max() < 0.5 < np.abs(gaussian.means_ - CENTRES).max()


def test_samples_are_those_of_the_t_distribution_grouped_by_component():
    model = fitted(4.0)
    rows, labels = model.sample(40_000)
    assert (np.diff(labels) >= 0).all()
    np.testing.assert_allclose(np.bincount(labels) / 40_000, model.weights_, atol=0.01)
    np.testing.assert_allclose(np.cov(rows[labels == 0].T), 2 * model.covariances_[0], rtol=0.3, atol=0.2)
    np.testing.assert_array_equal(rows, fitted(4.0).sample(40_000)[0])
    with pytest.raises(ValueError, match="n is 0"):
        model.sample(0)


def test_copies_tables_pipelines_and_searches():
    model = fitted("t-shared")
    for copy in (pickle.loads(pickle.dumps(model)), clone(model).fit(ROWS)):
        np.testing.assert_array_equal(copy.predict_proba(ROWS), model.predict_proba(ROWS))
    frame = pd.DataFrame(ROWS, columns=["a", "b"])
    table = clone(model).set_output(transform="pandas").fit(frame).transform(frame)
    np.testing.assert_array_equal(table, model.transform(ROWS))
    steps = make_pipeline(StandardScaler(), GaussianMixture(3, tails="t", random_state=0)).fit(ROWS)
    assert len(set(steps.predict(ROWS))) == 3
    search = GridSearchCV(GaussianMixture(3, random_state=0), {"tails": ["normal", 4.0]}, cv=3).fit(ROWS)
    assert search.best_params_ == {"tails": 4.0}


def test_auto_weights_and_warm_start():
    chosen = GaussianMixture("auto", covariance_type="EII", tails="t-shared", random_state=0).fit(ROWS)
    assert chosen.n_components_ == 3
    assert chosen.bic(ROWS) == pytest.approx(chosen.selection_.best.bic)
    weight = RNG.integers(0, 3, len(ROWS)).astype(float)
    how = {"tails": "t", "tol": 0, "max_iter": 10, **GIVEN}
    one = GaussianMixture(3, **how).fit(ROWS, sample_weight=weight)
    two = GaussianMixture(3, **how).fit(np.repeat(ROWS, weight.astype(int), axis=0))
    np.testing.assert_allclose(one.degrees_of_freedom_, two.degrees_of_freedom_, rtol=1e-9)
    again = GaussianMixture(3, **how, warm_start=True).fit(ROWS).fit(ROWS)
    whole = GaussianMixture(3, **(how | {"max_iter": 20})).fit(ROWS)
    np.testing.assert_allclose(again.degrees_of_freedom_, whole.degrees_of_freedom_, rtol=1e-9)


def test_float32_stays_and_the_attribute_goes_with_the_tails():
    model = fitted()
    assert GaussianMixture(3, tails="t").fit(ROWS.astype(np.float32)).degrees_of_freedom_.dtype == np.float32
    model.set_params(tails="normal", warm_start=True).fit(ROWS)
    assert not hasattr(model, "degrees_of_freedom_")
    assert model.mixture_.degrees_of_freedom is None
    plain = GaussianMixture(3, tails=np.inf, random_state=0).fit(ROWS)
    assert not hasattr(plain, "degrees_of_freedom_")
    np.testing.assert_allclose(plain.means_, GaussianMixture(3, random_state=0).fit(ROWS).means_)
    assert model.set_params(tails="t").fit(ROWS).degrees_of_freedom_.shape == (3,)


@pytest.mark.parametrize("tails", ["heavy", 0, -1.0, None])
def test_bad_tails_are_refused(tails):
    with pytest.raises(ValueError, match="The 'tails' parameter of GaussianMixture must be"):
        GaussianMixture(2, tails=tails).fit(ROWS)


def test_what_has_no_t_components_says_so():
    model = fitted()
    with pytest.raises(ParameterError, match="partial_fit: stepwise EM has Gaussian components alone"):
        model.partial_fit(ROWS)
    with pytest.raises(ParameterError, match="or was not 'normal' in the last fit"):
        clone(model).fit(ROWS).set_params(tails="normal").partial_fit(ROWS)
    log_resp = np.log(model.predict_proba(ROWS))
    for name, arguments in {"_m_step": (ROWS, log_resp), "_initialize": (ROWS, log_resp)}.items():
        with pytest.raises(ParameterError, match=f"{name} is scikit-learn's, which does not know tails='t'"):
            getattr(model, name)(*arguments)
    calls = {"_estimate_log_prob": (ROWS,), "_set_parameters": ((),), "_get_parameters": ()}
    for name, arguments in calls.items():
        with pytest.raises(ParameterError, match=f"{name} is scikit-learn's, which has no t components"):
            getattr(model, name)(*arguments)
    with pytest.raises(ParameterError, match="which has no t components"):
        model._e_step(ROWS)
    with pytest.raises(ParameterError, match="t components take exact values and missing ones"):
        GaussianMixture(3, tails="t").fit(mixtura.Measured(ROWS, noise_covariance=0.1))
    model.weights_ = np.array([0.5, 0.5, 0.5])  # which scikit-learn would take as they are
    with pytest.raises(ParameterError, match="predict is scikit-learn's, which has no t components"):
        model.predict(ROWS)


@pytest.mark.parametrize("tails", ["normal", "t-shared", 4.0])
def test_an_accelerated_step_that_comes_upon_the_ridge_is_no_collapse(tails):
    """Single rows as first components: their variances are the ridge, and extrapolation comes upon it."""
    rng = np.random.default_rng(7)
    rows = np.concatenate([rng.normal(size=(150, 2)) + centre for centre in CENTRES])
    rows[rng.choice(450, 22, replace=False)] = rng.uniform(-30, 30, (22, 2))
    how = {"tails": tails, "tol": 1e-6, "max_iter": 500, "init_params": "k-means++"}
    for seed in range(4):
        plain, fast = (GaussianMixture(3, accelerate=a, random_state=seed, **how).fit(rows) for a in (False, True))
        assert fast.converged_
        assert fast.score(rows) > plain.score(rows) - 0.05
