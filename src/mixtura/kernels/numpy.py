"""The kernel on NumPy: a block of rows at a time, all components; what all other kernels are measured against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rows, Scalar, block_slices, map_in_order
from mixtura.data import Chunk, Sum
from mixtura.kernels.affine import Affine, Density
from mixtura.kernels.numpy_sums import sums, turned
from mixtura.stats import ScatterKind, Stats

# Squared distances that overflow stay finite, so that no row, however far, yields NaN.
_FARTHEST = 1e300

# With means within so many deviations of where rows are seen from, squares may be multiplied out: log-densities lose
# their twelfth digit.
_NEAR = 30.0

# Whitened rows of so many dimensions, of several components together, make one matrix product.
_TOGETHER = 128


def level() -> str:
    """The instruction set in use is for NumPy and BLAS to choose."""
    return "BLAS"


def sum_over_blocks(f: Callable[[Chunk], Sum], width: int = 1) -> Callable[[Chunk], Sum]:
    """Make what a chunk leaves behind from what its blocks do, whose scratch arrays stay in the cache.

    ``width`` is the number of columns of such an array, where it is more than the rows'.
    """

    def over(chunk: Chunk) -> Sum:
        n, d = chunk.rows.shape
        return reduce(add, map(f, chunk.parts(block_slices(n, max(d, width)))))

    return over


def _width(mixture: Density) -> int:
    """The number of columns that a block's scratch arrays have."""
    k = len(mixture.affine.constants)
    return k if _near(mixture.affine) else max(k, min(k * mixture.n_features, _TOGETHER))


def _near(affine: Affine) -> bool:
    """Whether squares may be multiplied out."""
    return affine.form == "diagonal" and bool(np.abs(affine.offsets).max() <= _NEAR)


def _log_joint(affine: Affine, x: Array) -> Array:
    """Log of w_k N(x | m_k, S_k) for each component and shifted row (d, n), (k, n)."""
    with np.errstate(over="ignore", invalid="ignore"):
        joint = _multiplied_out(affine, x) if _near(affine) else _distances(affine, x)
    np.fmin(joint, _FARTHEST, out=joint)  # where infinities cancel, too
    joint *= -0.5
    joint += affine.constants[:, None]
    return joint


def _distances(affine: Affine, x: Array) -> Array:
    """Squared distances of rows (d, n) from each component, in its deviations, (k, n)."""
    if affine.form == "shared":
        x = affine.factors[0].T @ x
    distance = np.empty((len(affine.constants), x.shape[1]))
    step = max(1, _TOGETHER // len(x))
    for first in range(0, len(distance), step):
        some = slice(first, first + step)
        white = _whitened(affine, x, some)
        np.square(white, out=white)
        np.sum(white, axis=1, out=distance[some])
    return distance


def _multiplied_out(affine: Affine, x: Array) -> Array:
    """The same where variances are along the columns, by products of matrices."""
    factors, offsets = affine.factors, affine.offsets
    distance = (factors * factors) @ (x * x)
    distance -= (2 * factors * offsets) @ x
    distance += (offsets * offsets).sum(axis=1)[:, None]
    return np.maximum(distance, 0, out=distance)


def _whitened(affine: Affine, x: Array, some: slice) -> Array:
    """Deviations from some components' means, whitened, (m, d, n); ``x`` is white already where they share a factor."""
    offsets = affine.offsets[some, :, None]
    if affine.form == "shared":
        return x - offsets
    factors = affine.factors[some]
    if affine.form == "diagonal":
        white = factors[:, :, None] * x
    else:
        white = (factors.swapaxes(1, 2).reshape(-1, len(x)) @ x).reshape(*factors.shape[:2], -1)
    white -= offsets
    return white


def _bayes(joint: Array) -> tuple[Array, Array, Array]:
    """Bayes' rule in place: responsibilities (k, n), log-density (n,) and log of the largest term (n,)."""
    largest = joint.max(axis=0)
    joint -= largest
    with np.errstate(under="ignore"):  # what is far below the largest term is zero
        np.exp(joint, out=joint)
        total = joint.sum(axis=0)
        joint /= total
    return joint, largest + np.log(total), largest


def estep(mixture: Density, chunk: Chunk, scatter_kind: ScatterKind) -> Stats:
    """Responsibilities of a chunk's rows, summed up at once; nothing of size n x k outlives a block.

    Returns
    -------
    Stats
        For the next M-step; its ``loglik`` and ``assignment_logprob`` are those of ``mixture``.

    Examples
    --------
    >>> from mixtura import DenseCovariance, Mixture
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [4.0]], DenseCovariance(np.ones((1, 1, 1)), 2))
    >>> estep(mixture, Chunk(np.array([[2.0]])), "full").weight.tolist()
    [0.5, 0.5]
    """
    affine = mixture.affine
    if not len(chunk.rows):
        return Stats.empty(len(affine.means), mixture.n_features, scatter_kind)

    def block_estep(block: Chunk) -> Stats:
        x = turned(block, affine.shift)
        share, density, largest = _bayes(_log_joint(affine, x))
        loglik = float(block.weigh(density).sum())
        assignment_logprob = float(block.weigh(largest - density).sum())
        if block.sample_weight is not None:
            share *= block.sample_weight
        return sums(x, share, scatter_kind, loglik, assignment_logprob)

    found = sum_over_blocks(block_estep, _width(mixture))(chunk)
    return replace(found, mean=found.mean + affine.shift)


def moments(chunk: Chunk) -> Stats:
    """Weight, mean and sum of squares of each column: one component that holds all rows."""
    return sum_over_blocks(lambda block: accumulate(block, np.ones((len(block.rows), 1)), "diagonal"))(chunk)


def _by_block(mixture: Density, rows: Rows, f: Callable[[Array], NDArray[Scalar]]) -> NDArray[Scalar]:
    """What ``f`` makes of the log joint (k, n) of each block of rows, put together."""
    affine = mixture.affine
    parts = list(Chunk(rows).parts(block_slices(len(rows), max(mixture.n_features, _width(mixture)))))
    made = map_in_order(lambda part: f(_log_joint(affine, turned(part, affine.shift))), parts)
    return np.concatenate(made) if made else f(np.zeros((len(affine.constants), 0)))


def log_density(mixture: Density, rows: Rows) -> Array:
    """Log-density of each row, (n,)."""
    return _by_block(mixture, rows, lambda joint: _bayes(joint)[1])


def posterior(mixture: Density, rows: Rows) -> Array:
    """Responsibilities, (n, k)."""
    return _by_block(mixture, rows, lambda joint: np.ascontiguousarray(_bayes(joint)[0].T))


def labels(mixture: Density, rows: Rows) -> NDArray[np.int64]:
    """Most probable component of each row, (n,); the first where several tie."""
    return _by_block(mixture, rows, lambda joint: joint.argmax(axis=0).astype(np.int64))


def accumulate(chunk: Chunk, share: Array, scatter_kind: ScatterKind) -> Stats:
    """Weighted means, and scatter about them, of a chunk's rows shared out among components.

    Parameters
    ----------
    chunk : Chunk
    share : ndarray of shape (n, k)
        Responsibilities.
    needs : {"full", "pooled", "diagonal"}

    Examples
    --------
    >>> accumulate(Chunk(np.array([[0.0], [2.0]])), np.ones((2, 1)), "full").scatter.item()
    2.0
    """
    # Any point among the rows will do as origin: products then stay exact far from zero.
    origin = chunk.rows[0].astype(np.float64)
    found = sums(turned(chunk, origin), np.ascontiguousarray(chunk.weigh(share).T), scatter_kind)
    return Stats(found.weight, found.mean + origin, found.scatter, 0.0, 0.0)
