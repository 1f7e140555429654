"""The observed information, and when so little remains of the log-likelihood that EM stops."""

import warnings

import numpy as np
import pytest
from problem_of import problem_of

import mixtura
from mixtura.data import ArraySource
from mixtura.em import Iterate, NoRise
from mixtura.em.coordinates import FisherCoordinates
from mixtura.em.estep import KnownLabels, Plain, Trimmed, WithBackground
from mixtura.em.information import CompleteInformation, estimate_information, remaining_rise
from mixtura.em.stopping import LittleRemains, LoglikRises, extrapolated_rise


@pytest.fixture(scope="module")
def rows():
    draw = np.random.default_rng(0)
    return draw.normal(size=(700, 2)) + np.outer(draw.random(700) < 0.4, [2.0, 1.0])


def converged(rows, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixtura.MixturaWarning)
        return mixtura.fit(rows, 2, seed=0, tol=1e-14, max_iter=3000, **options)


def matrix_of(information):
    """The estimated matrix, (q, q), of free coordinates."""
    return (information.vectors * information.values) @ information.vectors.T


def hessian(loglik, coordinates, step=1e-3):
    """Minus the second differences of a function of mixtures in the free coordinates."""
    free = np.flatnonzero(coordinates.free)
    size = len(coordinates.free)
    steps = step * np.eye(size)[free]

    def at(point):
        return loglik(coordinates.at(point))

    found = np.empty((len(free), len(free)))
    for i, a in enumerate(steps):
        for j, b in enumerate(steps[: i + 1]):
            found[i, j] = found[j, i] = -(at(a + b) - at(a - b) - at(b - a) + at(-a - b)) / (4 * step**2)
    return found


@pytest.mark.parametrize("model", ["VVV", "EEE", "VVI", "EEI", "VII", "EII"])
def test_it_is_minus_the_second_derivative_where_em_has_converged(rows, model):
    fit = converged(rows, model=model)
    here = Iterate.at(fit.mixture, None, None)
    found = estimate_information(ArraySource.of(rows), Plain(), here)
    coordinates = FisherCoordinates(fit.mixture)
    expected = hessian(lambda mixture: mixture.logpdf(rows).mean(), coordinates)
    weights = np.sqrt(fit.mixture.weights)  # along the sum of the weights, which the mixture does not depend on
    expected[:2, :2] += np.outer(weights, weights)
    np.testing.assert_allclose(matrix_of(found), expected, atol=1e-4)
    gradient = np.zeros(len(coordinates.free))
    gradient[coordinates.free] = np.random.default_rng(0).normal(size=len(expected))
    solved = found.solve(gradient)
    np.testing.assert_allclose(matrix_of(found) @ solved[coordinates.free], gradient[coordinates.free], atol=1e-9)
    assert not solved[~coordinates.free].any()


@pytest.mark.parametrize("kind", ["weights", "noise", "known", "trimmed"])
def test_it_is_that_of_what_the_e_step_counts(rows, kind):
    """Second derivatives of the log-likelihood that EM raises, whatever the E-step."""
    options, estep, source = {}, Plain(), ArraySource.of(rows)
    weight, known = np.arange(len(rows)) % 3, np.where(np.arange(len(rows)) % 5, -1, rows[:, 0] > 1)
    if kind == "weights":
        options, source = {"sample_weight": weight}, ArraySource.of(rows, weight)
    elif kind == "noise":
        options, estep = {"noise": 0.1}, WithBackground(Plain())
    elif kind == "known":
        options, estep = {"known_labels": known}, KnownLabels(known)
    else:
        options, estep = {"trim": 0.05}, Trimmed(0.05)
    fit = converged(rows, **options)
    memory = fit.cutoff if kind == "trimmed" else None
    found = estimate_information(source, estep, Iterate.at(fit.mixture, None, None, memory))

    def loglik(mixture):
        logs = mixture.logpdf(rows)
        if kind == "known":
            parts = mixture.log_joint(rows)
            logs = np.where(known < 0, logs, parts[np.arange(len(rows)), np.maximum(known, 0)])
        counted = {"weights": weight, "trimmed": (fit.mixture.logpdf(rows) >= fit.cutoff) * 1.0}
        return np.average(logs, weights=counted.get(kind))

    coordinates = FisherCoordinates(fit.mixture)
    expected = hessian(loglik, coordinates)
    weights = np.sqrt(fit.mixture.all_weights)
    s = len(weights)
    expected[:s, :s] += np.outer(weights, weights)
    np.testing.assert_allclose(matrix_of(found), expected, atol=0.02 if kind == "trimmed" else 1e-3)


def test_with_too_many_parameters_it_is_that_of_the_complete_data():
    rows = np.random.default_rng(0).normal(size=(300, 20))
    first = problem_of(rows).begin(mixtura.Mixture([0.5, 0.5], rows[:2], np.tile(np.eye(20), (2, 1, 1))))
    found = estimate_information(ArraySource.of(rows), Plain(), first)
    assert isinstance(found, CompleteInformation)
    assert found.solve(np.ones(3)).tolist() == [1, 1, 1]


def test_of_many_rows_a_sample_will_do():
    draw = np.random.default_rng(3)
    rows = draw.normal(size=(60_000, 1)) + 2.5 * (draw.random((60_000, 1)) < 0.4)
    fit = mixtura.fit(rows, 2, seed=0)
    here = Iterate.at(fit.mixture, None, None)
    found, exact = (estimate_information(ArraySource.of(part), Plain(), here) for part in (rows, rows[:50_000]))
    least = found.values[found.values > 1e-4].min()  # without that along the sum of the weights
    assert least == pytest.approx(exact.values.min(), rel=0.15)


@pytest.mark.parametrize("accelerate", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_em_stops_a_tenth_of_a_standard_error_from_its_limit(accelerate, seed):
    """Two normals that overlap: by a threshold on the rise per row EM ends whole standard errors away."""
    draw = np.random.default_rng(seed)
    first = draw.random(3000) < 0.4
    rows = draw.normal(size=3000) * np.where(first, 1, 1.3) + np.where(first, 0, 1.5)
    fit = mixtura.fit(rows, 2, seed=seed, em=mixtura.EM(accelerate=accelerate, max_iter=100_000))
    limit = mixtura.fit(rows, start=fit.mixture, tol=1e-13, max_iter=100_000)
    assert 0 <= limit.loglik - fit.loglik <= 0.005
    assert fit.outcome.converged


def test_what_remains_is_estimated(rows):
    source = ArraySource.of(rows)
    limit = converged(rows)
    moved = FisherCoordinates(limit.mixture)
    point = np.zeros(len(moved.free))
    point[2:6] = 0.02
    away = moved.at(point)
    problem = problem_of(rows)
    here = problem.begin(away)
    told = remaining_rise(source, Plain(), here, problem.mstep(here.stats, away)[0])
    assert told == pytest.approx(limit.loglik - away.logpdf(rows).sum(), rel=0.1)


def test_extrapolated_rises():
    assert extrapolated_rise([0.0]) == np.inf
    assert extrapolated_rise([0.0, 1.0, 3.0]) == np.inf
    assert extrapolated_rise([0.0, 4.0, 6.0]) == pytest.approx(2.0)
    assert extrapolated_rise([0.0, 4.0, 4.0]) == 0


def test_the_rule_is_chosen_by_what_is_told():
    assert mixtura.EM().rule_names == ("remaining",)
    assert mixtura.EM(1e-4).rule_names == ("loglik",)
    assert mixtura.EM(0.1, stop="remaining").threshold == 0.1
    assert mixtura.EM(stop=("loglik", "parameters")).threshold == 1e-6
    assert mixtura.EM(stop=("remaining", "loglik")).stop_rules == [LoglikRises(1e-6), NoRise()]
    both = mixtura.EM(stop=["remaining", "loglik"], accelerate=False)
    assert both.stop_rules == [LittleRemains(0.005), LoglikRises(1e-6)]
    assert hash(both) == hash(mixtura.EM(stop=("remaining", "loglik"), accelerate=False))
    assert mixtura.EM.from_json(mixtura.fit([0.0, 1.0, 5.0, 6.0], 2, seed=0).to_json()) == mixtura.EM()
