"""Estimates of axes D_k, of each component or common to all of equal shape, with the variances along them.

All matrices are in units of the floor, so no variance may be below 1. Each function takes the scatter (k, d, d)
and the weight n (k,) of the components, and returns variances (k or 1, d) and axes (k, d, d) or (d, d). Iterations
begin at the matrices ``start`` (k, d, d).
"""

from __future__ import annotations

import numpy as np

from mixtura._support import TINY, Array
from mixtura.covariance.models.volumes_and_shapes import (
    TOLERANCE,
    VarianceFit,
    least_relative_variance,
)

# VEE's alternation is extrapolated where successive steps are proportional up to this fraction, if that changes no
# log-volume by more than MAX_LOG_CHANGE, more than MIN_SWEEPS sweeps after the last extrapolation.
PROPORTIONALITY = 0.05
MAX_LOG_CHANGE = 0.5
MIN_SWEEPS = 2

# Largest number of sweeps in one M-step; the next M-step continues, and each sweep lowers the cost. Without a limit an
# M-step took seconds where C is singular.
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
    start_variances = None if start is None else np.asarray(np.linalg.eigvalsh(start[:1]))
    return fit_variances(t, n, start_variances), np.asarray(axes)


def fit_common_shape_and_axes(scatter: Array, n: Array, start: Array | None) -> tuple[Array, Array]:
    """VEE: covariances lambda_k C, by alternating between the two closed forms (Celeux & Govaert 1995).

    C may have any determinant, since lambda_k compensates for it. The alternation converges linearly, and slowly at the
    floor, so it is extrapolated by `aitken_extrapolation` where that is safe.
    """
    n = np.maximum(n, TINY)
    d = scatter.shape[1]
    least = least_relative_variance(d)
    values, axes = np.linalg.eigh(scatter.sum(axis=0) / n.sum() if start is None else start[0])
    values, volume = np.maximum(values, max(1, least * values[-1])), np.ones(len(n))
    previous_step, sweeps = np.zeros(len(n)), 0
    for _ in range(MAX_SWEEPS):
        new = np.maximum(np.tensordot(scatter, (axes / values) @ axes.T, 2) / (n * d), 1 / values[0])
        new = new / np.exp(np.log(new).mean())  # or else a singular C shrinks, and the volumes grow, without limit
        step, volume, sweeps = np.log(new / volume), new, sweeps + 1
        converged = np.abs(step).max() <= TOLERANCE
        if sweeps > MIN_SWEEPS and (remaining := aitken_extrapolation(step, previous_step)) is not None:
            volume, sweeps = volume * np.exp(remaining), 0
        previous_step = step
        values, axes = np.linalg.eigh(np.tensordot(1 / volume, scatter, 1) / n.sum())
        values = np.maximum(values, max(1 / volume.min(), least * values[-1]))
        if converged:
            break
    return volume[:, None] * values, axes


def aitken_extrapolation(step: Array, previous_step: Array) -> Array | None:
    """Sum of all further steps, if each is the same fraction of the one before it (Aitken 1926); otherwise None.

    None also where that fraction is not between 0 and 1, or the sum exceeds `MAX_LOG_CHANGE`.

    Examples
    --------
    >>> aitken_extrapolation(np.array([0.01, -0.03]), np.array([0.02, -0.06])).round(9).tolist()
    [0.01, -0.03]
    """
    fraction = float(step @ previous_step) / max(float(previous_step @ previous_step), TINY)
    proportional = np.abs(step - fraction * previous_step).max() <= PROPORTIONALITY * np.abs(step).max()
    remaining = step * (fraction / (1 - fraction)) if 0 < fraction < 1 else step
    return remaining if proportional and 0 < fraction < 1 and np.abs(remaining).max() <= MAX_LOG_CHANGE else None
