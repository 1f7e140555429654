"""Probabilities and moments of normal distributions in boxes, against fifty digits, SciPy and Monte Carlo."""

import mpmath
import numpy as np
import pytest
from scipy.stats import multivariate_normal

from mixtura.kernels.box_points import COARSE, FINE, MULTIPLIERS, lattice, log_interval, quantile_within
from mixtura.kernels.truncated_normal import box_moments, interval_moments

INF = np.inf

INTERVALS = [
    (-1.0, 1.0),
    (0.0, INF),
    (-INF, INF),
    (5.0, INF),
    (1000.0, INF),
    (3.0, 3 + 1e-6),
    (-40.0, -39.0),
    (-INF, -8.0),
    (-1e-7, 2e-7),
    (-3.0, 40.0),
]


@pytest.mark.parametrize(("low", "high"), INTERVALS)
def test_moments_within_an_interval_are_those_of_fifty_digits(low, high):
    with mpmath.workdps(50):
        a, b = mpmath.mpf(low), mpmath.mpf(high)
        chance = mpmath.ncdf(b) - mpmath.ncdf(a) if low < 0 else mpmath.ncdf(-a) - mpmath.ncdf(-b)
        at_low, at_high = (mpmath.npdf(end) if mpmath.isfinite(end) else 0 for end in (a, b))
        mean = (at_low - at_high) / chance
        variance = 1 + ((a * at_low if at_low else 0) - (b * at_high if at_high else 0)) / chance - mean**2
        wanted = [float(mpmath.log(chance)), float(mean), float(variance)]
    found = interval_moments(np.array([low]), np.array([high]), np.array([high - low]))
    assert found[0][0] == pytest.approx(wanted[0], rel=1e-12, abs=1e-13)
    assert found[1][0] == pytest.approx(wanted[1], rel=1e-12, abs=1e-12)
    assert found[2][0] == pytest.approx(wanted[2], rel=1e-11)


def test_intervals_beyond_any_density_have_numbers():
    low, high = np.array([1e8, 1e150, -INF, -1e200]), np.array([INF, 2e150, -1e120, -1e150])
    logs, mean, variance = interval_moments(low, high)
    assert np.isfinite([logs, mean, variance]).all()
    assert logs[0] == pytest.approx(-0.5e16)
    assert mean[0] == pytest.approx(1e8)
    assert (variance >= 0).all()
    found = box_moments(np.zeros((1, 2)), np.array([[[1, 0.5], [0.5, 1]]]), np.full((1, 2), 1e9), np.full((1, 2), INF))
    assert np.isfinite(found.log_probability).all()
    assert np.isfinite(found.covariance).all()


def by_fine_panels(r, low, high):
    """Log-probability, mean and covariance in two dimensions by 400 panels of 60 nodes."""
    rest = np.sqrt(1 - r * r)
    nodes, weights = np.polynomial.legendre.leggauss(60)
    ends = np.linspace(max(low[0], -12), min(high[0], 12), 400)
    half = np.diff(ends)[:, None] / 2
    x, weight = (ends[:-1, None] + half * (1 + nodes)).ravel(), (half * weights).ravel()
    logs, mean, variance = interval_moments((low[1] - r * x) / rest, (high[1] - r * x) / rest)
    logs = np.log(weight) - x * x / 2 - np.log(2 * np.pi) / 2 + logs
    part = np.exp(logs - logs.max())
    total, y = part.sum(), r * x + rest * mean
    part /= total
    middle = np.array([part @ x, part @ y])
    dx, dy = x - middle[0], y - middle[1]
    covariance = np.array([[part @ dx**2, part @ (dx * dy)], [part @ (dx * dy), part @ (dy**2 + rest**2 * variance)]])
    return logs.max() + np.log(total), middle, covariance


BOXES = [
    ((0, 0), (INF, INF)),
    ((-1, -2), (0.5, 1)),
    ((2, 2), (INF, INF)),
    ((2, -INF), (INF, -2)),
    ((-0.01, 0.5), (0.01, 0.51)),
    ((-INF, -INF), (0, INF)),
    ((-5, 8), (5, 9)),
    ((1, -1), (1.1, INF)),
    ((5, 5), (5.1, 5.1)),
]


@pytest.mark.parametrize("r", [0.0, 0.3, -0.7, 0.95, -0.99, 0.999])
def test_two_dimensions_have_nine_digits(r):
    low, high = np.array(BOXES, dtype=float).transpose(1, 0, 2)
    found = box_moments(np.zeros(low.shape), np.tile([[1.0, r], [r, 1.0]], (len(low), 1, 1)), low, high)
    for i, box in enumerate(zip(low, high, strict=True)):
        logs, mean, covariance = by_fine_panels(r, *box)
        assert found.log_probability[i] == pytest.approx(logs, abs=2e-9)
        np.testing.assert_allclose(found.mean[i], mean, rtol=1e-9, atol=1e-9)
        scale = np.sqrt(np.diagonal(covariance))
        np.testing.assert_allclose(found.covariance[i], covariance, atol=3e-9 * scale.max() ** 2, rtol=1e-7)


def random_boxes(u, count=6):
    """Means, covariances and boxes, of which half of the ends are infinite."""
    rng = np.random.default_rng(u)
    factor = rng.normal(size=(count, u, u))
    covariance = factor @ factor.swapaxes(1, 2) + 0.3 * np.eye(u)
    mean, scale = rng.normal(size=(count, u)), np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    low = mean - scale * rng.uniform(-0.3, 2, (count, u))
    high = np.where(rng.random((count, u)) < 0.5, INF, low + scale * rng.uniform(1, 3, (count, u)))
    return mean, covariance, low, high


@pytest.mark.parametrize(("u", "rough", "fine"), [(2, 1e-8, 1e-8), (3, 3e-4, 3e-5), (4, 4e-3, 4e-4), (6, 5e-3, 1e-3)])
def test_probabilities_are_scipys(u, rough, fine):
    boxes = random_boxes(u)
    found = [np.exp(box_moments(*boxes, fine=how).log_probability) for how in (False, True)]
    for i, (mean, covariance, low, high) in enumerate(zip(*boxes, strict=True)):
        normal = multivariate_normal(mean, covariance, seed=0, abseps=1e-7, releps=1e-6, maxpts=300_000)
        wanted = normal.cdf(high, lower_limit=low)
        assert found[0][i] == pytest.approx(wanted, rel=rough)
        assert found[1][i] == pytest.approx(wanted, rel=fine)


@pytest.mark.parametrize("u", [1, 2, 3, 5])
def test_moments_are_those_of_monte_carlo(u):
    boxes = random_boxes(u, 3)
    found, rng = box_moments(*boxes), np.random.default_rng(0)
    for i, (mean, covariance, low, high) in enumerate(zip(*boxes, strict=True)):
        rows = rng.multivariate_normal(mean, covariance, 400_000)
        inside = rows[((rows > low) & (rows < high)).all(axis=1)]
        n = len(inside)
        assert n > 100
        error = 5 * inside.std(axis=0) / np.sqrt(n)
        assert (np.abs(found.mean[i] - inside.mean(axis=0)) < error).all()
        spread = np.sqrt(np.outer(inside.var(axis=0), inside.var(axis=0)))
        assert (np.abs(found.covariance[i] - np.cov(inside.T)) < 12 * spread / np.sqrt(n)).all()


def test_covariances_within_boxes_are_symmetric_and_positive():
    for u in (2, 4, 6):
        found = box_moments(*random_boxes(u))
        np.testing.assert_allclose(found.covariance, found.covariance.swapaxes(1, 2), atol=1e-14)
        assert (np.linalg.eigvalsh(found.covariance) > 0).all()
    tiny = np.full((1, 2), 9.0)
    found = box_moments(np.zeros((1, 2)), np.array([[[1.0, 0.9], [0.9, 1.0]]]), tiny, tiny + 1e-9)
    np.testing.assert_allclose(found.covariance[0], np.eye(2) * 1e-18 / 12, rtol=1e-6, atol=1e-25)


def test_quantiles_within_intervals():
    low, high, part = (
        np.array([-1.0, 8.0, -INF, 30.0]),
        np.array([2.0, INF, -8.0, 30.1]),
        np.array([0.3, 0.5, 0.5, 0.9]),
    )
    found = quantile_within(low, high, part)
    assert ((found > low) & (found < high)).all()
    below = np.exp(log_interval(low, found) - log_interval(low, high))
    np.testing.assert_allclose(below, [0.3, 0.5, 0.5, 0.9], rtol=1e-9)


def worst_case(count, multiplier, dimensions):
    """Worst-case error P_2 of Korobov's lattice (Sloan & Joe 1994)."""
    i, z, product = np.arange(count), 1, np.ones(count)
    for _ in range(dimensions):
        x = i * z % count / count
        product *= 1 + 2 * np.pi**2 * (x * x - x + 1 / 6)
        z = z * multiplier % count
    return product.mean() - 1


def test_multipliers_of_the_lattices_are_the_best_found():
    for dimensions, multiplier in enumerate(MULTIPLIERS[COARSE], start=2):
        others = np.random.default_rng(0).integers(2, COARSE // 2, 60)
        least = min(worst_case(COARSE, int(other), dimensions) for other in others)
        assert worst_case(COARSE, multiplier, dimensions) <= least
    assert lattice(FINE, 5).shape == (FINE, 5)
    assert ((lattice(FINE, 5) > 0) & (lattice(FINE, 5) < 1)).all()
