"""Estimates of axes D_k, of each component or common to all of equal shape, with the variances along them.

All matrices are in units of the floor, so that no variance may be below 1. Each function takes the scatter (k, d, d)
and the weight n (k,) of the components, and returns variances (k or 1, d) and axes (k, d, d) or (d, d). Iterations
begin at the matrices ``start`` (k, d, d).
"""

from __future__ import annotations

import numpy as np

from mixtura._support import Array
from mixtura.covariance.models.volumes_and_shapes import (
    TINY,
    TOLERANCE,
    VarianceFit,
    least_relative_variance,
)

# Extrapolation of VEE's alternation: steps that are proportional up to this fraction are summed as a geometric series,
# if that changes no log-volume by more than the second number, and at least so many sweeps after the last time.
PROPORTIONALITY = 0.05
MAX_LOG_CHANGE = 0.5
PATIENCE = 2

# The alternation ends after so many sweeps at the latest, and goes on in the next M-step: each lowers the cost. Without
# a limit an M-step took seconds where C is singular.
MAX_SWEEPS = 300


def compose_covariances(axes: Array, variances: Array) -> Array:
    """Matrices D diag(b) D', (k, d, d), from axes D (k, d, d) or (d, d) and variances b (k, d)."""
    matrices = (axes * variances[:, None, :]) @ axes.swapaxes(-1, -2)
    return (matrices + matrices.swapaxes(1, 2)) / 2


def fit_variable_axes(scatter: Array, n: Array, fit_variances: VarianceFit, start: Array | None) -> tuple[Array, Array]:
    """Axes of each component, with their variances: the eigenvectors of its scatter.

    For any variances these axes are the best, with variances and eigenvalues in the same order (von Neumann 1937).
    """
    values, axes = np.linalg.eigh(scatter)
    t = np.maximum(values, least_relative_variance(len(axes[0])) * np.maximum(values[:, -1:], 0))
    before = None if start is None else np.asarray(np.linalg.eigvalsh(start[:1]))
    return fit_variances(t, n, before), np.asarray(axes)


def fit_common_shape_and_axes(scatter: Array, n: Array, start: Array | None) -> tuple[Array, Array]:
    """VEE: covariances lambda_k C, by alternating between the two closed forms (Celeux & Govaert 1995).

    C may have any determinant, since lambda_k compensates for it. The alternation converges linearly, and slowly at the
    floor, so it is extrapolated by `aitken_limit` now and then.
    """
    n = np.maximum(n, TINY)
    d = scatter.shape[1]
    least = least_relative_variance(d)
    values, axes = np.linalg.eigh(scatter.sum(axis=0) / n.sum() if start is None else start[0])
    values, volume = np.maximum(values, max(1, least * values[-1])), np.ones(len(n))
    before, since = np.zeros(len(n)), 0
    for _ in range(MAX_SWEEPS):
        new = np.maximum(np.tensordot(scatter, (axes / values) @ axes.T, 2) / (n * d), 1 / values[0])
        new = new / np.exp(np.log(new).mean())  # else a singular C would shrink without end, as the volumes grow
        step, volume, since = np.log(new / volume), new, since + 1
        settled = np.abs(step).max() <= TOLERANCE
        if since > PATIENCE and (ahead := aitken_limit(step, before)) is not None:
            volume, since = volume * np.exp(ahead), 0
        before = step
        values, axes = np.linalg.eigh(np.tensordot(1 / volume, scatter, 1) / n.sum())
        values = np.maximum(values, max(1 / volume.min(), least * values[-1]))
        if settled:
            break
    return volume[:, None] * values, axes


def aitken_limit(step: Array, before: Array) -> Array | None:
    """Sum of all steps to come, if each is the same fraction of the one before (Aitken 1926); else None.

    None also where that fraction is not between 0 and 1, or the sum would move too far.

    Examples
    --------
    >>> aitken_limit(np.array([0.01, -0.03]), np.array([0.02, -0.06])).round(9).tolist()
    [0.01, -0.03]
    """
    fraction = float(step @ before) / max(float(before @ before), TINY)
    proportional = np.abs(step - fraction * before).max() <= PROPORTIONALITY * np.abs(step).max()
    ahead = step * (fraction / (1 - fraction)) if 0 < fraction < 1 else step
    return ahead if proportional and 0 < fraction < 1 and np.abs(ahead).max() <= MAX_LOG_CHANGE else None
