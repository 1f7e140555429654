"""Mixtures with t components: the kernel in C++, at every instruction set, gives what the NumPy kernel gives."""

from dataclasses import replace

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples, random_mixture

import mixtura
from mixtura.data import MISSING_VALUES, ArraySource, Chunk
from mixtura.em.estep import Plain
from mixtura.kernels import NUMPY_KERNEL, kernel_for, kernel_of, using_kernel
from mixtura.kernels.by_component import SingleComponent
from mixtura.kernels.choice import STUDENT_KERNEL
from mixtura.kernels.incomplete import by_patterns, for_incomplete_rows
from mixtura.kernels.tails import Tails
from mixtura.stats import Stats

pytest.importorskip("mixtura._native", reason="the extension could not be built")

from mixtura import _native
from mixtura.kernels.native import NATIVE
from mixtura.kernels.native_student import NATIVE_STUDENT
from mixtura.kernels.simd import LEVELS

NU = (0.1, 0.5, 1.0, 2.5, 7.0, 50.0, 1e3, 1e6, 1e9, 1e12, np.inf)
FORMS = ("dense", "shared", "diagonal", "spherical")
KINDS = ("full", "pooled", "diagonal")


@pytest.fixture(params=LEVELS)
def level(request, monkeypatch):
    """Each instruction set that this machine has."""
    monkeypatch.setenv("MIXTURA_SIMD", request.param)
    return request.param


def t_mixture(rng, k, d, form="dense", *, nu=NU, offset=0.0, noise=False):
    """A random mixture of t components, with its covariances stored in one of the forms."""
    gaussian = random_mixture(rng, k, d)
    dense, variances = gaussian.covariances.dense(), gaussian.covariances.variances()
    covariances = {
        "dense": gaussian.covariances,
        "shared": mixtura.DenseCovariance(dense[:1], k),
        "diagonal": mixtura.DiagonalCovariance(variances, k, d),
        "spherical": mixtura.DiagonalCovariance(variances[:, :1], k, d),
    }[form]
    means = gaussian.means + offset
    uniform = mixtura.Noise(0.1, means.min(axis=0) - 30, means.max(axis=0) + 30) if noise else None
    weights = gaussian.weights * (0.9 if noise else 1.0)
    chosen = rng.choice(nu, k)
    chosen[0] = rng.choice([one for one in nu if np.isfinite(one)])
    return mixtura.Mixture(weights, means, covariances, noise=uniform, degrees_of_freedom=chosen)


def with_dense_maps(mixture):
    """The mixture as the NumPy kernel computes it most accurately: it expands no squares of dense factors."""
    full = mixtura.DenseCovariance(mixture.covariances.dense(), len(mixture.means))
    return replace(mixture, covariances=full)


def assert_close(new, old, tol, what, least=1e-300):
    """Equal to rounding, in units of the largest number."""
    np.testing.assert_allclose(new, old, rtol=0, atol=tol * max(np.abs(old).max(initial=0.0), least), err_msg=what)


def assert_same(new, old, offset=0.0, tol=1e-12):
    """Equal statistics; those of components that have rows in units of these rows' distance from the others."""
    n = max(old.weight.sum(), 1e-300)
    assert_close(new.weight, old.weight, tol, "weight")
    assert_close(new.scales.weight, old.scales.weight, tol, "weight of the scales")
    np.testing.assert_allclose(new.scales.log_excess, old.scales.log_excess, rtol=tol, atol=10 * tol * n)
    assert new.loglik == pytest.approx(old.loglik, rel=tol, abs=tol * n)
    assert new.assignment_logprob == pytest.approx(old.assignment_logprob, rel=tol, abs=10 * tol * n)
    spread = 1.0 + np.abs(old.mean - offset).max(axis=1)
    alive = np.flatnonzero(old.moment_weight > 1e-6 * n)
    units = old.moment_weight * spread**2
    for j in alive:
        np.testing.assert_allclose(new.mean[j], old.mean[j], rtol=0, atol=10 * tol * spread[j] + 4e-16 * abs(offset))
        if len(old.scatter) == len(old.weight):
            assert_close(new.scatter[j], old.scatter[j], 10 * tol, "scatter", units[j])
        else:
            assert_close(new.scatter, old.scatter, 10 * tol, "scatter", units.sum())


def assert_kernel(mixture, rows, weight=None, offset=0.0, tol=1e-12):
    """All passes of the kernel in C++ agree with those of NumPy."""
    chunk, exact = Chunk(rows, weight), with_dense_maps(mixture)
    expected = STUDENT_KERNEL.estep(exact, chunk, "full")
    for kind in KINDS:
        if kind != "pooled" or mixture.noise is None:
            assert_same(NATIVE_STUDENT.estep(mixture, chunk, kind), expected.reduced(kind), offset, tol)
    logs, shares = STUDENT_KERNEL.log_density(exact, chunk), STUDENT_KERNEL.posterior(exact, chunk)
    np.testing.assert_allclose(NATIVE_STUDENT.log_density(mixture, chunk), logs, rtol=tol, atol=10 * tol)
    found = NATIVE_STUDENT.posterior(mixture, chunk)
    np.testing.assert_allclose(found, shares, rtol=0, atol=100 * tol)
    labels = NATIVE_STUDENT.labels(mixture, chunk)
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(found[np.arange(len(rows)), labels], found.max(axis=1, initial=0.0))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("d", [1, 2, 3, 4, 5, 7, 8, 9, 16, 23, 40])
def test_they_agree_in_all_forms_and_dimensions(level, form, d):
    rng = np.random.default_rng(d)
    for k, n in ((1, 1), (3, 65), (6, 1001)):
        mixture = t_mixture(rng, k, d, form)
        rows = mixture.sample(n, rng)[0]
        assert_kernel(mixture, rows)
        assert_kernel(mixture, rows, rng.uniform(0.1, 3, size=n))


@examples(150)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(1, 5), st.integers(1, 40), st.integers(0, 400)),
    options=st.tuples(st.sampled_from(FORMS), st.sampled_from([0.0, 1e3, -1e6]), st.sampled_from(LEVELS)),
    special=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_they_agree_on_random_mixtures(seed, shape, options, special):
    (k, d, n), (form, offset, level), (noise, weighted, single) = shape, options, special
    rng = np.random.default_rng(seed)
    mixture = t_mixture(rng, k, d, form, offset=offset, noise=noise)
    rows = mixture.sample(max(n, 1), rng)[0][:n].astype(np.float32 if single else np.float64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIXTURA_SIMD", level)
        assert_kernel(mixture, rows, rng.uniform(0, 3, size=n) if weighted else None, offset)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("d", [1, 3, 6])
def test_gaussian_components_are_those_of_the_other_kernel(level, form, d):
    """With infinite degrees of freedom scales are 1."""
    rng = np.random.default_rng(1)
    gaussian = replace(t_mixture(rng, 3, d, form), degrees_of_freedom=None)
    mixture = SingleComponent(replace(gaussian.affine, tails=Tails(np.full(3, np.inf), d)), d)
    chunk = Chunk(gaussian.sample(500, rng)[0])
    for kind in KINDS:
        new, old = NATIVE_STUDENT.estep(mixture, chunk, kind), NATIVE.estep(gaussian, chunk, kind)
        np.testing.assert_allclose(new.scales.weight, new.weight, rtol=1e-14)
        np.testing.assert_allclose(new.scales.log_excess, 0.0, atol=1e-12)
        np.testing.assert_allclose(new.scatter, old.scatter, rtol=1e-12, atol=1e-12 * np.abs(old.scatter).max())
    np.testing.assert_array_equal(NATIVE_STUDENT.labels(mixture, chunk), NATIVE.labels(gaussian, chunk))


@pytest.mark.parametrize("form", ["dense", "diagonal"])
@pytest.mark.parametrize("far", [1e6, 1e60, 1e140])
def test_rows_at_any_distance_have_log_densities(level, form, far):
    """Squares stay finite, and a far row counts with the scale that its distance gives it."""
    rng = np.random.default_rng(2)
    mixture = t_mixture(rng, 3, 6, form, nu=[0.5, 3.0, 20.0])
    rows = mixture.sample(200, rng)[0]
    rows[7], rows[60] = far * rng.normal(size=6), -far
    assert_kernel(mixture, rows)


@pytest.mark.parametrize("d", [2, 4, 9])
def test_rows_far_from_where_they_are_expected_keep_their_digits(level, d):
    """The sums about the means expected are repeated about those found."""
    rng = np.random.default_rng(3)
    mixture = t_mixture(rng, 20, d, nu=[3.0, 30.0, 1e12])
    rows = 1e6 + rng.standard_normal((300, d))
    assert_kernel(mixture, rows, tol=1e-10)


def test_the_order_of_rows_in_memory_makes_no_difference(level):
    rng = np.random.default_rng(4)
    mixture = t_mixture(rng, 3, 5)
    rows = mixture.sample(333, rng)[0]
    wide = np.zeros((666, 15))
    wide[::2, 1::3] = rows
    once = NATIVE_STUDENT.estep(mixture, Chunk(rows), "full")
    for other in (np.asfortranarray(rows), wide[::2, 1::3], rows[::-1].copy()[::-1]):
        again = NATIVE_STUDENT.estep(mixture, Chunk(other), "full")
        np.testing.assert_array_equal(again.scatter, once.scatter)
        np.testing.assert_array_equal(again.scales.log_excess, once.scales.log_excess)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("d", [2, 6])
def test_any_number_of_threads_gives_the_same_bits(level, kind, d):
    rng = np.random.default_rng(5)
    mixture = t_mixture(rng, 3, d, nu=[2.0, 5.0, np.inf])
    rows = mixture.sample(60_000, rng)[0]
    weight = rng.uniform(0.5, 2, size=len(rows))
    with using_kernel(NATIVE):
        assert kernel_of(ArraySource(rows), mixture) is NATIVE_STUDENT
        one, two = (Plain()(ArraySource(rows, weight, threads), mixture, kind)[0] for threads in (1, 2))
    for name in ("weight", "mean", "scatter", "loglik", "assignment_logprob"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    np.testing.assert_array_equal(one.scales.weight, two.scales.weight)
    np.testing.assert_array_equal(one.scales.log_excess, two.scales.log_excess)
    assert_same(one, STUDENT_KERNEL.estep(mixture, Chunk(rows, weight), kind), tol=1e-11)


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("form", ["dense", "diagonal"])
def test_rows_with_missing_values_are_computed_pattern_by_pattern(level, form, noise):
    rng = np.random.default_rng(6)
    mixture = t_mixture(rng, 3, 4, form, nu=[0.5, 3.0, 1e12], noise=noise)
    rows = mixture.sample(300, rng)[0]
    chunk = Chunk(np.where(rng.random(rows.shape) < 0.2, np.nan, rows))
    with using_kernel(NATIVE):
        kernel = kernel_for(MISSING_VALUES, mixture)
    assert kernel.name == "native with t components, missing values"
    reference = by_patterns(STUDENT_KERNEL)
    new, old = (own.estep(mixture, chunk, "full") for own in (kernel, reference))
    assert_same(new, old, tol=1e-11)
    shares = reference.posterior(mixture, chunk)
    np.testing.assert_allclose(kernel.posterior(mixture, chunk), shares, rtol=0, atol=1e-10)


@pytest.mark.parametrize("kernel", [STUDENT_KERNEL, NATIVE_STUDENT], ids=lambda kernel: kernel.name)
def test_no_rows_have_scale_sums_of_zero(kernel):
    mixture = t_mixture(np.random.default_rng(7), 3, 2)
    nothing = kernel.estep(mixture, Chunk(np.zeros((0, 2))), "full")
    assert isinstance(nothing, Stats)
    assert nothing.scales.weight.tolist() == nothing.scales.log_excess.tolist() == nothing.weight.tolist() == [0.0] * 3


def test_the_kernel_in_use_chooses_that_of_t_components():
    mixture = t_mixture(np.random.default_rng(8), 2, 2)
    for kernel, expected in ((NATIVE, NATIVE_STUDENT), (NUMPY_KERNEL, STUDENT_KERNEL)):
        with using_kernel(kernel):
            assert kernel_for(None, mixture) is expected
            assert kernel_for(None, replace(mixture, degrees_of_freedom=None)) is kernel
            wrapped = for_incomplete_rows(expected)
            assert kernel_for(MISSING_VALUES, mixture).name == wrapped.name


def test_logarithms_of_one_plus_a_number_are_within_two_ulp(level):
    rng = np.random.default_rng(9)
    edges = np.array([1 + i / 16 + 1 / 32 for i in range(16)] + [2**0.5, 2.0, 4.0])
    near = np.r_[edges - 1, np.nextafter(edges, 0) - 1, np.nextafter(edges, 9) - 1]
    x = np.r_[rng.uniform(0, 3, 1000), 10 ** rng.uniform(-320, 300, 1000), 10 ** rng.uniform(-5, 5, 500), near, 1e300]
    out = np.empty_like(x)
    _native.log2_1p(level, x, out)
    with mpmath.workdps(700):
        exact = [mpmath.log(1 + mpmath.mpf(v), 2) for v in x.tolist()]
    errors = [abs(mpmath.mpf(f) - e) / np.spacing(float(e)) for f, e in zip(out.tolist(), exact, strict=True)]
    assert max(errors) < 2
    _native.log2_1p(level, np.zeros(3), out[:3])
    assert out[:3].tolist() == [0.0] * 3


def test_arrays_of_other_shapes_are_refused():
    mixture, other = (t_mixture(np.random.default_rng(0), k, 3) for k in (2, 3))
    with pytest.raises(ValueError, match="different shapes"):
        NATIVE_STUDENT.estep(mixture, Chunk(np.zeros((4, 2))), "full")
    with pytest.raises(ValueError, match="different shapes"):
        NATIVE_STUDENT.labels(mixture, Chunk(np.zeros((4, 2))))
    wrong = SingleComponent(replace(mixture.affine, tails=other.affine.tails), 3)
    with pytest.raises(ValueError, match="for each component"):
        NATIVE_STUDENT.estep(wrong, Chunk(np.zeros((4, 3))), "full")
