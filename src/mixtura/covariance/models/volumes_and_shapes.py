"""Estimates of volumes and shapes: of the variances b_kj = lambda_k A_kj of component k along its axis j.

lambda_k is the volume and A_k the shape, each equal in all components (E) or variable (V), or the shape spherical (I).
Each function takes the scatter t (k, d) along the axes and the weight n (k,) of the components, and minimises
sum_kj n_k log b_kj + t_kj / b_kj over the variances of its model that are at least 1, the floor. This is convex in the
logarithms of b. The result has a length of 1 where all components, or all axes, have the same value. Iterations
begin at variances ``start``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from mixtura._support import EPS, TINY, Array

# Variances (k or 1, d or 1) from scatter t (k, d), weight n (k,) and, optionally, variances at which to begin.
VarianceFit: TypeAlias = Callable[[Array, Array, Array | None], Array]

# Iterations end when volumes and shapes change by less than this fraction; the cost's relative error is its square.
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
        converged = np.abs(new / shape - 1).max() <= TOLERANCE
        shape = new
        if converged:
            break
    return volume * shape


def fit_equal_volume(t: Array, n: Array, _start: Array | None, ceiling: float = 1e10) -> Array:
    """EV: variances of equal volume and variable shape.

    Without a floor b_k is t_k, scaled to the determinant e^L with e^(L / d) = sum_k |t_k|^(1/d) / N. A component that
    has no scatter along some axes would then grow without limit along the others, so no variance may exceed the
    larger of ``ceiling`` and max t_kj / n_k.
    """
    logs, weight = np.log(np.maximum(t, TINY)), np.log(max(n.sum(), TINY))
    size = logs.mean(axis=1, keepdims=True)
    free = logs - size + (np.logaddexp.reduce(size[:, 0]) - weight)
    highest = math.log(ceiling)
    if free.min() >= 0 and free.max() <= highest:
        return np.exp(free)
    log_variances = logs.max(axis=1) - np.log(np.maximum(n, TINY))
    return np.exp(clipped_equal_volume(logs, weight, max(highest, float(log_variances.max()))))


def clipped_equal_volume(logs: Array, weight: float, highest: float) -> Array:
    """Best log-variances in [0, highest] of equal volume, whose sum over j is the same for all k, (k, d).

    ``logs`` are log t_kj, and ``weight`` is log N. For a given sum L the best log b_kj is log t_kj - q_k, clipped; the
    sum falls as q_k rises. The best L is where sum_k e^q_k = N. Between the sums at which an axis starts or ceases to
    be clipped, the q_k are linear in L; where all axes of a component are clipped, q_k jumps.
    """
    breakpoints = -np.sort(-np.concatenate([logs, logs - highest], axis=1), axis=1)
    sums = np.clip(logs[:, None, :] - breakpoints[:, :, None], 0, highest).sum(axis=2)
    log_volumes = np.unique(sums)
    after = np.array([np.interp(log_volumes, *table) for table in zip(sums, breakpoints, strict=True)])
    before = np.array(
        [np.interp(-log_volumes, *table) for table in zip(-sums[:, ::-1], breakpoints[:, ::-1], strict=True)]
    )
    first = int(np.count_nonzero(np.logaddexp.reduce(after, axis=0) > weight))  # the first that is too large
    if first == len(log_volumes):
        q = before[:, -1]
    elif first == 0 or np.logaddexp.reduce(before[:, first]) >= weight:
        q = before[:, first]
    else:
        q = log_sum_root(after[:, first - 1], before[:, first], weight)
    return np.clip(logs - q[:, None], 0, highest)


def log_sum_root(start: Array, end: Array, weight: float) -> Array:
    """The point q on the segment from ``start`` down to ``end``, (k,), where log sum_k e^q_k = ``weight``.

    Newton's method from above, which converges monotonically since the function is convex.

    Examples
    --------
    >>> log_sum_root(np.array([1.0, 1.0]), np.array([-1.0, -1.0]), np.log(2)).round(12) + 0.0
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


# Estimation of variances, by the letters of volume and shape.
VARIANCE_FITS: dict[str, VarianceFit] = {
    "EI": fit_equal_spherical,
    "VI": fit_variable_spherical,
    "EE": fit_equal_variances,
    "VE": fit_variable_volumes,
    "EV": fit_equal_volume,
    "VV": fit_variable_variances,
}
