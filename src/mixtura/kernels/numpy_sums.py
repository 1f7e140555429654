"""Sums over the rows of a block, shared out among components, with NumPy and BLAS.

Everything here lies on its side: a row's values stand below each other, (d, n), and so do its shares, (k, n). Sums over
columns or components are then sums of long rows.
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

# A centred scatter is what is left of one about another point. It is summed again, row by row, where less than this is
# left: the difference would cost more digits than three.
LEAST_LEFT = 1e-3

# With more columns than this, to write down the products of all pairs takes longer than a product for each component.
FEW = 32


def turned(chunk: Chunk, origin: Array) -> Array:
    """The rows of a chunk as seen from an origin, (d, n)."""
    return np.subtract(chunk.rows.T, origin[:, None], dtype=np.float64, order="C")


def sums(
    x: Array, share: Array, scatter_kind: ScatterKind, loglik: float = 0.0, assignment_logprob: float = 0.0
) -> Stats:
    """Weights, means and centred scatter of the columns of x (d, n), shared out as ``share`` (k, n) says.

    Examples
    --------
    >>> sums(np.array([[0.0, 2.0]]), np.ones((1, 2)), "full").scatter.item()
    2.0
    """
    weight = share.sum(axis=1)
    mean = np.divide(share @ x.T, weight[:, None], out=np.zeros((len(weight), len(x))), where=weight[:, None] > 0)
    about, directly = _WAYS[scatter_kind]
    raw = about(x, share)
    scatter = raw - outer(weight, mean, scatter_kind)
    far = np.flatnonzero(~(_variances(scatter) >= LEAST_LEFT * _variances(raw)).all(axis=1))
    if len(far):
        scatter[far] = directly(x, share, mean, far)
    return Stats(weight, mean, scatter, loglik, assignment_logprob)


def _variances(scatter: Array) -> Array:
    """The diagonals of a scatter of any kind, (m, d)."""
    return scatter if scatter.ndim == 2 else np.diagonal(scatter, axis1=1, axis2=2)


def _products(x: Array, share: Array) -> Array:
    """Sums of outer products, (k, d, d): all by one matrix product, or one by one where there are many columns."""
    d = len(x)
    if d > FEW:
        return np.stack([_square(np.sqrt(own) * x) for own in share])
    below = _below(d)
    pairs = np.concatenate([x[: i + 1] * x[i] for i in range(d)])
    scatter = np.empty((len(share), d, d))
    scatter[:, below[0], below[1]] = scatter[:, below[1], below[0]] = share @ pairs.T
    return scatter


@cache
def _below(d: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Rows and columns of a lower triangle, which is asked for again and again."""
    return np.tril_indices(d)


def _square(z: Array) -> Array:
    """Product of z and z': NumPy sees the same array twice and computes one triangle."""
    return z @ z.T


def _centred(x: Array, share: Array, mean: Array, which: Array) -> Array:
    """Sums of outer products of deviations of some components, (m, d, d)."""
    return np.stack([_square(np.sqrt(share[j]) * (x - mean[j, :, None])) for j in which])


def _pooled(x: Array, share: Array) -> Array:
    """All components' sums about one point: the rows' own, whoever they belong to, (1, d, d)."""
    return _square(np.sqrt(share.sum(axis=0)) * x)[None]


def _pooled_centred(x: Array, share: Array, mean: Array, which: Array) -> Array:
    """Each component's sum about its own mean, all together, (1, d, d)."""
    total = np.zeros((len(which), len(x), len(x)))
    for j in range(len(share)):
        total += _centred(x, share, mean, np.array([j]))
    return total


def _squares(x: Array, share: Array) -> Array:
    """Sums of squares, (k, d)."""
    return share @ (x * x).T


def _centred_squares(x: Array, share: Array, mean: Array, which: Array) -> Array:
    """Sums of squares of deviations of some components, (m, d)."""
    return np.stack([(x - mean[j, :, None]) ** 2 @ share[j] for j in which])


# For each need: sums about the origin, and about means.
_WAYS: dict[ScatterKind, tuple[Callable[..., Array], Callable[..., Array]]] = {
    "full": (_products, _centred),
    "pooled": (_pooled, _pooled_centred),
    "diagonal": (_squares, _centred_squares),
}
