"""Laws of EM, for every covariance model."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problem_of import problem_of
from strategies import problems, random_mixture

import mixtura
from mixtura.covariance.models.names import MODELS, as_covariance_model
from mixtura.data.chunk import Chunk
from mixtura.em.mstep.floor import LEAST_FLOOR
from mixtura.em.steppers.base import em_iteration

STARTS = st.sampled_from(["small-em", "kmeans", "k-means++", "random", "random_from_data", "identity"])


def models(law):
    """A law for each of the fourteen models, each on some of the random problems."""
    bare = hasattr(law, "hypothesis")
    return pytest.mark.parametrize("model", MODELS)(settings(max_examples=15)(law) if bare else law)


def quietly(*args, **kwargs):
    """Fit without the warnings that random problems deserve.

    The floor is such that rounding stays below the tolerances where components collapse.
    """
    kwargs = {"em": mixtura.EM(floor=1e-6), **kwargs}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mixtura.MixturaWarning)
        return mixtura.fit(*args, **kwargs)


@models
@given(problem=problems(max_k=6, max_d=6), floor=st.sampled_from([0.0, 1e-6, 1e-2, 0.5]))
def test_every_em_step_raises_the_log_likelihood(model, problem, floor):
    rows, k, rng = problem
    problem = problem_of(rows, model, floor=max(floor, LEAST_FLOOR))
    here = problem.begin(random_mixture(rng, k, rows.shape[1]))
    for _ in range(8):
        new = em_iteration(problem, here)
        # What rounding leaves of an eigenvalue at the floor is its relative error, about 1e-16 / floor.
        rounding = max(1e-10, 1e-15 / max(floor, LEAST_FLOOR))
        assert new.loglik >= here.loglik - rounding * (abs(here.loglik) + len(rows))
        here = new


@models
@given(problem=problems(max_k=5, max_d=4, max_n=60), start=STARTS)
def test_a_trace_never_falls(model, problem, start):
    rows, k, rng = problem
    fit = quietly(rows, k, model=model, start=start, max_iter=30, seed=rng)
    assert np.isfinite(fit.trace).all()
    assert (np.diff(fit.trace) >= 0).all()
    assert fit.loglik == pytest.approx(fit.mixture.logpdf(rows).sum(), rel=1e-9, abs=1e-7)
    assert fit.sizes.sum() == pytest.approx(len(rows))


@models
@given(problem=problems(max_k=4, max_d=4))
def test_the_m_step_finds_the_best_member_of_the_family(model, problem):
    """No small change of the covariances has a higher expected log-likelihood."""
    rows, k, rng = problem
    problem = problem_of(rows, model, floor=1e-6)
    first = problem.begin(random_mixture(rng, k, rows.shape[1]))
    mixture, _ = problem.mstep(first.stats)
    share = first.mixture.posterior(rows)
    share[share < 2.0**-72] = 0  # as in the E-step, after which a component with no more than this has weight zero

    def expected(candidate):
        joint = candidate.log_joint(rows)
        return float((share * np.where(share > 0, joint, 0)).sum())

    best = expected(mixture)
    for size in (1e-3, 1e-1):
        noise = [random_mixture(rng, k, rows.shape[1]).covariances for _ in range(2)]
        for other in noise:
            blend = (1 - size) * mixture.covariances.dense() + size * other.dense()
            candidate = mixtura.Mixture(mixture.weights, mixture.means, mixtura.DenseCovariance(blend, k))
            admitted, _ = problem.mstep.admit(candidate)
            assert expected(admitted) <= best + 1e-8 * (abs(best) + 1)


@models
@given(problem=problems(max_k=4, max_d=4, max_n=40))
def test_integer_weights_are_repetitions(model, problem):
    rows, k, rng = problem
    weight = rng.integers(0, 4, size=len(rows))
    weight[: k + rows.shape[1]] += 1
    start = random_mixture(rng, k, rows.shape[1])
    options = {"model": model, "start": start, "max_iter": 5, "tol": 0}
    weighted = quietly(rows, k, sample_weight=weight, **options)
    repeated = quietly(np.repeat(rows, weight, axis=0), k, **options)
    if weighted.starts[0].repairs or repeated.starts[0].repairs:
        return  # components are moved to random rows, of which there are more where they are repeated
    assert weighted.loglik == pytest.approx(repeated.loglik, rel=1e-8, abs=1e-6)
    assert weighted.bic == pytest.approx(repeated.bic, rel=1e-8, abs=1e-6)
    assert weighted.icl == pytest.approx(repeated.icl, rel=1e-8, abs=1e-6)
    np.testing.assert_allclose(weighted.mixture.means, repeated.mixture.means, rtol=1e-6, atol=1e-6)


@models
@given(problem=problems(max_k=4, max_d=4, max_n=60))
def test_the_order_of_rows_does_not_matter(model, problem):
    rows, k, rng = problem
    start = random_mixture(rng, k, rows.shape[1])
    order = rng.permutation(len(rows))
    a = quietly(rows, k, model=model, start=start, max_iter=5, tol=0)
    b = quietly(rows[order], k, model=model, start=start, max_iter=5, tol=0)
    assert a.loglik == pytest.approx(b.loglik, rel=1e-9, abs=1e-7)


@models
@given(problem=problems(max_k=8, max_d=12))
def test_the_density_equals_the_dense_one(model, problem):
    rows, k, rng = problem
    problem = problem_of(rows, model, floor=1e-6)
    mixture = problem.begin(random_mixture(rng, k, rows.shape[1])).mixture
    dense = mixtura.Mixture(mixture.weights, mixture.means, mixtura.DenseCovariance(mixture.covariances.dense(), k))
    np.testing.assert_allclose(mixture.logpdf(rows), dense.logpdf(rows), rtol=1e-9, atol=1e-9)
    family = as_covariance_model(model)
    d = rows.shape[1]
    assert mixture.n_parameters == k - 1 + k * d + family.n_parameters(k, d)
    assert family.n_parameters(k, d) <= mixture.covariances.n_parameters
    again = mixtura.Mixture.from_json(mixture.to_json())
    np.testing.assert_array_equal(again.logpdf(rows), mixture.logpdf(rows))
    assert again.n_parameters == mixture.n_parameters


@given(problem=problems(max_k=4, max_d=4), factor=st.sampled_from([1e-3, 7.0, 1e3]))
def test_an_affine_map_of_the_data_maps_the_full_fit(problem, factor):
    rows, k, rng = problem
    d = rows.shape[1]
    turn = np.linalg.qr(rng.standard_normal((d, d)))[0] * factor
    shift = 5 * factor * rng.standard_normal(d)
    start = random_mixture(rng, k, d)
    moved = mixtura.Mixture(
        start.weights,
        start.means @ turn + shift,
        mixtura.DenseCovariance(turn.T @ start.covariances.dense() @ turn, k),
    )
    # Without a floor: its units are the columns' own, which a rotation mixes.
    a, b = problem_of(rows), problem_of(rows @ turn + shift)
    x, y = a.begin(start), b.begin(moved)
    for _ in range(3):
        x, y = em_iteration(a, x), em_iteration(b, y)
    if x.at_floor.any() or y.at_floor.any():
        return
    assert y.loglik == pytest.approx(x.loglik - len(rows) * d * np.log(factor), rel=1e-6, abs=1e-4)
    np.testing.assert_allclose(y.mixture.means, x.mixture.means @ turn + shift, rtol=1e-5, atol=1e-4 * factor)


@models
@given(problem=problems(max_k=4, max_d=4, max_n=60), factor=st.sampled_from([2.0**-20, 2.0**20]))
def test_rescaling_the_data_rescales_the_fit_floor_and_repairs_included(model, problem, factor):
    rows, k, rng = problem
    rows[: len(rows) // 2, 0] = rows[0, 0]  # half of the rows lie in a hyperplane
    seed = int(rng.integers(1000))
    a = quietly(rows, k, model=model, start="random", seed=seed, max_iter=5)
    b = quietly(rows * factor, k, model=model, start="random", seed=seed, max_iter=5)
    shift = len(rows) * rows.shape[1] * np.log(factor)
    assert b.loglik == pytest.approx(a.loglik - shift, rel=1e-9, abs=1e-6)
    assert [r.component for r in a.starts[0].repairs] == [r.component for r in b.starts[0].repairs]


@models
@given(problem=problems(max_k=4, max_d=4))
def test_float32_rows_give_the_float64_fit_but_for_rounding(model, problem):
    rows, k, rng = problem
    single = rows.astype(np.float32)
    start = random_mixture(rng, k, rows.shape[1])
    a = quietly(single, k, model=model, start=start, max_iter=3)
    b = quietly(single.astype(np.float64), k, model=model, start=start, max_iter=3)
    assert (np.diff(a.trace) >= 0).all()
    assert a.trace[0] == pytest.approx(b.trace[0], rel=1e-5, abs=1e-5 * len(rows))
    if not (a.starts[0].repairs or b.starts[0].repairs):
        assert a.loglik == pytest.approx(b.loglik, rel=1e-4, abs=1e-4 * len(rows))
    assert a.mixture.means.dtype == np.float64


@models
def test_blocks_do_not_show(model, iris):
    """A fit in many blocks equals one in a single block."""
    rows = np.tile(iris, (200, 1)) + np.random.default_rng(0).normal(0, 0.1, size=(30_000, 4))
    problem = problem_of(rows, model, floor=1e-6)
    start = mixtura.fit(iris, 3, model=model, seed=0).mixture
    here = problem.begin(start)
    whole = here.mixture.log_joint(rows)
    assert here.loglik == pytest.approx(np.logaddexp.reduce(whole, axis=1).sum(), rel=1e-12)
    from mixtura.kernels import current_kernel

    single = current_kernel().estep(here.mixture, Chunk(rows), as_covariance_model(model).scatter_kind)
    np.testing.assert_allclose(here.stats.scatter, single.scatter, rtol=1e-9, atol=1e-7)


HARDLY_VARYING = {
    "all equal": np.full((60, 2), 3.0),
    "a unit in the last place": 1 + np.random.default_rng(0).integers(0, 2, (60, 2)) * 2.0**-52,
    "a few units in the last place": 1e9 + np.random.default_rng(0).integers(0, 9, (60, 2)) * 2.0**-23,
    "of two sizes": np.tile([1e8, 1.0], (60, 1)),
    "zero beside one": np.tile([0.0, 1.0], (60, 1)),
    "a constant beside a normal": np.column_stack([np.random.default_rng(0).normal(size=60), np.full(60, 3.0)]),
}


@pytest.mark.parametrize("factor", [2.0**-40, 2.0**-10, 2.0**10, 2.0**40])
@pytest.mark.parametrize("name", HARDLY_VARYING)
def test_units_do_not_matter_where_rows_hardly_vary(name, factor):
    """Multiplying by a power of two is exact, so the fit is the same in the new units."""
    rows, start = HARDLY_VARYING[name], np.arange(60) % 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one, other = (mixtura.fit(rows * unit, 2, start=start, seed=0) for unit in (1.0, factor))
    assert other.outcome is one.outcome
    assert other.loglik + rows.size * np.log(factor) == pytest.approx(one.loglik, rel=1e-9)
    np.testing.assert_allclose(
        other.mixture.means, one.mixture.means * factor, rtol=1e-5
    )  # rounding, times a small slope


def test_rows_of_zeros_alone_have_a_scale_of_one():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = mixtura.fit(np.zeros((60, 2)), 1)
    np.testing.assert_allclose(fit.mixture.covariances.variances(), 1e-10)
