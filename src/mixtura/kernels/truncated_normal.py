"""Probabilities, means and covariances of normal distributions within intervals and boxes.

All are sums of positive terms at points within the box, so that no digits are lost in far tails and narrow bins, and
covariances are never negative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from mixtura._support import Array
from mixtura.kernels.box_points import (
    COARSE,
    FINE,
    NESTED,
    BoxPoints,
    gauss_legendre,
    lattice_points,
    nested_points,
    within,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """Gauss-Legendre quadrature with so many nodes where terms are above exp(-drop) of the largest."""

    drop: float
    nodes: int


# Of fourteen digits; of eleven, within an integral over a second dimension; and of five, within sums over a lattice.
FULL, INNER, ROUGH = Rule(36.0, 40), Rule(26.0, 28), Rule(14.0, 12)

# Most columns with an interval in one row, where covariances are full.
MOST_COLUMNS = 6

# Bounds farther away than this many standard deviations are as good as this far.
FARTHEST = 1e100

# Numbers in one array of points.
BLOCK_NUMBERS = 1 << 18


@dataclass(frozen=True, slots=True, eq=False)
class BoxMoments:
    """Probabilities of boxes under normal distributions, and what is expected within them.

    Attributes
    ----------
    log_probability : ndarray of shape (b,)
    mean : ndarray of shape (b, u)
    covariance : ndarray of shape (b, u, u)
    """

    log_probability: Array
    mean: Array
    covariance: Array


def interval_moments(
    low: Array, high: Array, width: Array | None = None, rule: Rule = FULL
) -> tuple[Array, Array, Array]:
    """Log-probability, mean and variance of the standard normal distribution within intervals.

    Gauss-Legendre quadrature on the part of the interval where the density is not negligible.

    Parameters
    ----------
    low, high : ndarray
        Bounds, which may be infinite; ``low < high``.
    width : ndarray, optional
        ``high - low``, where it is known with more digits than the difference has.
    rule : Rule

    Examples
    --------
    >>> found = interval_moments(np.array([0.0, 40.0]), np.array([np.inf, np.inf]))
    >>> [values.round(6).tolist() for values in found]
    [[-0.693147, -804.608442], [0.797885, 40.024969], [0.36338, 0.000623]]
    """
    low, high = within(low, high, FARTHEST)
    flip = low < -high  # so that the middle is not negative
    a, b = np.where(flip, -high, low), np.where(flip, -low, high)
    peak = np.maximum(a, 0.0)
    reach = 2 * rule.drop / (peak + np.sqrt(peak * peak + 2 * rule.drop))
    left = np.where(a < 0, np.maximum(a, -math.sqrt(2 * rule.drop)), 0.0)  # offsets from the peak
    beyond = b - peak if width is None else np.where(a < 0, b, width)
    half = 0.5 * (np.minimum(beyond, reach) - left)
    middle = left + half
    total, first, second = np.zeros_like(half), np.zeros_like(half), np.zeros_like(half)
    for position, weight in zip(*gauss_legendre(rule.nodes), strict=True):
        at = middle + half * position
        term = weight * np.exp(-at * (peak + 0.5 * at))
        total += term
        first += position * term
        second += position * position * term
    first /= total
    with np.errstate(divide="ignore"):
        log_probability = np.log(half * total) - 0.5 * peak * peak - 0.5 * math.log(2 * math.pi)
    mean = peak + (middle + half * first)
    return np.minimum(log_probability, 0.0), np.where(flip, -mean, mean), half * half * (second / total - first * first)


def box_moments(mean: Array, covariance: Array, low: Array, high: Array, *, fine: bool = False) -> BoxMoments:
    """Log-probabilities, means and covariances of normal distributions within boxes.

    One dimension and two are integrated by nested Gauss-Legendre quadrature, exact to about ten digits. Three to six
    are sums over a lattice in Genz's variables (Genz 1992, J. Comput. Graph. Stat. 1, 141-149), whose last dimension is
    integrated exactly; probabilities then have about four digits, and six if ``fine``.

    Parameters
    ----------
    mean : ndarray of shape (b, u)
    covariance : ndarray of shape (b, u, u)
    low, high : ndarray of shape (b, u)
        Bounds, which may be infinite; ``low < high``.
    fine : bool
        Whether to use many points, for few boxes.

    Examples
    --------
    >>> half = np.array([[[1.0, 0.5], [0.5, 1.0]]])
    >>> found = box_moments(np.zeros((1, 2)), half, np.zeros((1, 2)), np.full((1, 2), np.inf))
    >>> np.exp(found.log_probability).round(6).tolist(), found.mean.round(4).tolist()  # 1/4 + asin(1/2) / (2 pi)
    ([0.333333], [[0.8976, 0.8976]])
    """
    scale = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    correlation = covariance / (scale[:, :, None] * scale[:, None, :])
    lower, upper, width = (low - mean) / scale, (high - mean) / scale, (high - low) / scale
    if mean.shape[1] == 1:
        log_probability, middle, spread = interval_moments(lower[:, 0], upper[:, 0], width[:, 0])
        middle, spread = middle[:, None], spread[:, None, None]
    else:
        standard = _standard_moments(correlation, lower, upper, width, fine=fine)
        log_probability, middle, spread = standard.log_probability, standard.mean, standard.covariance
    return BoxMoments(log_probability, mean + scale * middle, scale[:, :, None] * spread * scale[:, None, :])


def _standard_moments(correlation: Array, low: Array, high: Array, width: Array, *, fine: bool) -> BoxMoments:
    """Those of variables of mean zero and variance one, whose most restricted ones are integrated first."""
    chances = interval_moments(low, high, width)[0]
    order = np.argsort(chances, axis=1, kind="stable")
    own = np.take_along_axis
    low, high, width = own(low, order, 1), own(high, order, 1), own(width, order, 1)
    ordered = own(own(correlation, order[:, :, None], 1), order[:, None, :], 2)
    lower = np.asarray(np.linalg.cholesky(ordered), dtype=np.float64)
    parts, count = [], FINE if fine else COARSE
    rule = INNER if fine or low.shape[1] == 2 else ROUGH
    points_of = nested_points if low.shape[1] == 2 else partial(lattice_points, count)
    step = max(BLOCK_NUMBERS // (NESTED if low.shape[1] == 2 else count), 1)
    for first in range(0, len(low), step):
        block = slice(first, first + step)
        points = points_of(lower[block], low[block], high[block])
        parts.append(_summed(points, lower[block], low[block], high[block], width[block], rule=rule))
    log_probability, mean, covariance = (np.concatenate(each) for each in zip(*parts, strict=True))
    back = np.argsort(order, axis=1)
    covariance = own(own(covariance, back[:, :, None], 1), back[:, None, :], 2)
    return BoxMoments(log_probability, own(mean, back, 1), covariance)


def _summed(
    points: BoxPoints, lower: Array, low: Array, high: Array, width: Array, *, rule: Rule
) -> tuple[Array, Array, Array]:
    """Log-probability (b,), mean (b, u) and covariance (b, u, u) from points whose last column is integrated here."""
    last, pivot = lower[:, -1, :-1], lower[:, -1, -1, None]
    expected = np.einsum("bj,bnj->bn", last, points.positions)
    edges = ((low[:, -1, None] - expected) / pivot, (high[:, -1, None] - expected) / pivot)
    logs, middle, variance = interval_moments(*edges, np.broadcast_to(width[:, -1, None] / pivot, expected.shape), rule)
    logs = points.log_weights + logs
    largest = logs.max(axis=1)
    weights = np.exp(logs - largest[:, None])
    total = weights.sum(axis=1)
    weights /= total[:, None]
    places = np.concatenate([points.positions @ lower[:, :-1, :-1].swapaxes(1, 2), expected[..., None]], axis=2)
    places[..., -1] += pivot * middle
    mean = np.einsum("bn,bnj->bj", weights, places)
    places -= mean[:, None, :]
    covariance = (weights[..., None] * places).swapaxes(1, 2) @ places
    covariance[:, -1, -1] += pivot[:, 0] ** 2 * (weights * variance).sum(axis=1)
    return np.minimum(largest + np.log(total), 0.0), mean, covariance
