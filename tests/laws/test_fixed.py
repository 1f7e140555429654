"""Laws of EM with parameters that are held, for every covariance model."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problem_of import problem_of
from strategies import problems, random_mixture

import mixtura
from mixtura.covariance.models.names import MODELS
from mixtura.em.mstep import EqualWeights, FixedWeights, FreeWeights
from mixtura.fitting.options import as_masks, with_fixed_parameters

PARTS = ("weights", "means", "covariances")


def models(law):
    """A law for each of the fourteen models."""
    return pytest.mark.parametrize("model", MODELS)(settings(max_examples=12)(law))


@st.composite
def holdings(draw):
    """A problem, which parameters of which components to hold, whether weights are equal, whether there is noise."""
    rows, k, rng = draw(problems(max_k=4, max_d=4, max_n=80))
    kinds = draw(st.sets(st.sampled_from(PARTS)))
    whole = draw(st.booleans())
    fixed = {kind: True if whole else rng.random(k) < 0.5 for kind in kinds}
    equal = "weights" not in kinds and draw(st.booleans())
    noise = draw(st.booleans())
    if set(as_masks(fixed, k)) >= {"means", "covariances"}:
        noise = True  # there must be something left to fit
    return rows, k, rng, fixed, equal, noise


def options_of(problem, model):
    rows, k, rng, fixed, equal, noise = problem
    low, high = rows.min(axis=0) - 1, rows.max(axis=0) + 1
    start = random_mixture(rng, k, rows.shape[1])
    return {
        "model": mixtura.Model(
            model, fixed=fixed, equal_weights=equal, noise=mixtura.Noise(0.1, low, high) if noise else None
        ),
        "start": start,
        "em": mixtura.EM(floor=1e-6, max_iter=12),
    }


def quietly(rows, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixtura.MixturaWarning)
        return mixtura.fit(rows, **options)


@models
@given(problem=holdings(), accelerate=st.booleans())
def test_em_climbs_and_what_is_held_stays(model, problem, accelerate):
    rows, k, _, fixed, equal, noise = problem
    options = options_of(problem, model)
    fit = quietly(rows, **{**options, "em": replace(options["em"], accelerate=accelerate)})
    assert (np.diff(fit.trace) >= 0).all()
    assert fit.loglik == pytest.approx(fit.mixture.logpdf(rows).sum(), rel=1e-9, abs=1e-7)
    found, start = fit.mixture, options["start"]
    if found.n_components < k:
        assert all(np.sum(mask) < k for mask in as_masks(fixed, k).values())
        return
    masks = as_masks(fixed, k)
    every, left = np.zeros(k, dtype=bool), found.weights.sum()
    held = masks.get("weights", every)
    np.testing.assert_allclose(found.weights[held], left * start.weights[held])
    np.testing.assert_array_equal(found.means[masks.get("means", every)], start.means[masks.get("means", every)])
    held = masks.get("covariances", every)
    np.testing.assert_array_equal(found.covariances.dense()[held], start.covariances.dense()[held])
    if equal:
        np.testing.assert_allclose(found.weights, found.weights[0], rtol=1e-12)
    if noise:
        assert found.noise.weight + found.weights.sum() == pytest.approx(1)


@models
@given(problem=holdings())
def test_parameters_that_are_held_do_not_count(model, problem):
    rows, k, _, fixed, equal, noise = problem
    fit = quietly(rows, **options_of(problem, model))
    if fit.mixture.n_components < k:
        return
    masks, d = as_masks(fixed, k), rows.shape[1]
    left = {kind: k - int(np.sum(masks.get(kind, 0))) for kind in PARTS}
    weights = 0 if equal else max(left["weights"] - 1, 0)
    spread = MODELS[model].n_parameters(left["covariances"], d) if left["covariances"] else 0
    assert fit.n_parameters == weights + left["means"] * d + spread + (2 if noise else 0)


@models
@given(problem=holdings())
def test_the_m_step_is_the_best_that_what_is_held_allows(model, problem):
    """No small change of what is free has a higher expected log-likelihood."""
    rows, k, rng, fixed, equal, _ = problem
    options = options_of(problem, model)
    around = options["model"].noise
    problem = problem_of(rows, model, floor=1e-6).with_background(around)
    start = options["start"]
    problem = replace(problem, mstep=replace(problem.mstep, weights=EqualWeights() if equal else FreeWeights()))
    problem = with_fixed_parameters(problem, k, fixed, start=start, initial=lambda *_: start)
    left = 1 - (around.weight if around else 0)
    first = problem.begin(mixtura.Mixture(left * start.weights, start.means, start.covariances, noise=around))
    best, low = problem.mstep(first.stats, first.mixture)
    share = first.mixture.posterior(rows)
    share[share < 2.0**-72] = 0  # as in the E-step, after which a component with no more than this has weight zero

    def expected(candidate):
        joint = candidate.log_joint(rows)
        return float((share * np.where(share > 0, joint, 0)).sum())

    top = expected(best)
    assert top >= expected(first.mixture) - 1e-8 * (1 + abs(top))
    if low.any():
        return
    for size in (1e-3, 1e-1):
        other = random_mixture(rng, k, rows.shape[1])
        blend = (1 - size) * best.covariances.dense() + size * other.covariances.dense()
        left = best.weights.sum()
        moved = mixtura.Mixture(
            (1 - size) * best.weights + size * left * other.weights,
            (1 - size) * best.means + size * other.means,
            mixtura.DenseCovariance(blend, k),
            noise=best.noise,
        )
        assert expected(problem.mstep.admit(moved)[0]) <= top + 1e-8 * (1 + abs(top))


@given(problem=problems(max_k=5, max_d=3), left=st.floats(0.1, 1.0))
def test_free_weights_share_what_is_left(problem, left):
    rows, k, rng = problem
    given_, mask = random_mixture(rng, k, rows.shape[1]), rng.random(k) < 0.5
    weights = left * rng.dirichlet(np.ones(k))
    held = FixedWeights(mask, given_.weights)
    found = held(weights)
    np.testing.assert_allclose(found[mask], left * given_.weights[mask])
    if not mask.all():
        assert found.sum() == pytest.approx(left)
        free = found[~mask] / found[~mask].sum()
        np.testing.assert_allclose(free, weights[~mask] / weights[~mask].sum(), atol=1e-12)
        assert held(np.where(mask, weights, 0.0)).sum() == pytest.approx(weights[mask].sum())


def test_a_fixed_weight_stays_where_a_free_component_is_removed():
    rng = np.random.default_rng(1)
    rows = np.concatenate([rng.normal(0, 1, size=(30, 2)), rng.normal(6, 1, size=(30, 2))])
    spread = np.eye(2) * np.array([1, 1, 1e-3])[:, None, None]
    start = mixtura.Mixture([0.7, 0.15, 0.15], [[0.0, 0.0], [6.0, 6.0], [20.0, 20.0]], spread)
    found = quietly(rows, start=start, fixed={"weights": [0]}).mixture
    np.testing.assert_allclose(found.weights, [0.7, 0.3])


def test_fixed_weights_share_what_removed_components_leave_where_none_is_free():
    held = FixedWeights(np.array([True, True, False, False]), np.array([0.2, 0.3, 0.25, 0.25]))
    np.testing.assert_allclose(held.keep(np.array([0, 1, 3]))(np.array([0.1, 0.1, 0.8])), [0.2, 0.3, 0.5])
    np.testing.assert_allclose(held.keep(np.array([0, 1]))(np.array([0.5, 0.5])), [0.4, 0.6])
