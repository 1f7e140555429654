"""Rows with errors of measurement: each level of the native kernel beside the NumPy kernel."""

import numpy as np
import pytest

import mixtura
from mixtura import Measured
from mixtura.data import ArraySource, MeasuredSource
from mixtura.em.estep import Plain
from mixtura.kernels import NATIVE_BUILT, NUMPY_KERNEL, using_kernel

if NATIVE_BUILT:
    from mixtura.kernels import row_errors_native
    from mixtura.kernels.row_errors_native import _native
    from mixtura.kernels.simd import LEVELS
else:
    LEVELS = ()

RNG = np.random.default_rng(0)
N = 211


def a_mixture(d, k, diagonal, *, noise=False):
    """A mixture of k components, with a noise component if asked for."""
    roots = RNG.normal(size=(k, d, d))
    covariances = RNG.gamma(2.0, 1.0, size=(k, d)) if diagonal else roots @ roots.swapaxes(1, 2) + 0.1 * np.eye(d)
    uniform = mixtura.Noise(0.1, np.full(d, -5.0), np.full(d, 5.0)) if noise else None
    weights = RNG.dirichlet(np.ones(k)) * (0.9 if noise else 1.0)
    return mixtura.Mixture(weights, 2 * RNG.normal(size=(k, d)), covariances, noise=uniform)


def some_rows(d, kind, *, holes):
    """Rows and the covariances of their errors."""
    rows, factors = 3 * RNG.normal(size=(N, d)), RNG.normal(size=(N, d, d))
    if holes:
        rows[RNG.random(rows.shape) < 0.2] = np.nan
    return rows, RNG.gamma(1.0, 1.0, size=(N, d)) if kind == "variances" else factors @ factors.swapaxes(1, 2)


def sums(measured, mixture, kind, weight=None):
    """Statistics of an E-step."""
    source = MeasuredSource.of(ArraySource(measured.X, weight), measured.measurement(measured.X))
    return Plain()(source, mixture, kind)[0]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("d", [1, 2, 3, 5, 7, 8, 11])
@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("form", ["dense, matrices", "diagonal, variances", "diagonal, matrices"])
def test_each_level_agrees_with_numpy(level, d, noise, form, monkeypatch):
    monkeypatch.setenv("MIXTURA_SIMD", level)
    diagonal, errors = form.startswith("diagonal"), form.split(", ")[1]
    mixture, weight = a_mixture(d, 3, diagonal, noise=noise), RNG.gamma(1.0, 1.0, N)
    for holes in (False, True):
        measured = Measured(*some_rows(d, errors, holes=holes))
        kind = "diagonal" if diagonal else "full"
        with using_kernel(NUMPY_KERNEL):
            joint, wanted = mixture.posterior(measured), sums(measured, mixture, kind, weight)
        np.testing.assert_allclose(mixture.posterior(measured), joint, rtol=1e-9, atol=1e-12)
        found = sums(measured, mixture, kind, weight)
        np.testing.assert_allclose(found.weight, wanted.weight, rtol=1e-10)
        np.testing.assert_allclose(found.mean, wanted.mean, rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(found.scatter, wanted.scatter, rtol=1e-8, atol=1e-8)
        assert found.loglik == pytest.approx(wanted.loglik, rel=1e-12)
        assert found.assignment_logprob == pytest.approx(wanted.assignment_logprob, rel=1e-9)


@pytest.mark.parametrize("level", LEVELS)
def test_far_rows_and_large_units_are_finite(level, monkeypatch):
    monkeypatch.setenv("MIXTURA_SIMD", level)
    rows = np.array([[1e149, -1e149], [0.0, 0.0], [np.nan, 1e120], [3.0, 4.0]])
    for unit in (1e-60, 1.0, 1e60):
        mixture = mixtura.Mixture([0.5, 0.5], np.array([[0.0, 0.0], [9.0, 9.0]]) * unit, np.full((2, 2), unit**2))
        noise = np.linspace(1, 2, 8).reshape(4, 2) * unit**2
        near = np.where(np.abs(rows) > 10, rows, rows * unit)
        assert np.isfinite(mixture.logpdf(near, noise_covariance=noise)).all()
        assert np.isfinite(mixture.posterior(near, noise_covariance=noise)).all()
        stats = sums(Measured(near[[1, 3, 3]], noise[[1, 3, 0]]), mixture, "full")
        assert np.isfinite(stats.scatter).all()
    # Logarithms of many variances are added without overflow.
    wide = mixtura.Mixture([1.0], np.zeros((1, 40)), np.full((1, 40), 1e100))
    found = wide.logpdf(np.zeros((2, 40)), noise_covariance=np.full((2, 40), 1e98) * [[1.0], [2.0]])
    total = 1e100 + 1e98 * np.array([1.0, 2.0])
    np.testing.assert_allclose(found, -20 * np.log(2 * np.pi * total), rtol=1e-13)


def test_strides_and_types_do_not_matter():
    mixture = a_mixture(4, 2, diagonal=False)
    rows, noise = some_rows(4, "matrices", holes=True)
    wanted = mixture.logpdf(rows, noise_covariance=noise)
    np.testing.assert_array_equal(mixture.logpdf(np.asfortranarray(rows), noise_covariance=noise), wanted)
    np.testing.assert_array_equal(mixture.logpdf(np.repeat(rows, 2, axis=0)[::2], noise_covariance=noise), wanted)
    single = rows.astype(np.float32)
    np.testing.assert_array_equal(
        mixture.logpdf(single, noise_covariance=noise), mixture.logpdf(single.astype(float), noise_covariance=noise)
    )


@pytest.mark.parametrize("level", LEVELS[:1])
def test_wrong_shapes_are_errors(level):
    mixture = a_mixture(2, 2, diagonal=False)
    true = row_errors_native._mixture(mixtura.kernels.TrueValues.of(mixture.affine))
    rows, noise, numbers = np.zeros((3, 2)), np.ones((3, 2)), np.arange(3)
    out = np.empty((3, 2))
    _native.row_log_joint(level, rows, noise, numbers, true, out)
    for arguments in (
        (rows[:, :1].copy(), noise, numbers, true, out),
        (rows, noise, numbers[:2], true, out),
        (rows, noise[:2], numbers, true, out),
        (rows, noise, numbers - 1, true, out),
        (rows, noise, numbers, true, out[:2]),
    ):
        with pytest.raises(ValueError, match=r"shape|not there"):
            _native.row_log_joint(level, *arguments)
    good = np.empty(2), np.empty((2, 2)), np.empty((2, 2, 2))
    _native.row_sums(level, rows, None, noise, numbers, true, *good)
    with pytest.raises(ValueError, match="shapes"):
        _native.row_sums(level, rows, None, noise, numbers, true, *good[:2], np.empty((2, 2)))
    with pytest.raises(ValueError, match="one weight"):
        _native.row_sums(level, rows, np.ones(2), noise, numbers, true, *good)
