"""Points for integrals of normal densities over boxes, in all dimensions but the last."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from mixtura._support import Array, LazyModule

special = LazyModule("scipy.special")

# Gauss-Legendre nodes on each panel of the outer integral over two dimensions.
PANEL_NODES = 12

# The outer integral's range: its log-density lies within REACH of the largest; so it is narrowed STAGES times from
# within FAR, on so many points.
REACH, FAR, STAGES, SCAN_POINTS = 40.0, 800.0, 5, 13

# Where panels end between the maximum and the ends of the range, as fractions of the distance.
BETWEEN = (0.1, 0.3, 0.6)

# Half the width of the inner probability's rise from zero to one, in its standard deviations.
RISE = 6.0

# Number of nodes of the outer integral.
NESTED = PANEL_NODES * (3 + 2 * len(BETWEEN) + 6 - 1)

# Numbers of points of Korobov's lattices, and their multipliers in two to five dimensions: those with the least
# worst-case error P_2 (Sloan & Joe 1994) of all, or of 500 random ones for the larger number.
COARSE, FINE = 2039, 32749
MULTIPLIERS = {COARSE: (462, 653, 817, 275), FINE: (9659, 1729, 7765, 2877)}


# Bounds of boxes that are farther away than so many standard deviations are moved there.
FARTHEST = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class BoxPoints:
    """Points in all dimensions but the last of each of b boxes, with weights for integrals.

    Attributes
    ----------
    positions : ndarray of shape (b, n, u - 1)
        In independent standard normal variables; the dimensions are the lower Cholesky factor times these.
    log_weights : ndarray of shape (b, n)
        Logarithms of the weights by which the last dimension's conditional probabilities sum to the box's.
    """

    positions: Array
    log_weights: Array


@cache
def gauss_legendre(count: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Nodes between -1 and 1 and weights of Gauss-Legendre quadrature.

    Examples
    --------
    >>> gauss_legendre(1)
    ((0.0,), (2.0,))
    """
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return tuple(nodes.tolist()), tuple(weights.tolist())


def within(low: Array, high: Array, farthest: float) -> tuple[Array, Array]:
    """Bounds that are no farther from zero than ``farthest``, or twice as far where both were.

    Examples
    --------
    >>> [ends.tolist() for ends in within(np.array([-np.inf, 50.0]), np.array([0.0, 70.0]), 10.0)]
    [[-10.0, 10.0], [0.0, 20.0]]
    """
    a, b = np.clip(low, -farthest, farthest), np.clip(high, -farthest, farthest)
    return np.where(high <= -farthest, -2 * farthest, a), np.where(low >= farthest, 2 * farthest, b)


def log_interval(low: Array, high: Array) -> Array:
    """Log-probability of the standard normal distribution within intervals, to a few digits where they are narrow.

    Examples
    --------
    >>> log_interval(np.array([-1.0, 30.0]), np.array([1.0, np.inf])).round(6).tolist()
    [-0.381715, -454.321244]
    """
    flip = low < -high
    a, b = np.where(flip, -high, low), np.where(flip, -low, high)
    upper = special.log_ndtr(-a)
    with np.errstate(divide="ignore", invalid="ignore"):
        wide = upper + np.log(-np.expm1(np.minimum(special.log_ndtr(-b) - upper, 0.0)))
        narrow = np.log(b - a) - 0.5 * (0.5 * (a + b)) ** 2 - 0.5 * math.log(2 * math.pi)
    return np.where(b - a < 1e-4, narrow, wide)


def quantile_within(low: Array, high: Array, part: Array) -> Array:
    """Quantiles of the standard normal distribution within intervals, accurate in far tails, too.

    ``part`` is the probability below within the interval, but counted from above in intervals left of zero.

    Examples
    --------
    >>> quantile_within(np.array([0.0, 30.0]), np.array([np.inf, 31.0]), np.array([0.5, 0.5])).round(4).tolist()
    [0.6745, 30.0231]
    """
    flip = low < -high
    a, b = np.where(flip, -high, low), np.where(flip, -low, high)
    log_a = special.log_ndtr(-a)
    inner = -np.expm1(np.minimum(special.log_ndtr(-b) - log_a, 0.0))
    x = np.clip(-special.ndtri_exp(log_a + np.log1p(-part * inner)), a, b)
    return np.where(flip, -x, x)


def nested_points(lower: Array, low: Array, high: Array) -> BoxPoints:
    """Nodes of the outer integral over boxes of two dimensions: Gauss-Legendre on panels where it is smooth.

    ``lower`` are Cholesky factors of correlation matrices, (b, 2, 2). The integrand is log-concave; panels end at its
    maximum, and around the places where the inner probability rises or falls.
    """
    low, high = within(low, high, FARTHEST)
    slope, rest = lower[:, 1, 0, None], lower[:, 1, 1, None]
    edges = low[:, 1, None], high[:, 1, None]

    def log_density(x: Array) -> Array:
        return -0.5 * x * x + log_interval((edges[0] - slope * x) / rest, (edges[1] - slope * x) / rest)

    left, right, peak = _range(log_density, low[:, :1], high[:, :1])
    with np.errstate(divide="ignore", invalid="ignore"):
        rises = [np.nan_to_num(edge / slope + side * RISE * rest / slope) for edge in edges for side in (-1, 0, 1)]
    between = [peak + part * (end - peak) for end in (left, right) for part in BETWEEN]
    ends = np.sort(np.clip(np.concatenate([left, peak, right, *rises, *between], axis=1), left, right), axis=1)
    positions, weights = map(np.array, gauss_legendre(PANEL_NODES))
    half = 0.5 * np.diff(ends, axis=1)[..., None]
    x = (ends[:, :-1, None] + half * (1 + positions)).reshape(len(low), -1)
    with np.errstate(divide="ignore"):
        logs = np.log(half * weights).reshape(len(low), -1)
    return BoxPoints(x[..., None], logs - 0.5 * x * x - 0.5 * math.log(2 * math.pi))


def _range(log_density: Callable[[Array], Array], low: Array, high: Array) -> tuple[Array, Array, Array]:
    """Where a log-concave density is not negligible, and about where it is largest: (b, 1) each."""
    peak = np.clip(0.0, low, high)
    reach = 2 * FAR / (np.abs(peak) + np.sqrt(peak * peak + 2 * FAR))
    left, right = np.maximum(low, np.minimum(peak, 0) - reach), np.minimum(high, np.maximum(peak, 0) + reach)
    steps = np.linspace(0.0, 1.0, SCAN_POINTS)
    for _ in range(STAGES):
        x = left + (right - left) * steps
        logs = log_density(x)
        best = logs.argmax(axis=1)[:, None]
        near = logs > np.take_along_axis(logs, best, 1) - REACH
        first = np.maximum(near.argmax(axis=1) - 1, 0)[:, None]
        last = np.minimum(SCAN_POINTS - near[:, ::-1].argmax(axis=1), SCAN_POINTS - 1)[:, None]
        peak, left, right = (np.take_along_axis(x, each, 1) for each in (best, first, last))
    return left, right, peak


def lattice_points(count: int, lower: Array, low: Array, high: Array) -> BoxPoints:
    """So many points of a lattice, in the variables in which Genz (1992) makes a box of several dimensions a cube."""
    low, high = within(low, high, FARTHEST)
    u = low.shape[1]
    uniform = lattice(count, u - 1)
    positions = np.empty((len(low), len(uniform), u - 1))
    logs = np.full(positions.shape[:2], -math.log(len(uniform)))
    for j in range(u - 1):
        expected = np.einsum("bj,bnj->bn", lower[:, j, :j], positions[..., :j])
        a, b = ((edge[:, j, None] - expected) / lower[:, j, j, None] for edge in (low, high))
        positions[..., j] = quantile_within(a, b, uniform[:, j])
        logs += log_interval(a, b)
    return BoxPoints(positions, logs)


@cache
def lattice(count: int, dimensions: int) -> Array:
    """Points of Korobov's lattice in the unit cube, folded so that integrands become periodic (Hickernell 2002).

    Examples
    --------
    >>> lattice(COARSE, 3).shape, lattice(COARSE, 3).mean().round(3).item()
    ((2039, 3), 0.5)
    """
    multiplier = MULTIPLIERS[count][dimensions - 2]
    vector = [pow(multiplier, j, count) for j in range(dimensions)]
    points = (np.arange(count)[:, None] * vector % count + 0.25) / count
    return np.asarray(1 - np.abs(2 * points - 1))
