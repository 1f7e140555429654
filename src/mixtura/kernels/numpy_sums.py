"""Weights, means and scatter of rows with given responsibilities, with NumPy and BLAS.

All matrices here are transposed: the rows are (d, n) and their responsibilities (k, n), so that sums over the
columns or the components are sums of long contiguous vectors. In formulas x are rows and r responsibilities, multiplied
by the sample weights.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array
from mixtura.data import Chunk
from mixtura.stats import ScatterKind, Stats, outer

# The scatter about the mean is that about the origin less a correction. Where it is less than this fraction of it, so
# that more than three digits are lost, it is summed again from deviations.
LEAST_FRACTION = 1e-3

# With more columns than this, storing the products of all pairs of columns takes longer than a matrix product for each
# component.
MAX_PAIRED_COLUMNS = 32


def transpose_rows(chunk: Chunk, origin: Array) -> Array:
    """The rows of a chunk less an origin (d,), transposed to (d, n), in float64."""
    return np.subtract(chunk.rows.T, origin[:, None], dtype=np.float64, order="C")


def weighted_sums(
    x: Array, r: Array, scatter_kind: ScatterKind, loglik: float = 0.0, assignment_logprob: float = 0.0
) -> Stats:
    """Sufficient statistics of transposed rows x (d, n) with weighted responsibilities r (k, n).

    Examples
    --------
    >>> weighted_sums(np.array([[0.0, 2.0]]), np.ones((1, 2)), "full").scatter.item()
    2.0
    """
    weight = r.sum(axis=1)
    mean = np.divide(r @ x.T, weight[:, None], out=np.zeros((len(weight), len(x))), where=weight[:, None] > 0)
    raw_scatter, centred_scatter = _SCATTERS[scatter_kind]
    raw = raw_scatter(x, r)
    scatter = raw - outer(weight, mean, scatter_kind)
    inexact = np.flatnonzero(~(diagonals(scatter) >= LEAST_FRACTION * diagonals(raw)).all(axis=1))
    if len(inexact):
        scatter[inexact] = centred_scatter(x, r, mean, inexact)
    return Stats(weight, mean, scatter, loglik, assignment_logprob)


def diagonals(scatter: Array) -> Array:
    """Diagonals of the m matrices of a scatter of any kind, (m, d)."""
    return scatter if scatter.ndim == 2 else np.diagonal(scatter, axis1=1, axis2=2)


def _raw_full(x: Array, r: Array) -> Array:
    """Sums of r_ji x_i x_i' of each component j, (k, d, d)."""
    d = len(x)
    if d > MAX_PAIRED_COLUMNS:
        return np.stack([_gram(np.sqrt(component) * x) for component in r])
    below = _lower_triangle(d)
    pairs = np.concatenate([x[: i + 1] * x[i] for i in range(d)])
    scatter = np.empty((len(r), d, d))
    scatter[:, below[0], below[1]] = scatter[:, below[1], below[0]] = r @ pairs.T
    return scatter


@cache
def _lower_triangle(d: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Row and column indices of the lower triangle of a (d, d) matrix."""
    return np.tril_indices(d)


def _gram(z: Array) -> Array:
    """The product z z'; NumPy computes only one triangle, since both factors are the same array."""
    return z @ z.T


def _centred_full(x: Array, r: Array, mean: Array, which: Array) -> Array:
    """Sums of r_ji (x_i - m_j)(x_i - m_j)' of m components j, (m, d, d)."""
    return np.stack([_gram(np.sqrt(r[j]) * (x - mean[j, :, None])) for j in which])


def _raw_pooled(x: Array, r: Array) -> Array:
    """Sum of r_ji x_i x_i' over all components and rows, (1, d, d)."""
    return _gram(np.sqrt(r.sum(axis=0)) * x)[None]


def _centred_pooled(x: Array, r: Array, mean: Array, which: Array) -> Array:
    """Sum of r_ji (x_i - m_j)(x_i - m_j)' over all components and rows, (1, d, d)."""
    total = np.zeros((len(which), len(x), len(x)))
    for j in range(len(r)):
        total += _centred_full(x, r, mean, np.array([j]))
    return total


def _raw_diagonal(x: Array, r: Array) -> Array:
    """Sums of r_ji x_il^2 of each component j and column l, (k, d)."""
    return r @ (x * x).T


def _centred_diagonal(x: Array, r: Array, mean: Array, which: Array) -> Array:
    """Sums of r_ji (x_il - m_jl)^2 of m components j and each column l, (m, d)."""
    return np.stack([(x - mean[j, :, None]) ** 2 @ r[j] for j in which])


# For each kind of scatter: its sum about the origin, and about the means.
_SCATTERS: dict[ScatterKind, tuple[Callable[..., Array], Callable[..., Array]]] = {
    "full": (_raw_full, _centred_full),
    "pooled": (_raw_pooled, _centred_pooled),
    "diagonal": (_raw_diagonal, _centred_diagonal),
}
