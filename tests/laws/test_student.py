"""Multivariate t components: densities, statistics and degrees of freedom by direct formulas, and laws of fits."""

import itertools
import warnings
from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize, special
from scipy.stats import multivariate_t

import mixtura
from mixtura import EM, ConjugatePrior, EigenvalueRatio, MixturaWarning, Mixture, Model, Parameters
from mixtura.covariance.models import MODELS
from mixtura.data import ArraySource, MeasuredSource
from mixtura.em.coordinates import FisherCoordinates
from mixtura.em.estep import Plain
from mixtura.em.information import _component_scores
from mixtura.em.mstep.degrees_of_freedom import LEAST, MOST, solve_degrees_of_freedom
from mixtura.stats import ScaleSums, Stats

RNG = np.random.default_rng(0)


def t_rows(n=120, seed=0):
    """Rows of three t components in three columns, with 3, 6 and 20 degrees of freedom."""
    axes = np.random.default_rng(5).normal(size=(3, 3, 3)) + 2 * np.eye(3)
    mixture = Mixture(
        [0.3, 0.3, 0.4],
        [[0, 0, 0], [9, 0, 4], [0, 9, -4]],
        axes @ axes.swapaxes(1, 2) / 4,
        degrees_of_freedom=[3, 6, 20],
    )
    return mixture.sample(n, seed=seed)[0]


ROWS = t_rows()
LABELS = ((ROWS[:, 0] > 4.5) + 2 * (ROWS[:, 1] > 4.5)).clip(0, 2)


def holed(rows, fraction, seed=0):
    """Rows with values missing at random, but at least one left in each."""
    rng = np.random.default_rng(seed)
    holes = rng.random(rows.shape) < fraction
    holes[np.arange(len(rows)), rng.integers(0, rows.shape[1], len(rows))] = False
    return np.where(holes, np.nan, rows)


def fitted(X, *args, **options):
    """A fit whose warnings do not matter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MixturaWarning)
        return mixtura.fit(X, *args, **options)


def by_hand(mixture, rows):
    """Log-joints (n, k), E u and E log u (n, k), expected rows (n, k, d) and their covariances (n, k, d, d)."""
    k, d = mixture.means.shape
    joint, u, log_u = np.empty((3, len(rows), k))
    expected, rest = np.empty((len(rows), k, d)), np.zeros((len(rows), k, d, d))
    for i, j in itertools.product(range(len(rows)), range(k)):
        nu, seen = mixture.degrees_of_freedom[j], ~np.isnan(rows[i])
        mean, matrix = mixture.means[j], mixture.covariances.dense()[j]
        known, away = matrix[np.ix_(seen, seen)], rows[i, seen] - mean[seen]
        joint[i, j] = np.log(mixture.weights[j]) + multivariate_t.logpdf(rows[i, seen], mean[seen], known, nu)
        shape, rate = (nu + seen.sum()) / 2, (nu + away @ np.linalg.solve(known, away)) / 2
        u[i, j], log_u[i, j] = shape / rate, special.digamma(shape) - np.log(rate)
        slope = np.linalg.solve(known, matrix[np.ix_(seen, ~seen)])
        expected[i, j] = rows[i]
        expected[i, j, ~seen] = mean[~seen] + away @ slope
        rest[i, j][np.ix_(~seen, ~seen)] = matrix[np.ix_(~seen, ~seen)] - matrix[np.ix_(~seen, seen)] @ slope
    return joint, u, log_u, expected, rest


@pytest.mark.parametrize("fraction", [0.0, 0.3])
@pytest.mark.parametrize(
    ("model", "kind"), [("VVV", "full"), ("EEE", "pooled"), ("VVI", "diagonal"), ("EII", "diagonal")]
)
def test_densities_and_statistics_are_those_of_the_formulas(model, kind, fraction):
    mixture, rows = fitted(ROWS, start=LABELS, model=model, tails="t").mixture, holed(ROWS, fraction)
    mixture, rows = replace(mixture, degrees_of_freedom=[1.5, 6, 20]), rows if fraction else ROWS
    joint, u, log_u, expected, rest = by_hand(mixture, rows)
    density = np.logaddexp.reduce(joint, axis=1)
    responsibilities = np.exp(joint - density[:, None])
    np.testing.assert_allclose(mixture.logpdf(rows), density, rtol=1e-12)
    np.testing.assert_allclose(mixture.posterior(rows), responsibilities, atol=1e-12)
    np.testing.assert_array_equal(mixture.predict(rows), joint.argmax(axis=1))
    weight = RNG.uniform(0.5, 2, len(rows))
    source = ArraySource(rows, weight)
    found, _ = Plain()(MeasuredSource.of(source) if fraction else source, mixture, kind)
    r = weight[:, None] * responsibilities
    ru = r * u
    mean = np.einsum("nk,nkd->kd", ru, expected) / ru.sum(axis=0)[:, None]
    away = expected - mean
    scatter = np.einsum("nk,nki,nkj->kij", ru, away, away) + np.einsum("nk,nkij->kij", r, rest)
    wanted = Stats(r.sum(axis=0), mean, scatter, float(weight @ density), 0.0).reduced(kind)
    np.testing.assert_allclose(found.weight, wanted.weight, rtol=1e-11)
    np.testing.assert_allclose(found.mean, wanted.mean, rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(found.scatter, wanted.scatter, rtol=1e-10, atol=1e-9)
    np.testing.assert_allclose(found.scales.weight, ru.sum(axis=0), rtol=1e-11)
    np.testing.assert_allclose(found.scales.log_excess, (r * (log_u - u + 1)).sum(axis=0), rtol=1e-9)
    assert found.loglik == pytest.approx(wanted.loglik, rel=1e-12)


def test_statistics_of_parts_add_up_to_those_of_all_rows():
    mixture = fitted(ROWS, start=LABELS, tails="t").mixture
    whole, one, two = (Plain()(ArraySource(part), mixture, "full")[0] for part in (ROWS, ROWS[:37], ROWS[37:]))
    both = one + two
    for name in ("weight", "mean", "scatter", "loglik"):
        np.testing.assert_allclose(getattr(both, name), getattr(whole, name), rtol=1e-11, atol=1e-11)
    for name in ("weight", "log_excess"):
        np.testing.assert_allclose(getattr(both.scales, name), getattr(whole.scales, name), rtol=1e-11)
    assert (whole * 0.5).scales.weight.tolist() == (0.5 * whole.scales.weight).tolist()
    assert whole.select([2]).scales.weight.tolist() == whole.scales.weight[2:].tolist()


def test_rows_of_gaussian_components_have_scales_of_one():
    t = Stats(np.ones(1), np.zeros((1, 1)), np.ones((1, 1)), 0.0, 0.0, scales=ScaleSums(np.array([3.0]), -np.ones(1)))
    gaussian = Stats(np.ones(1), np.array([[4.0]]), np.zeros((1, 1)), 0.0, 0.0)
    both = t + gaussian
    assert both.mean.item() == 1.0
    assert both.weight.item() == 2.0
    assert (both.scales.weight.item(), both.scales.log_excess.item()) == (4.0, -1.0)


@pytest.mark.parametrize("accelerate", [False, True])
@pytest.mark.parametrize("tails", ["t", "t-shared", 4])
@pytest.mark.parametrize("model", MODELS)
def test_the_loglikelihood_never_falls(model, tails, accelerate):
    options = {"model": model, "tails": tails, "start": LABELS, "em": EM(accelerate=accelerate, max_iter=40)}
    weight = RNG.integers(1, 4, len(ROWS))
    for rows, sample_weight in ((ROWS, None), (ROWS, weight), (holed(ROWS, 0.2), weight)):
        fit = fitted(rows, sample_weight=sample_weight, **options)
        assert np.diff(fit.trace).min() >= -1e-9 * abs(fit.loglik)
        assert np.isclose(mixtura.assess(fit.mixture, rows, sample_weight).loglik, fit.loglik, rtol=1e-11)


@pytest.mark.parametrize(
    "more",
    [
        {"constraint": EigenvalueRatio(4)},
        {"prior": "conjugate"},
        {"prior": ConjugatePrior(shrinkage=5), "fixed": {"means": [0]}},
        {"fixed": {"means": [0], "covariances": [1], "weights": [2]}},
        {"noise": 0.05},
        {"trim": 0.05},
        {"equal_weights": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("rows", [ROWS, holed(ROWS, 0.2)], ids=["complete", "holed"])
def test_other_parts_of_a_model_keep_the_loglikelihood_from_falling(more, rows):
    if "trim" in more and np.isnan(rows).any():
        rows = ROWS[::2]
    start = fitted(ROWS, start=LABELS, em=EM(max_iter=3)).mixture
    fit = fitted(rows, start=start, model=Model("VVV", tails="t", **more), em=EM(accelerate=False, max_iter=60))
    assert np.diff(fit.trace).min() >= -1e-9 * abs(fit.loglik)
    assert np.isfinite(fit.mixture.degrees_of_freedom).all()
    if "means" in (more.get("fixed") or {}):
        assert fit.mixture.means[0].tolist() == start.means[0].tolist()


def test_known_labels_are_kept():
    known = np.where(np.arange(len(ROWS)) % 3 == 0, LABELS, -1)
    fit = fitted(ROWS, 3, known_labels=known, tails="t", em=EM(accelerate=False))
    assert np.diff(fit.trace).min() >= -1e-9 * abs(fit.loglik)
    assert np.mean(fit.mixture.predict(ROWS) == LABELS) > 0.95


@pytest.mark.parametrize("what", ["prior_responsibilities", "groups"])
@pytest.mark.parametrize("rows", [ROWS, holed(ROWS, 0.2)], ids=["complete", "holed"])
def test_rows_of_partly_known_components_have_scales(what, rows):
    given = {"prior_responsibilities": 0.1 + np.eye(3)[LABELS], "groups": np.arange(len(ROWS)) // 2}[what]
    start = fitted(ROWS, start=LABELS).mixture
    fit = fitted(rows, start=start, tails="t", em=EM(accelerate=False, max_iter=20), **{what: given})
    assert np.diff(fit.trace).min() >= -1e-9 * abs(fit.loglik)
    assert fit.mixture.degrees_of_freedom.tolist() != [50.0] * 3


@pytest.mark.parametrize("model", ["VVV", "EEE", "VVI", "EVE", "VEV"])
def test_very_many_degrees_of_freedom_give_the_gaussian_fit(model):
    # So few iterations that no fit ends before: which is the last at the maximum is a matter of rounding.
    options = {"model": model, "start": LABELS, "em": EM(accelerate=False, tol=0, max_iter=3)}
    gaussian, heavy = fitted(ROWS, **options), fitted(ROWS, tails=1e13, **options)
    np.testing.assert_allclose(heavy.trace, gaussian.trace, rtol=1e-12)
    np.testing.assert_allclose(heavy.mixture.means, gaussian.mixture.means, atol=1e-10)
    np.testing.assert_allclose(heavy.mixture.covariances.dense(), gaussian.mixture.covariances.dense(), atol=1e-10)
    infinite = fitted(ROWS, tails=np.inf, **options)
    assert infinite.trace == gaussian.trace
    assert infinite.mixture.degrees_of_freedom is None
    assert infinite.n_parameters == gaussian.n_parameters == heavy.n_parameters


@pytest.mark.parametrize("model", ["VVV", "EEE", "VVI", "EVE", "VEV"])
def test_very_many_degrees_of_freedom_end_at_the_gaussian_maximum(model):
    options = {"model": model, "start": LABELS, "em": EM(tol=1e-14, max_iter=500)}
    gaussian, heavy = fitted(ROWS, **options), fitted(ROWS, tails=1e13, **options)
    assert heavy.loglik == pytest.approx(gaussian.loglik, rel=1e-12)
    # The log-likelihood is flat at its maximum: to one part in 1e16 it says where that is to one in 1e8.
    np.testing.assert_allclose(heavy.mixture.means, gaussian.mixture.means, atol=5e-8)
    np.testing.assert_allclose(heavy.mixture.covariances.dense(), gaussian.mixture.covariances.dense(), atol=5e-8)


def negative_loglik(point, rows, shared):
    """Minus the log-likelihood of two t components in two columns at unconstrained parameters."""
    logit, *point = point
    weights = special.softmax([0.0, logit])
    means, logs = np.reshape(point[:4], (2, 2)), point[10:]
    joint = np.empty((len(rows), 2))
    for j in range(2):
        a, b, c = point[4 + 3 * j : 7 + 3 * j]
        lower = np.array([[np.exp(a), 0.0], [b, np.exp(c)]])
        nu = np.exp(logs[0 if shared else j])
        joint[:, j] = np.log(weights[j]) + multivariate_t.logpdf(rows, means[j], lower @ lower.T, nu)
    return -np.logaddexp.reduce(joint, axis=1).sum()


def coordinates_of(mixture, shared):
    """The unconstrained parameters of `negative_loglik`."""
    lower = np.linalg.cholesky(mixture.covariances.dense())
    matrices = [[np.log(one[0, 0]), one[1, 0], np.log(one[1, 1])] for one in lower]
    logs = np.log(mixture.degrees_of_freedom)[: 1 if shared else 2]
    return np.concatenate([[np.log(mixture.weights[1] / mixture.weights[0])], mixture.means.ravel(), *matrices, logs])


@pytest.mark.parametrize("tails", ["t", "t-shared"])
def test_the_maximum_is_that_of_direct_maximisation(tails):
    truth = Mixture([0.5, 0.5], [[0, 0], [7, 3]], [[[2, 1], [1, 1]], [[1, 0], [0, 1]]], degrees_of_freedom=[2, 4])
    rows, labels = truth.sample(70, seed=1)
    fit = fitted(rows, start=labels, tails=tails, em=EM(tol=1e-12, stop="loglik", max_iter=500))
    shared = tails == "t-shared"
    start = coordinates_of(fit.mixture, shared)
    best = optimize.minimize(negative_loglik, start, args=(rows, shared), method="BFGS", options={"gtol": 1e-7})
    assert -negative_loglik(start, rows, shared) == pytest.approx(fit.loglik, rel=1e-11)
    assert -best.fun == pytest.approx(fit.loglik, abs=1e-6)
    assert (fit.mixture.degrees_of_freedom < 1000).all()


def test_rows_with_counts_are_rows_that_are_repeated():
    counts = np.random.default_rng(1).integers(0, 4, len(ROWS))
    options = {"tails": "t", "start": fitted(ROWS, start=LABELS).mixture, "em": EM(accelerate=False, max_iter=20)}
    counted = fitted(ROWS, sample_weight=counts, **options)
    repeated = fitted(np.repeat(ROWS, counts, axis=0), **options)
    np.testing.assert_allclose(counted.trace, repeated.trace, rtol=1e-11)
    np.testing.assert_allclose(counted.mixture.degrees_of_freedom, repeated.mixture.degrees_of_freedom, rtol=1e-8)


def test_parameters_are_recovered():
    rows = t_rows(4000, seed=3)
    fit = fitted(rows, 3, tails="t", seed=0)
    order = np.argsort(fit.mixture.means @ [1.0, 2.0, 0.0])
    np.testing.assert_allclose(fit.mixture.means[order], [[0, 0, 0], [9, 0, 4], [0, 9, -4]], atol=0.15)
    found = fit.mixture.degrees_of_freedom[order]
    assert 2.4 < found[0] < 3.8
    assert 4.5 < found[1] < 8.5
    assert found[2] > 10


def test_outliers_hardly_move_the_means():
    rng = np.random.default_rng(7)
    centres = np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]])
    rows = np.concatenate([rng.normal(size=(150, 2)) + centre for centre in centres])
    outliers = rng.choice(len(rows), 22, replace=False)
    rows[outliers] = rng.uniform(-60, 60, (22, 2))

    def error(tails):
        means = fitted(rows, 3, tails=tails, seed=0).mixture.means
        return min(np.abs(means[list(order)] - centres).max() for order in itertools.permutations(range(3)))

    assert error("t") < 0.3
    assert error("t") < error("normal") / 10


def test_the_equation_of_degrees_of_freedom_is_solved():
    nu = np.array([0.6, 1.0, 2.5, 30.0, 1e4, 9e5])
    excess = 3.0 * (special.digamma(nu / 2) - np.log(nu / 2))
    np.testing.assert_allclose(solve_degrees_of_freedom(excess, np.full(6, 3.0), np.zeros(6)), nu, rtol=1e-7)
    ends = solve_degrees_of_freedom(np.array([-50.0, 0.0, 0.0]), np.array([1.0, 1.0, 0.0]), np.full(3, 7.0))
    assert ends.tolist() == [LEAST, MOST, 7.0]


def test_a_start_without_degrees_of_freedom_begins_near_gaussian_components():
    gaussian = fitted(ROWS, start=LABELS, em=EM(max_iter=5)).mixture
    fit = fitted(ROWS, start=gaussian, tails="t", em=EM(max_iter=0))
    assert fit.mixture.degrees_of_freedom.tolist() == [50.0] * 3
    again = fitted(ROWS, start=Parameters(means=gaussian.means), tails="t-shared")
    assert len(set(again.mixture.degrees_of_freedom.tolist())) == 1


@pytest.mark.parametrize("degrees_of_freedom", [[3.0, np.inf], [3.0, 7.0], [np.inf, 5.0]], ids=str)
@pytest.mark.parametrize(
    "covariances", [[[[2.0, 0.5], [0.5, 1.0]], [[1.0, 0.1], [0.1, 1.5]]], [[1.0, 2.0], [3.0, 1.0]]], ids=["VVV", "VVI"]
)
def test_scores_are_derivatives_in_the_coordinates(covariances, degrees_of_freedom):
    mixture = Mixture([0.4, 0.6], [[1, 2], [0, 0]], covariances, degrees_of_freedom=degrees_of_freedom)
    coordinates, rows = FisherCoordinates(mixture), RNG.normal(size=(6, 2)) * 2
    free = coordinates.free
    steps = 1e-5 * np.eye(len(free))[free]
    assert all(np.allclose(coordinates.of(coordinates.at(1e4 * e)), 1e4 * e) for e in steps[2:])
    for j in range(2):
        places, scores = _component_scores(mixture, rows, j, free)
        found = np.zeros((len(rows), len(steps)))
        found[:, places] = scores
        ends = [[coordinates.at(sign * e).log_joint(rows)[:, j] for e in steps] for sign in (1, -1)]
        np.testing.assert_allclose(found, np.subtract(*ends).T / 2e-5, atol=1e-4)


def test_acceleration_takes_far_fewer_iterations_and_ends_as_high():
    options = {"start": LABELS, "tails": "t", "em": EM(accelerate=False, max_iter=5000)}
    plain = fitted(ROWS, **options)
    fast = fitted(ROWS, **options | {"em": EM()})
    assert fast.loglik > plain.loglik - 0.005
    assert fast.iterations < plain.iterations / 4
