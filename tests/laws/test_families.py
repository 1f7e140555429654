"""Laws of the fourteen covariance models."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from problem_of import problem_of
from strategies import examples, problems, random_mixture

import mixtura
from mixtura.covariance.models.names import MODELS
from mixtura.em.steppers.base import em_iteration

COLUMNS_MAY_STRETCH = ("EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVV", "VVV")
SPACE_MAY_TURN = ("EII", "VII", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV")
MAPS = {
    "stretch": COLUMNS_MAY_STRETCH,
    "turn": SPACE_MAY_TURN,
    "any": tuple(model for model in COLUMNS_MAY_STRETCH if model in SPACE_MAY_TURN),
}

# From the simpler to the richer: a letter becomes V, or axes along the columns become any.
NESTED = [
    (simple, rich)
    for simple in MODELS
    for rich in MODELS
    if simple != rich and all(a in ("I" + b if b != "V" else "IEV") for a, b in zip(simple, rich, strict=True))
]


def climbed(problem, start, steps):
    """Some EM iterations."""
    here = problem.begin(start)
    for _ in range(steps):
        here = em_iteration(problem, here)
    return here


@pytest.mark.parametrize("model", MODELS)
@examples(15)
@given(problem=problems(max_k=8, max_d=12, max_n=60), floor=st.sampled_from([1e-10, 1e-6]))
def test_em_is_monotone_in_many_dimensions_and_on_tiny_clusters(model, problem, floor):
    rows, k, rng = problem
    rows[: len(rows) // 4] = rows[0] + 1e-3 * rng.standard_normal((len(rows) // 4, rows.shape[1]))
    problem = problem_of(rows, model, floor=floor)
    here = problem.begin(random_mixture(rng, k, rows.shape[1]))
    for _ in range(6):
        new = em_iteration(problem, here)
        assert new.loglik >= here.loglik - max(1e-10, 1e-15 / floor) * (abs(here.loglik) + len(rows))
        here = new


@pytest.mark.parametrize(("simple", "rich"), NESTED, ids=["<".join(pair) for pair in NESTED])
@examples(3)
@given(problem=problems(max_k=8, max_d=12, max_n=80))
def test_a_richer_model_starts_where_a_simpler_one_ends_and_climbs(simple, rich, problem):
    rows, k, rng = problem
    end = climbed(problem_of(rows, simple, floor=1e-6), random_mixture(rng, k, rows.shape[1]), 5)
    if end.at_floor.any():
        return  # floors of models that know no columns differ from those of models that do
    problem = problem_of(rows, rich, floor=1e-6)
    begun = problem.begin(end.mixture)
    assert begun.loglik == pytest.approx(end.loglik, rel=1e-8, abs=1e-6)
    assert em_iteration(problem, begun).loglik >= end.loglik - 1e-8 * (abs(end.loglik) + len(rows))
    assert begun.mixture.n_parameters >= end.mixture.n_parameters


def mapped(model, rows, start, matrix, shift):
    """Log-likelihoods of some EM iterations on rows and on rows mapped by an affine map, the start mapped alike."""
    moved = mixtura.Mixture(
        start.weights,
        start.means @ matrix + shift,
        mixtura.DenseCovariance(matrix.T @ start.covariances.dense() @ matrix, start.n_components),
    )
    a, b = problem_of(rows, model), problem_of(rows @ matrix + shift, model)
    ways = [[climbed(problem, begin, steps) for steps in range(4)] for problem, begin in ((a, start), (b, moved))]
    first, second = (way[-1] for way in ways)
    stretch = len(rows) * np.linalg.slogdet(matrix)[1]
    low = any(here.at_floor.any() for way in ways for here in way)  # bounds know columns, on the way, too
    return first.loglik, second.loglik + stretch, low


@pytest.mark.parametrize(("model", "kind"), [(model, kind) for kind, allowed in MAPS.items() for model in allowed])
@examples(6)
@given(data=st.data())
def test_maps_of_the_data_that_the_model_allows_map_the_fit(model, kind, data):
    # With about as many rows as columns the axes of a component may be any (EEV, VEV), or hard to find (EVE, VVE).
    most = {"max_k": 3, "max_d": 4} if model in ("EEV", "VEV", "EVE", "VVE") else {"max_k": 8, "max_d": 12}
    rows, k, rng = data.draw(problems(**most, max_n=80))
    d = rows.shape[1]
    turn = np.linalg.qr(rng.standard_normal((d, d)))[0]
    matrix = {
        "stretch": np.diag(np.exp(rng.normal(0, 2, size=d))),
        "turn": 7.0 * turn,
        "any": turn * np.exp(rng.normal(0, 1, size=d)),
    }[kind]
    first = problem_of(rows, model).begin(random_mixture(rng, k, d)).mixture  # a start in the family
    before, after, low = mapped(model, rows, first, matrix, rng.standard_normal(d))
    assert low or after == pytest.approx(before, rel=1e-6, abs=1e-4)


@pytest.mark.parametrize("model", MODELS)
@examples(15)
@given(problem=problems(max_k=4, max_d=5, max_n=60), level=st.sampled_from([1e-6, 0.1, 0.9]))
def test_no_variance_is_below_the_floor_and_those_on_it_are_named(model, problem, level):
    rows, k, rng = problem
    problem = problem_of(rows, model, floor=level)
    here = climbed(problem, random_mixture(rng, k, rows.shape[1]), 2)
    unit = np.sqrt(problem.mstep.covariances.admissible_floor(problem.mstep.floor))
    values = np.linalg.eigvalsh(here.mixture.covariances.dense() / np.outer(unit, unit))
    least, rounding = values[:, 0], 1e-6 + 1e-15 * values[:, -1]
    assert (least > 1 - rounding).all()
    np.testing.assert_array_equal(here.at_floor[least < 1 + rounding], True)
    assert (model[:2] == "EV") or not here.at_floor[least > 1 + rounding].any()


@pytest.mark.parametrize("model", ["EVE", "VVE"])
def test_common_axes_are_found(model):
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    variances = rng.uniform(0.1, 5, size=(3, 6))
    variances /= 1 if model == "VVE" else np.exp(np.log(variances).mean(axis=1, keepdims=True))
    mixture = mixtura.Mixture(
        np.full(3, 1 / 3), np.zeros((3, 6)), mixtura.DenseCovariance((axes * variances[:, None, :]) @ axes.T, 3)
    )
    found = problem_of(mixture.sample(500, rng)[0], model, floor=1e-10).mstep.admit(mixture)[0].covariances.dense()
    np.testing.assert_allclose(found, mixture.covariances.dense(), atol=1e-7)


@pytest.mark.parametrize("name", ["EVE", "VVE"])
def test_the_search_for_common_axes_ends_where_derivatives_are_rounding(name, monkeypatch):
    """Rows on a line: what is left of the derivatives there is rounding, and no step can reduce the cost."""
    from mixtura.covariance.models.common_axes import AxesCost

    calls = []
    real = AxesCost.rotate
    monkeypatch.setattr(AxesCost, "rotate", lambda *given: calls.append(1) or real(*given))
    for seed in range(5):
        rng = np.random.default_rng(seed)
        rows = rng.normal(size=(17, 1)) @ rng.normal(size=(1, 3))
        begun = problem_of(rows, name).begin(mixtura.Mixture([1.0], [rows.mean(axis=0)], [np.cov(rows.T) + np.eye(3)]))
        calls.clear()
        problem_of(rows, name).mstep(begun.stats, begun.mixture)
        assert len(calls) <= 5  # a hundred and eighty, where only a step can end the search
