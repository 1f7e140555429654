"""Parameters that are held, equal proportions, and starts from some parameters: mclust's numbers, and laws."""

import json
import warnings
from itertools import chain, combinations
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize
from strategies import random_mixture

import mixtura
from mixtura import ParameterError
from mixtura.covariance.models.names import MODELS

REFERENCE = Path(__file__).parents[1] / "reference" / "mclust"
EQUAL = json.loads((REFERENCE / "equal.json").read_text())
PARTS = ("weights", "means", "covariances")
SUBSETS = list(chain.from_iterable(combinations(PARTS, count) for count in (1, 2, 3)))


def rows_of(name):
    return np.loadtxt(REFERENCE / f"{name}.csv", delimiter=",", skiprows=1)


# mclust comes to rest with equal proportions; with the others it does not (see the README beside the numbers).
SOUND = ("EII", "VII", "EEI", "VEI", "EVI", "EEE", "EEV", "VEV", "VVV")


SPECIES = np.repeat([0, 1, 2], 50)


@pytest.mark.parametrize("name", ["faithful", "iris", "diabetes"])
@pytest.mark.parametrize("model", MODELS)
def test_mclusts_equal_proportions(name, model):
    rows, expected = rows_of(name), EQUAL[name][model]
    start = np.array(json.loads((REFERENCE / f"{name}.json").read_text())["start"]["labels"])
    options = {"tol": 1e-13, "max_iter": 20_000, "em": mixtura.EM(accelerate=False)}
    fit = mixtura.fit(rows, model=mixtura.Model(model, equal_weights=True), start=start, **options)
    assert fit.n_parameters == expected["npar"]
    np.testing.assert_allclose(fit.mixture.weights, 1 / fit.mixture.n_components)
    if model in SOUND:
        assert fit.loglik == pytest.approx(expected["loglik"], abs=1e-6)
    else:
        assert fit.loglik > expected["loglik"] or sum(expected["pro"]) > 1.01


@pytest.mark.parametrize("model", [*SOUND, "VVI"])
def test_mclusts_equal_proportions_beside_noise(model):
    rows = np.loadtxt(REFERENCE / "chevron.csv", delimiter=",", skiprows=1, usecols=(1, 2))
    labels, expected = np.array(EQUAL["chevron"]["start_labels"]), EQUAL["chevron"]["models"][model]
    options = {"tol": 1e-10, "max_iter": 20_000, "em": mixtura.EM(accelerate=False)}
    model = mixtura.Model(model, equal_weights=True, noise=labels == 0)
    fit = mixtura.fit(rows, model=model, start=np.where(labels == 0, 1, labels), **options)
    assert fit.n_parameters == expected["npar"]
    assert fit.loglik == pytest.approx(expected["loglik"], abs=1e-3)
    np.testing.assert_allclose(fit.mixture.all_weights, expected["pro"], rtol=1e-2)


def test_means_that_are_held_leave_the_scatter_about_them(iris):
    start = mixtura.fit(iris, 3, seed=0).mixture
    moved = mixtura.Mixture(start.weights, start.means + 0.1, start.covariances)
    fit = mixtura.fit(iris, start=moved, fixed="means", tol=1e-13, max_iter=5000)
    share = fit.mixture.posterior(iris)
    for j in range(3):
        delta = iris - moved.means[j]
        np.testing.assert_allclose(
            fit.mixture.covariances[j], (share[:, j, None] * delta).T @ delta / share[:, j].sum(), rtol=1e-4
        )
    np.testing.assert_allclose(fit.mixture.weights, share.mean(axis=0), rtol=1e-4)


@pytest.mark.parametrize("accelerate", [False, True])
def test_the_end_is_where_a_general_optimiser_ends(accelerate):
    """One mean and one variance are held; the rest is found by SciPy, too."""
    x = rows_of("faithful")[:, 0]
    start = mixtura.Parameters([0.5, 0.5], [[2.0], [4.5]], np.full((2, 1, 1), 4.0))
    fixed = {"means": [0], "covariances": [1]}
    fit = mixtura.fit(x, 2, start=start, fixed=fixed, tol=1e-14, max_iter=5000, em=mixtura.EM(accelerate=accelerate))

    def cost(free):
        weight = 1 / (1 + np.exp(-free[0]))
        parts = [(weight, 2.0, np.exp(free[1])), (1 - weight, free[2], 0.5)]
        return -np.log(sum(w * np.exp(-0.5 * ((x - m) / s) ** 2) / (s * np.sqrt(2 * np.pi)) for w, m, s in parts)).sum()

    best = minimize(cost, [0.0, np.log(0.5), 4.5], tol=1e-10)
    assert fit.loglik == pytest.approx(-best.fun, abs=1e-6)
    assert fit.n_parameters == 3


@pytest.mark.parametrize("given", SUBSETS, ids="+".join)
@pytest.mark.parametrize("model", ["VVV", "EEE", "VII"])
def test_any_parameters_may_be_given_and_the_rest_goes_with_them(iris, given, model):
    """From some parameters of a good fit, in another order than k-means finds them, EM comes back to it."""
    best = mixtura.fit(iris, 3, model=model, seed=0)
    good = best.mixture.select([1, 2, 0])
    start = mixtura.Parameters(**{name: getattr(good, name) for name in given})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixtura.ConvergenceWarning)
        first = mixtura.fit(iris, 3, model=model, start=start, seed=0, max_iter=0).mixture
    for name in set(given) - {"covariances"}:
        np.testing.assert_allclose(getattr(first, name), getattr(good, name))
    if "covariances" in given:
        np.testing.assert_allclose(first.covariances.dense(), good.covariances.dense(), atol=1e-12)
    fit = mixtura.fit(iris, 3, model=model, start=start, seed=0)
    assert fit.loglik == pytest.approx(best.loglik, abs=0.01)
    if "means" in given or ("covariances" in given and model != "EEE"):  # else nothing tells the components apart
        np.testing.assert_allclose(fit.mixture.means, good.means, atol=0.05)
    held = mixtura.fit(iris, 3, model=model, start=start, fixed=given[:2], seed=0)
    assert held.n_parameters < fit.n_parameters
    assert held.loglik <= fit.loglik + 0.005


def test_a_mean_far_from_all_rows_may_be_given():
    rows = np.random.default_rng(0).normal(size=(100, 2))
    fit = mixtura.fit(rows, 2, start=mixtura.Parameters(means=[[0.0, 0.0], [90.0, 0.0]]), fixed="means")
    assert fit.mixture.means.tolist() == [[0.0, 0.0], [90.0, 0.0]]
    assert fit.mixture.weights[1] < 1e-3


def test_components_that_are_held_are_never_removed():
    rows = np.random.default_rng(0).normal(size=(60, 2))
    start = mixtura.Parameters(means=[[50.0, 0.0], [0.0, 0.0], [0.1, 0.0], [-0.1, 0.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixtura.MixturaWarning)
        fit = mixtura.fit(rows, 4, start=start, fixed={"means": [0]}, seed=0, em=mixtura.EM(floor=1e-3))
    assert fit.mixture.means[0].tolist() == [50.0, 0.0]
    assert all(repair.component != 0 for start in fit.starts for repair in start.repairs)


def test_small_em_takes_equal_proportions(iris):
    free, equal = mixtura.fit(iris, 3, seed=0), mixtura.fit(iris, 3, model=mixtura.Model(equal_weights=True), seed=0)
    assert equal.n_parameters == free.n_parameters - 2
    assert free.loglik - 2 < equal.loglik < free.loglik


@pytest.mark.parametrize(("model", "seed"), [("EVE", 1), ("EVV", 0)])
def test_the_ceiling_of_equal_volumes_does_not_come_down_on_what_is_held(model, seed):
    """A component that holds hardly a row is as wide as allowed; where means are held that changes with each step."""
    rng = np.random.default_rng(seed)
    rows, _ = random_mixture(rng, 3, 3).sample(90, rng)
    start, weight = random_mixture(rng, 3, 3), rng.exponential(size=90)
    for fixed in ("means", ["weights", "means"], {"means": [0, 2]}, {"means": [1], "covariances": [0]}):
        for accelerate in (False, True):
            options = {
                "fixed": fixed,
                "em": mixtura.EM(accelerate=accelerate, floor=1e-6, max_iter=25),
                "sample_weight": weight,
            }
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", mixtura.MixturaWarning)
                fit = mixtura.fit(rows, start=start, model=model, **options)
            assert fit.outcome is not mixtura.Outcome.STALLED
            assert (np.diff(fit.trace) >= 0).all()


def test_parameters_say_how_many_components_there_are(iris):
    assert mixtura.fit(iris, start=mixtura.Parameters(means=iris[:100:50])).mixture.n_components == 2
    assert mixtura.fit(
        iris, start=mixtura.Parameters(covariances=mixtura.DenseCovariance(np.eye(4)[None], 2))
    ).iterations
    with pytest.raises(ParameterError, match="n_components is missing"):
        mixtura.fit(iris, start=mixtura.Parameters())


def test_labels_may_give_what_is_held(iris):
    species = np.repeat([0, 1, 2], 50)
    fit = mixtura.fit(iris, start=species, fixed=["weights", "means"])
    np.testing.assert_allclose(fit.mixture.weights, 1 / 3)
    np.testing.assert_allclose(fit.mixture.means, [iris[species == j].mean(axis=0) for j in range(3)])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"fixed": "mean"}, "expected some of 'weights'"),
        ({"fixed": 5}, "expected some of 'weights'"),
        ({"fixed": {"means": [3]}}, "numbers from 0 to 2"),
        ({"fixed": {"means": [0.5]}}, "3 booleans"),
        ({"fixed": "means"}, "the start does not give them"),
        ({"fixed": "means", "start": mixtura.Parameters(weights=[0.2, 0.3, 0.5])}, "means are fixed"),
        ({"model": mixtura.Model(fixed="weights", equal_weights=True), "start": SPECIES}, "leave one of them out"),
        ({"fixed": ["weights", "means", "covariances"], "start": np.repeat([0, 1, 2], 50)}, "nothing to fit"),
        ({"start": mixtura.Parameters(weights=[0.5, 0.5])}, "the start has 2 weights"),
    ],
)
def test_what_cannot_be_held_is_refused(iris, options, words):
    with pytest.raises(ParameterError, match=words):
        mixtura.fit(iris, 3, seed=0, **options)
