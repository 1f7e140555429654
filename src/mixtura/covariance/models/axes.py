"""Axes D_k: scatter turned so that the variances along the axes fit it best.

All matrices are in units of the floor, so that no variance may be below 1. Each function is given the scatter (k, d, d)
and the weight (k,) of the components, and returns variances (k or 1, d) and axes (k, d, d) or (d, d). A search begins
at matrices ``start`` (k, d, d).
"""

from __future__ import annotations

import numpy as np

from mixtura._support import Array
from mixtura.covariance.models.volumes_and_shapes import SETTLED, SWEEPS, TINY, VarianceFit, share_of_largest

# The sweeps of VEE: steps that are in proportion but for this fraction are taken to go on so, if that moves no volume
# by more than this factor's logarithm, and if so many sweeps have passed since the last time.
STEADY = 0.05
FARTHEST = 0.5
PATIENCE = 2


def compose(axes: Array, variances: Array) -> Array:
    """D diag(b) D' for axes (k, d, d) or (d, d) and variances (k, d)."""
    matrices = (axes * variances[:, None, :]) @ axes.swapaxes(-1, -2)
    return (matrices + matrices.swapaxes(1, 2)) / 2


def own_axes(scatter: Array, n: Array, spectrum: VarianceFit, start: Array | None) -> tuple[Array, Array]:
    """V: for any variances, those along the eigenvectors of W_k, in the same order, fit best (von Neumann 1937)."""
    values, axes = np.linalg.eigh(scatter)
    along = np.maximum(values, share_of_largest(len(axes[0])) * np.maximum(values[:, -1:], 0))
    before = None if start is None else np.asarray(np.linalg.eigvalsh(start[:1]))
    return spectrum(along, n, before), np.asarray(axes)


def common_matrix(scatter: Array, n: Array, start: Array | None) -> tuple[Array, Array]:
    """VEE: S_k = lambda_k C; either has a closed form for the other, so they take turns (Celeux & Govaert 1995).

    C may have any determinant, since lambda_k makes up for it. The turns converge linearly, slowly at the floor, so now
    and then a geometric series of them is summed.
    """
    n = np.maximum(n, TINY)
    d = scatter.shape[1]
    least = share_of_largest(d)
    values, axes = np.linalg.eigh(scatter.sum(axis=0) / n.sum() if start is None else start[0])
    values, volume = np.maximum(values, max(1, least * values[-1])), np.ones(len(n))
    before, since = np.zeros(len(n)), 0
    for _ in range(SWEEPS):
        new = np.maximum(np.tensordot(scatter, (axes / values) @ axes.T, 2) / (n * d), 1 / values[0])
        step, volume, since = np.log(new / volume), new, since + 1
        settled = np.abs(step).max() <= SETTLED
        if since > PATIENCE and (ahead := aitken_limit(step, before)) is not None:
            volume, since = volume * np.exp(ahead), 0
        before = step
        values, axes = np.linalg.eigh(np.tensordot(1 / volume, scatter, 1) / n.sum())
        values = np.maximum(values, max(1 / volume.min(), least * values[-1]))
        if settled:
            break
    return volume[:, None] * values, axes


def aitken_limit(step: Array, before: Array) -> Array | None:
    """The sum of all steps that follow, if each is the same fraction of the one before (Aitken 1926); else None.

    Examples
    --------
    >>> aitken_limit(np.array([0.01, -0.03]), np.array([0.02, -0.06])).round(9).tolist()
    [0.01, -0.03]
    """
    fraction = float(step @ before) / max(float(before @ before), TINY)
    steady = np.abs(step - fraction * before).max() <= STEADY * np.abs(step).max()
    ahead = step * (fraction / (1 - fraction)) if 0 < fraction < 1 else step
    return ahead if steady and 0 < fraction < 1 and np.abs(ahead).max() <= FARTHEST else None
