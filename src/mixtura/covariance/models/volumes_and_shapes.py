"""Estimates of volumes and shapes: of the variances b_kj = lambda_k A_kj of component k along its axis j.

lambda_k is the volume and A_k the shape, each equal in all components (E) or variable (V), or the shape spherical (I).
Each function takes the scatter t (k, d) along the axes and the weight n (k,) of the components, and minimises
sum_kj n_k log b_kj + t_kj / b_kj over the variances of its model that are nowhere below 1, the floor. In the logarithms
of b this is convex. The result has a length of 1 where all components, or all axes, have the same value. Iterations
begin at variances ``start``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from mixtura._support import Array

# From scatter t (k, d), weight n (k,) and, optionally, variances to begin at: variances (k or 1, d or 1).
VarianceFit: TypeAlias = Callable[[Array, Array, Array | None], Array]

EPS = float(np.finfo(np.float64).eps)
TINY = float(np.finfo(np.float64).tiny)

# Alternation ends when volumes and shapes change by less than this fraction; the cost is then minimal to its square.
TOLERANCE = 1e-11
MAX_SWEEPS = 10_000


def least_relative_variance(d: int) -> float:
    """Least ratio of smallest to largest eigenvalue at which a (d, d) matrix has a Cholesky factor in float64."""
    return 10 * EPS * d**2


def fit_equal_spherical(t: Array, n: Array, _start: Array | None) -> Array:
    """EI: one variance for all components and axes, sum_kj t_kj / (N d)."""
    return np.maximum(t.mean(axis=1, keepdims=True).sum(axis=0, keepdims=True) / max(n.sum(), TINY), 1)


def fit_variable_spherical(t: Array, n: Array, _start: Array | None) -> Array:
    """VI: one variance for each component, sum_j t_kj / (n_k d)."""
    return np.maximum(t.mean(axis=1, keepdims=True) / np.maximum(n, TINY)[:, None], 1)


def fit_equal_variances(t: Array, n: Array, _start: Array | None) -> Array:
    """EE: the same variances in all components, sum_k t_kj / N."""
    return np.maximum(t.sum(axis=0, keepdims=True) / max(n.sum(), TINY), 1)


def fit_variable_variances(t: Array, n: Array, _start: Array | None) -> Array:
    """VV: variances of each component and axis, t_kj / n_k."""
    return np.maximum(t / np.maximum(n, TINY)[:, None], 1)


def fit_variable_volumes(t: Array, n: Array, start: Array | None) -> Array:
    """VE: variances lambda_k a_j of variable volume and equal shape, by alternating between the two closed forms.

    The shape a may have any determinant, since lambda_k compensates for it.
    """
    n = np.maximum(n, TINY)
    shape = fit_equal_variances(t, n, None) if start is None else start[:1]
    for _ in range(MAX_SWEEPS):
        volume = np.maximum((t / shape).mean(axis=1, keepdims=True) / n[:, None], 1 / shape.min())
        new = np.maximum((t / volume).sum(axis=0, keepdims=True) / n.sum(), 1 / volume.min())
        settled = np.abs(new / shape - 1).max() <= TOLERANCE
        shape = new
        if settled:
            break
    return volume * shape


def fit_equal_volume(t: Array, n: Array, _start: Array | None, ceiling: float = 1e10) -> Array:
    """EV: variances of equal volume and variable shape.

    Without a floor b_k is t_k, scaled to the determinant e^L with e^(L / d) = sum_k |t_k|^(1/d) / N. A component that
    has no scatter along some axes would then grow along the others without limit; so no variance is above ``ceiling``,
    or the largest t_kj / n_k.
    """
    logs, weight = np.log(np.maximum(t, TINY)), np.log(max(n.sum(), TINY))
    size = logs.mean(axis=1, keepdims=True)
    best = logs - size + (np.logaddexp.reduce(size[:, 0]) - weight)
    highest = math.log(ceiling)
    if best.min() >= 0 and best.max() <= highest:
        return np.exp(best)
    log_variances = logs.max(axis=1) - np.log(np.maximum(n, TINY))
    return np.exp(fit_equal_volume_within(logs, weight, max(highest, float(log_variances.max()))))


def fit_equal_volume_within(logs: Array, weight: float, highest: float) -> Array:
    """Logarithms of variances in [0, highest] of equal volume, so that the sum over j is the same for all k, (k, d).

    ``logs`` are log t_kj, and ``weight`` is log N. For a given sum L the best log b_kj is log t_kj - q_k, clipped; the
    sum falls as q_k rises. The best L is where sum_k e^q_k = N. Between the sums at which an axis starts or ceases to
    be clipped, the q_k are linear in L; where all axes of a component are clipped, q_k jumps.
    """
    breakpoints = -np.sort(-np.concatenate([logs, logs - highest], axis=1), axis=1)
    sums = np.clip(logs[:, None, :] - breakpoints[:, :, None], 0, highest).sum(axis=2)
    levels = np.unique(sums)
    after = np.array([np.interp(levels, *table) for table in zip(sums, breakpoints, strict=True)])
    before = np.array([np.interp(-levels, *table) for table in zip(-sums[:, ::-1], breakpoints[:, ::-1], strict=True)])
    here = int(np.count_nonzero(np.logaddexp.reduce(after, axis=0) > weight))  # the first level that is too high
    if here == len(levels):
        q = before[:, -1]
    elif here == 0 or np.logaddexp.reduce(before[:, here]) >= weight:
        q = before[:, here]
    else:
        q = volume_root(after[:, here - 1], before[:, here], weight)
    return np.clip(logs - q[:, None], 0, highest)


def volume_root(start: Array, end: Array, weight: float) -> Array:
    """The point q on the segment from ``start`` down to ``end``, (k,), where log sum_k e^q_k = ``weight``.

    Newton's method from above, which converges monotonically since the function is convex.

    Examples
    --------
    >>> volume_root(np.array([1.0, 1.0]), np.array([-1.0, -1.0]), np.log(2)).round(12) + 0.0
    array([0., 0.])
    """
    direction, fraction = end - start, 0.0
    for _ in range(MAX_SWEEPS):
        q = start + fraction * direction
        level = np.logaddexp.reduce(q)
        step = (weight - level) / float(np.exp(q - level) @ direction)
        fraction += step
        if not step > TOLERANCE:
            break
    return np.asarray(start + fraction * direction)


# By the letters of volume and shape.
VARIANCE_FITS: dict[str, VarianceFit] = {
    "EI": fit_equal_spherical,
    "VI": fit_variable_spherical,
    "EE": fit_equal_variances,
    "VE": fit_variable_volumes,
    "EV": fit_equal_volume,
    "VV": fit_variable_variances,
}
