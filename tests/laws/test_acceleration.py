"""Accelerated EM: where it goes, at what cost, and in which coordinates."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import problems, random_mixture

import mixtura
from mixtura.covariance.models.names import MODELS, as_covariance_model
from mixtura.em.coordinates import FisherCoordinates


def both_ways(rows, k, floor=1e-10, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixtura.MixturaWarning)
        return [
            mixtura.fit(rows, k, start="kmeans", seed=0, **options, em=mixtura.EM(accelerate=fast, floor=floor))
            for fast in (False, True)
        ]


@pytest.fixture(scope="module")
def overlapping():
    sets = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        sets.append((random_mixture(rng, 3, 2, spread=1.2).sample(600, rng)[0], 3))
    return sets


def test_it_takes_fewer_passes_to_the_same_place(overlapping):
    ratios, gaps = [], []
    for rows, k in overlapping:
        plain, fast = both_ways(rows, k, tol=1e-8, max_iter=5000)
        ratios.append(fast.starts[0].passes / plain.starts[0].passes)
        gaps.append((fast.loglik - plain.loglik) / len(rows))
        assert plain.starts[0].passes == plain.iterations + 1
        assert fast.iterations + 1 <= fast.starts[0].passes <= 2 * fast.iterations + 1
    assert np.median(ratios) <= 0.45
    assert max(ratios) <= 1.3
    assert min(gaps) >= -1e-6


def test_a_move_that_gains_too_little_is_replaced_by_ems_own_step(overlapping, monkeypatch):
    from mixtura.em.steppers import quasi_newton as accelerated

    rows, k = overlapping[0]
    monkeypatch.setattr(accelerated, "evaluate_at", lambda *_: None)
    plain, fast = both_ways(rows, k, tol=1e-7, max_iter=5000)
    assert (np.diff(fast.trace) >= 0).all()
    assert fast.starts[0].passes > fast.iterations + 1
    assert fast.loglik == pytest.approx(plain.loglik, abs=1e-6 * len(rows))


def test_passes_are_counted_honestly(overlapping, monkeypatch):
    from mixtura.em.problem import Problem

    calls = []
    real = Problem.evaluate
    monkeypatch.setattr(Problem, "evaluate", lambda *given: calls.append(1) or real(*given))
    for rows, k in overlapping[:2]:
        calls.clear()
        fit = mixtura.fit(rows, k, start="kmeans", seed=0, tol=1e-8, max_iter=5000)
        assert fit.starts[0].passes == len(calls)


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=15)
@given(problem=problems(max_k=4, max_d=4, max_n=80))
def test_an_accelerated_trace_never_falls_and_ends_in_the_family(model, problem):
    rows, k, _ = problem
    _, fast = both_ways(rows, k, model=model, max_iter=40, floor=1e-6)
    assert (np.diff(fast.trace) >= 0).all()
    assert fast.loglik == pytest.approx(fast.mixture.logpdf(rows).sum(), rel=1e-9, abs=1e-7)
    least = as_covariance_model(model).admissible_floor(1e-6 * rows.var(axis=0))
    relative = fast.mixture.covariances.dense() / np.sqrt(np.outer(least, least))
    assert np.linalg.eigvalsh(relative).min() > 1 - 1e-6


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=15)
@given(problem=problems(max_k=4, max_d=4, max_n=60))
def test_coordinates_lead_there_and_back(model, problem):
    rows, k, _ = problem
    rng = np.random.default_rng(0)
    a, b = (random_mixture(rng, k, rows.shape[1]) for _ in range(2))
    if model in ("VVI", "VII"):
        kept = slice(1 if model == "VII" else None)
        a, b = (
            mixtura.Mixture(
                m.weights, m.means, mixtura.DiagonalCovariance(m.covariances.variances()[:, kept], *m.means.shape)
            )
            for m in (a, b)
        )
    coordinates = FisherCoordinates(a)
    np.testing.assert_allclose(coordinates.of(a), 0, atol=1e-12)
    there = coordinates.at(coordinates.of(b))
    np.testing.assert_allclose(there.weights, b.weights, rtol=1e-10)
    np.testing.assert_allclose(there.means, b.means, atol=1e-9)
    np.testing.assert_allclose(there.covariances.dense(), b.covariances.dense(), rtol=1e-8, atol=1e-9)


def test_scikit_learns_layer_accelerates_when_asked(overlapping):
    rows, k = overlapping[0]
    options = {"random_state": 0, "tol": 1e-8, "max_iter": 2000}
    plain = mixtura.GaussianMixture(k, **options).fit(rows)
    fast = mixtura.GaussianMixture(k, accelerate=True, **options).fit(rows)
    assert fast.n_iter_ < plain.n_iter_
    assert fast.lower_bound_ >= plain.lower_bound_ - 1e-6
