"""`MixtureDisplay` keeps scikit-learn's conventions for displays."""

import inspect

import numpy as np
import pytest
import sklearn.mixture
from matplotlib import pyplot as plt
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.metrics import RocCurveDisplay
from sklearn.pipeline import make_pipeline

import mixtura
from mixtura.plotting.subjects import drawn_mixture

IRIS = load_iris().data


@pytest.fixture(scope="module")
def model():
    return mixtura.GaussianMixture(3, random_state=0).fit(IRIS[:, :2])


def test_it_has_the_parts_of_scikit_learns_displays(model):
    display = mixtura.MixtureDisplay.from_estimator(model, IRIS[:, :2])
    for theirs in (DecisionBoundaryDisplay, RocCurveDisplay):
        assert {"from_estimator", "plot"} <= {name for name in dir(theirs) if name in dir(display)}
        ours = inspect.signature(mixtura.MixtureDisplay.from_estimator).parameters
        assert list(ours)[:2] == list(inspect.signature(theirs.from_estimator).parameters)[:2] == ["estimator", "X"]
        assert "ax" in ours
        assert "ax" in inspect.signature(theirs.plot).parameters
    assert display.ax_ in display.figure_.axes
    assert display.ax_.get_title(loc="left") == "GaussianMixture"


def test_plot_returns_itself_and_draws_again(model):
    display = mixtura.MixtureDisplay.from_estimator(model, IRIS[:, :2])
    first = display.figure_
    assert display.plot(kind="density", name="again") is display
    assert display.figure_ is not first
    assert display.ax_.get_title(loc="left") == "again"


def test_it_draws_into_given_axes_and_subfigures(model):
    figure, ax = plt.subplots()
    display = mixtura.MixtureDisplay.from_estimator(model, ax=ax)
    assert (display.ax_, display.figure_) == (ax, figure)
    whole = plt.figure()
    part = whole.subfigures(1, 2)[0]
    four = mixtura.GaussianMixture(2, random_state=0).fit(IRIS)
    display = mixtura.MixtureDisplay.from_estimator(four, IRIS, ax=part)
    assert len(display.ax_) == 10
    assert display.figure_ is whole


def test_every_fitted_estimator_and_pipeline_is_drawn(model):
    theirs = sklearn.mixture.GaussianMixture(2, random_state=0).fit(IRIS[:, :2])
    classifier = mixtura.MixtureClassifier().fit(IRIS[:, :2], load_iris().target)
    pipeline = make_pipeline(PCA(2), mixtura.GaussianMixture(3, random_state=0)).fit(IRIS)
    assert mixtura.MixtureDisplay.from_estimator(theirs, IRIS[:, :2], kind="boundaries").mixture.n_components == 2
    assert mixtura.MixtureDisplay.from_estimator(classifier, IRIS[:, :2]).mixture.component_names is not None
    assert mixtura.MixtureDisplay.from_estimator(pipeline, IRIS).X.shape == (150, 2)


def test_errors_are_those_of_scikit_learn_and_ours():
    with pytest.raises(NotFittedError):
        mixtura.MixtureDisplay.from_estimator(mixtura.GaussianMixture(2), IRIS)
    with pytest.raises(mixtura.ParameterError, match=r"PCA.*; expected a Fit, a Mixture, a Selection or a fitted"):
        mixtura.MixtureDisplay.from_estimator(PCA(2).fit(IRIS), IRIS)


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("made", [sklearn.mixture.GaussianMixture, mixtura.GaussianMixture])
def test_the_mixture_of_an_estimator_has_its_density(made, kind):
    X = IRIS[:, :2]  # as many columns as components, so that shapes alone do not tell tied from diagonal
    estimator = made(2, covariance_type=kind, random_state=0).fit(X)
    np.testing.assert_allclose(drawn_mixture(estimator).logpdf(X), estimator.score_samples(X), rtol=1e-8)


@pytest.mark.parametrize("name", ["EEE", "VEV", "EII"])
def test_other_covariance_models_are_drawn(name):
    X = IRIS[:, :2]
    estimator = mixtura.GaussianMixture(2, covariance_type=name, random_state=0).fit(X)
    np.testing.assert_allclose(drawn_mixture(estimator).logpdf(X), estimator.score_samples(X), rtol=1e-8)


def test_fits_and_estimators_are_drawn_alike_and_others_refused(model):
    X = IRIS[:, :2]
    fit = mixtura.fit(X, 2, seed=0)
    assert fit.plot(X, kind="regions").axes[0].get_xlabel() == "x1"
    assert mixtura.plot(model, X).axes[0].get_title(loc="left") == "3 components"
    with pytest.raises(mixtura.ParameterError, match="what is an estimator that is not fitted"):
        mixtura.plot(mixtura.GaussianMixture(2))
    with pytest.raises(mixtura.ParameterError, match=r"what is \[1, 2\]; expected a Fit, a Mixture, a Sel"):
        mixtura.plot([1, 2])
    with pytest.raises(mixtura.ParameterError, match="keeps no iterations; expected a Fit"):
        mixtura.replay(model, X, "a.gif")


def test_a_pipeline_of_the_estimator_alone():
    X = np.repeat([[0.0], [9.0]], 20, axis=0) + np.tile([[-0.5], [0.0], [0.2], [0.5]], (10, 1))
    pipeline = make_pipeline(mixtura.GaussianMixture(2, random_state=0)).fit(X)
    display = mixtura.MixtureDisplay.from_estimator(pipeline, X)
    assert np.array_equal(display.X, X)
