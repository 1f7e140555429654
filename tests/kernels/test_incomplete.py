"""Rows with missing values: the kernel in C++, at every instruction set, gives what the NumPy kernel gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import problems, random_mixture

import mixtura
from mixtura.data import ArraySource, Chunk, MeasuredSource
from mixtura.em.estep import Plain
from mixtura.kernels import NUMPY_KERNEL, using_kernel
from mixtura.kernels.incomplete import by_patterns, for_incomplete_rows
from mixtura.stats import Stats

pytest.importorskip("mixtura._native", reason="the extension could not be built")

from mixtura.kernels.native import NATIVE
from mixtura.kernels.simd import LEVELS

REFERENCE = by_patterns(NUMPY_KERNEL)
KERNEL = for_incomplete_rows(NATIVE)
FORMS = ("dense", "shared", "diagonal")
KINDS = ("full", "pooled", "diagonal")


@pytest.fixture(params=LEVELS)
def level(request, monkeypatch):
    """Each instruction set that this machine has."""
    monkeypatch.setenv("MIXTURA_SIMD", request.param)
    return request.param


def stored(mixture, form, noise=None):
    """The mixture with its covariances stored in one of the forms."""
    k, d = mixture.means.shape
    dense, variances = mixture.covariances.dense(), mixture.covariances.variances()
    covariances = {
        "dense": mixture.covariances,
        "shared": mixtura.DenseCovariance(dense[:1], k),
        "diagonal": mixtura.DiagonalCovariance(variances, k, d),
    }[form]
    weights = mixture.weights * (1 if noise is None else 1 - noise.weight)
    return mixtura.Mixture(weights, mixture.means, covariances, noise=noise)


def holed(rows, fraction, rng):
    """Rows without some values; a few have none at all."""
    return np.where(rng.random(rows.shape) < fraction, np.nan, rows)


def assert_same(new, old, components=slice(None), tol=1e-10):
    """Equal to rounding, in units of each array's largest number."""
    for name in ("weight", "mean", "scatter"):
        ours, theirs = getattr(new, name), getattr(old, name)
        part = components if len(theirs) > 1 and name != "weight" else slice(None)
        largest = max(np.abs(theirs).max(), 1e-300)
        np.testing.assert_allclose(ours[part], theirs[part], rtol=0, atol=tol * largest, err_msg=name)
    n = max(old.weight.sum(), 1.0)
    assert new.loglik == pytest.approx(old.loglik, rel=tol, abs=tol * n)
    assert new.assignment_logprob == pytest.approx(old.assignment_logprob, rel=tol, abs=tol * n)


def assert_kernel(mixture, rows, weight=None, tol=1e-10):
    """All passes agree with the reference."""
    chunk = Chunk(rows, weight)
    components = slice(None, len(mixture.weights))  # noise has no moments
    for kind in KINDS:
        if kind == "pooled" and mixture.noise is not None:
            continue
        assert_same(KERNEL.estep(mixture, chunk, kind), REFERENCE.estep(mixture, chunk, kind), components, tol)
    np.testing.assert_allclose(
        KERNEL.log_density(mixture, chunk), REFERENCE.log_density(mixture, chunk), rtol=tol, atol=10 * tol
    )
    share = REFERENCE.posterior(mixture, chunk)
    np.testing.assert_allclose(KERNEL.posterior(mixture, chunk), share, rtol=0, atol=100 * tol)
    chosen = KERNEL.labels(mixture, chunk)
    assert chosen.dtype == np.int64
    assert (share[np.arange(len(rows)), chosen] >= share.max(axis=1, initial=0) - 100 * tol).all()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "shape",
    [(1, 1, 40, 0.3), (3, 2, 700, 0.3), (2, 4, 900, 0.1), (5, 7, 600, 0.2), (9, 10, 500, 0.5), (17, 3, 300, 0.2)],
)
def test_they_agree_in_all_forms(level, form, shape):
    """Patterns with one row, which are taken one by one, and with many, which are taken together."""
    k, d, n, fraction = shape
    rng = np.random.default_rng(d)
    mixture = stored(random_mixture(rng, k, d), form)
    rows = holed(mixture.sample(n, rng)[0], fraction, rng)
    assert_kernel(mixture, rows)
    assert_kernel(mixture, rows, rng.uniform(0.1, 3, size=n))


@given(problem=problems(max_n=200), form=st.sampled_from(FORMS), fraction=st.sampled_from([0.02, 0.2, 0.7]))
def test_they_agree_on_random_problems(problem, form, fraction):
    rows, k, rng = problem
    mixture = stored(random_mixture(rng, k, rows.shape[1]), form)
    assert_kernel(mixture, holed(rows, fraction, rng), tol=1e-9)


@pytest.mark.parametrize("form", ["dense", "diagonal"])
def test_with_noise(level, form):
    rng = np.random.default_rng(0)
    mixture = random_mixture(rng, 3, 5)
    rows = mixture.sample(800, rng)[0]
    rows[::20] += rng.uniform(-30, 30, size=(40, 5))
    noise = mixtura.Noise(0.1, rows.min(axis=0), rows.max(axis=0))
    with_noise = stored(mixture, form, noise)
    assert_kernel(with_noise, holed(rows, 0.1, rng))
    assert KERNEL.estep(with_noise, Chunk(holed(rows, 0.1, rng)), "full").weight[-1] > 10


@pytest.mark.parametrize("d", [70, 130])
def test_more_columns_than_bits(level, d):
    rng = np.random.default_rng(1)
    mixture = random_mixture(rng, 2, d)
    rows = mixture.sample(120, rng)[0]
    few = rows.copy()
    few[40:, d - 1] = np.nan  # a pattern with many rows
    few[::7, :3] = np.nan
    assert_kernel(mixture, few, tol=1e-9)
    assert_kernel(mixture, holed(rows[:40], 0.4, rng), tol=1e-9)


def test_matrices_that_do_not_fit_into_memory_are_computed_again():
    """With very many columns only those after the first eliminations are kept."""
    rng = np.random.default_rng(2)
    d = 200
    mixture = random_mixture(rng, 2, d)
    rows = mixture.sample(60, rng)[0]
    for start in (0, 60, 150, 195, 199):  # patterns that begin alike, up to anywhere
        rows[rng.integers(0, 60, 20), start : start + 3] = np.nan
    assert_kernel(mixture, rows, tol=1e-8)


def test_order_and_layout_make_no_difference():
    rng = np.random.default_rng(3)
    mixture = random_mixture(rng, 4, 6)
    rows = holed(mixture.sample(500, rng)[0], 0.3, rng)
    once = KERNEL.estep(mixture, Chunk(rows), "full")
    wide = np.zeros((1000, 18))
    wide[::2, 1::3] = rows
    for other in (np.asfortranarray(rows), wide[::2, 1::3], rows[::-1].copy()[::-1]):
        again = KERNEL.estep(mixture, Chunk(other), "full")
        np.testing.assert_array_equal(again.scatter, once.scatter)
        assert again.loglik == once.loglik
    order = rng.permutation(500)
    assert_same(KERNEL.estep(mixture, Chunk(rows[order]), "full"), once)
    np.testing.assert_allclose(
        KERNEL.log_density(mixture, Chunk(rows[order])), KERNEL.log_density(mixture, Chunk(rows))[order], rtol=1e-12
    )


@pytest.mark.parametrize("form", FORMS)
def test_float32_rows_are_computed_in_float64(level, form):
    rng = np.random.default_rng(4)
    mixture = stored(random_mixture(rng, 3, 6), form)
    rows = holed(mixture.sample(700, rng)[0], 0.2, rng).astype(np.float32)
    double = Chunk(rows.astype(np.float64))
    for kind in KINDS:
        assert_same(KERNEL.estep(mixture, Chunk(rows), kind), KERNEL.estep(mixture, double, kind), tol=1e-13)
    assert_kernel(mixture, rows.astype(np.float64))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_rows_that_lack_nothing_give_the_bits_of_complete_rows(level, form, dtype):
    rng = np.random.default_rng(5)
    mixture = stored(random_mixture(rng, 3, 5), form)
    chunk = Chunk(mixture.sample(400, rng)[0].astype(dtype))
    for kind in KINDS:
        ours, theirs = KERNEL.estep(mixture, chunk, kind), NATIVE.estep(mixture, chunk, kind)
        for name in ("weight", "mean", "scatter", "loglik", "assignment_logprob"):
            np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
    assert KERNEL.estep(mixture, Chunk(chunk.rows[:0]), "full").weight.sum() == 0


@pytest.mark.parametrize("form", ["dense", "diagonal"])
@pytest.mark.parametrize("fraction", [0.02, 0.4])
def test_rows_far_from_their_components_keep_their_digits(level, form, fraction):
    """The sums about the means expected are repeated about those found."""
    rng = np.random.default_rng(6)
    mixture = stored(random_mixture(rng, 2, 4), form)
    rows = holed(1e6 + rng.standard_normal((300, 4)), fraction, rng)
    rows = rows[~np.isnan(rows).all(axis=1)]
    chunk, kind = Chunk(rows), "diagonal" if form == "diagonal" else "full"
    new, old = KERNEL.estep(mixture, chunk, kind), REFERENCE.estep(mixture, chunk, kind)
    alive = old.weight > 0
    np.testing.assert_allclose(new.mean[alive], old.mean[alive], rtol=1e-9)
    np.testing.assert_allclose(new.scatter, old.scatter, rtol=1e-6, atol=1e-9 * np.abs(old.scatter).max())


def test_a_component_of_weight_zero_and_a_row_without_values():
    mixture = mixtura.Mixture([1.0, 0.0], np.eye(2), mixtura.DenseCovariance(np.eye(2)[None], 2))
    chunk = Chunk(np.array([[0.0, np.nan], [np.nan, np.nan]]))
    assert KERNEL.posterior(mixture, chunk).tolist() == [[1.0, 0.0], [1.0, 0.0]]
    assert KERNEL.log_density(mixture, chunk)[1] == pytest.approx(0, abs=1e-14)
    assert KERNEL.labels(mixture, chunk).tolist() == [0, 0]


@pytest.mark.parametrize("form", ["dense", "diagonal"])
def test_any_number_of_threads_gives_the_same_bits(form):
    rng = np.random.default_rng(7)
    mixture = stored(random_mixture(rng, 3, 4), form)
    rows = holed(mixture.sample(40_000, rng)[0], 0.3, rng)
    rows = rows[~np.isnan(rows).all(axis=1)]  # the source leaves these out
    with using_kernel(NATIVE):
        sums = [Plain()(MeasuredSource.of(ArraySource(rows, None, t)), mixture, "full")[0] for t in (1, 3)]
    assert isinstance(sums[0], Stats)
    assert sums[0].loglik == sums[1].loglik
    np.testing.assert_array_equal(sums[0].scatter, sums[1].scatter)
    np.testing.assert_allclose(sums[0].scatter, REFERENCE.estep(mixture, Chunk(rows), "full").scatter, rtol=1e-8)


def test_arrays_of_other_shapes_are_refused():
    mixture = random_mixture(np.random.default_rng(0), 2, 3)
    with pytest.raises(ValueError, match="shapes"):
        KERNEL.estep(mixture, Chunk(np.full((4, 2), np.nan)), "full")
    with pytest.raises(ValueError, match="shapes"):
        KERNEL.log_density(mixture, Chunk(np.full((4, 2), np.nan)))
    with pytest.raises(NotImplementedError):
        KERNEL.moments(Chunk(np.zeros((4, 2))))
