"""The kernel in NumPy, which computes a block of rows at a time; the tests compare all other kernels with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Scalar, block_slices, map_in_order, underflow_to_zero
from mixtura.data import Chunk, Sum
from mixtura.kernels.affine import MAX_DISTANCE, Affine, Density
from mixtura.kernels.numpy_sums import transpose_rows, weighted_sums
from mixtura.stats import ScatterKind, Stats

# Squared distances are expanded, x^2 - 2 x m + m^2, if all means are within this many standard deviations of the shift;
# log-densities then have eleven correct digits.
_EXPANSION_LIMIT = 30.0

# Rows are whitened for several components in one matrix product, whose result has about this many columns at most.
_PRODUCT_WIDTH = 128


def level() -> str:
    """Name of the instruction set in use, which NumPy and BLAS choose by themselves."""
    return "BLAS"


def sum_over_blocks(f: Callable[[Chunk], Sum], width: int = 1) -> Callable[[Chunk], Sum]:
    """A function of a chunk that sums ``f`` over blocks of its rows, whose temporary arrays stay in the cache.

    ``width`` is the number of columns of a block's temporary arrays, where they have more than the rows.
    """

    def sum_chunk(chunk: Chunk) -> Sum:
        n, d = chunk.rows.shape
        return reduce(add, map(f, chunk.parts(block_slices(n, max(d, width)))))

    return sum_chunk


def block_width(mixture: Density) -> int:
    """Number of columns of a block's temporary arrays under a mixture."""
    k = len(mixture.affine.constants)
    return k if _may_expand(mixture.affine) else max(k, min(k * mixture.n_features, _PRODUCT_WIDTH))


def _may_expand(affine: Affine) -> bool:
    """Whether squared distances may be expanded: the factors are diagonal and all means are near the shift."""
    return affine.form == "diagonal" and bool(np.abs(affine.offsets).max() <= _EXPANSION_LIMIT)


def squared_mahalanobis(affine: Affine, x: Array) -> Array:
    """Squared Mahalanobis distances from each mean, (k, n); columns of x (d, n) are rows less the shift."""
    with np.errstate(over="ignore", invalid="ignore"):
        distance = _expanded_distances(affine, x) if _may_expand(affine) else _distances(affine, x)
    return np.fmin(distance, MAX_DISTANCE, out=distance)  # also replaces NaN, the difference of two infinities


def _log_joint(affine: Affine, x: Array) -> Array:
    """Log w_j N(x | m_j, S_j) of each component j at each row, (k, n); columns of x (d, n) are rows less the shift."""
    joint = squared_mahalanobis(affine, x)
    joint *= -0.5
    joint += affine.constants[:, None]
    return joint


def _distances(affine: Affine, x: Array) -> Array:
    """Squared Mahalanobis distances of shifted rows (d, n) from each component's mean, (k, n)."""
    if affine.form == "shared":
        x = affine.factors[0].T @ x
    distance = np.empty((len(affine.constants), x.shape[1]))
    step = max(1, _PRODUCT_WIDTH // len(x))
    for first in range(0, len(distance), step):
        group = slice(first, first + step)
        white = _whiten(affine, x, group)
        np.square(white, out=white)
        np.sum(white, axis=1, out=distance[group])
    return distance


def _expanded_distances(affine: Affine, x: Array) -> Array:
    """Squared Mahalanobis distances for diagonal factors, (k, n), with squares expanded into matrix products."""
    factors, offsets = affine.factors, affine.offsets
    distance = (factors * factors) @ (x * x)
    distance -= (2 * factors * offsets) @ x
    distance += (offsets * offsets).sum(axis=1)[:, None]
    return np.maximum(distance, 0, out=distance)


def _whiten(affine: Affine, x: Array, group: slice) -> Array:
    """Whitened deviations from the means of m components, (m, d, n); a factor that all share was applied to ``x``."""
    offsets = affine.offsets[group, :, None]
    if affine.form == "shared":
        return x - offsets
    factors = affine.factors[group]
    if affine.form == "diagonal":
        white = factors[:, :, None] * x
    else:
        white = (factors.swapaxes(1, 2).reshape(-1, len(x)) @ x).reshape(*factors.shape[:2], -1)
    white -= offsets
    return white


def bayes(joint: Array) -> tuple[Array, Array, Array]:
    """Bayes' rule from log w_j p_j(x_i), (k, n), which is overwritten.

    Returns responsibilities (k, n), log-densities (n,), and the largest term of each row (n,).
    """
    largest = joint.max(axis=0)
    joint -= largest
    with np.errstate(under="ignore"):  # terms far below the largest one become zero, as they should
        np.exp(joint, out=joint)
        total = joint.sum(axis=0)
        joint /= total
    return joint, largest + np.log(total), largest


@underflow_to_zero
def estep(mixture: Density, chunk: Chunk, scatter_kind: ScatterKind) -> Stats:
    """The E-step: sufficient statistics of a chunk's rows; responsibilities are stored for one block at a time.

    Returns
    -------
    Stats
        For the next M-step; its ``loglik`` and ``assignment_logprob`` are of the rows under ``mixture``.

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
        x = transpose_rows(block, affine.shift)
        responsibilities, density, largest = bayes(_log_joint(affine, x))
        loglik = float(block.weigh(density).sum())
        assignment_logprob = float(block.weigh(largest - density).sum())
        if block.sample_weight is not None:
            responsibilities *= block.sample_weight
        return weighted_sums(x, responsibilities, scatter_kind, loglik, assignment_logprob)

    found = sum_over_blocks(block_estep, block_width(mixture))(chunk)
    return replace(found, mean=found.mean + affine.shift)


@underflow_to_zero
def moments(chunk: Chunk) -> Stats:
    """Weight, mean and diagonal scatter of a chunk's rows, as statistics of one component."""
    return sum_over_blocks(lambda block: accumulate(block, np.ones((len(block.rows), 1)), "diagonal"))(chunk)


@underflow_to_zero
def by_block(
    mixture: Density,
    chunk: Chunk,
    f: Callable[[Array], NDArray[Scalar]],
    log_joint: Callable[[Affine, Array], Array] = _log_joint,
) -> NDArray[Scalar]:
    """Concatenated results of ``f`` for blocks of rows, each given as log w_j p_j(x_i), (k, n)."""
    affine = mixture.affine
    parts = list(Chunk(chunk.rows).parts(block_slices(len(chunk.rows), max(mixture.n_features, block_width(mixture)))))
    results = map_in_order(lambda part: f(log_joint(affine, transpose_rows(part, affine.shift))), parts)
    return np.concatenate(results) if results else f(np.zeros((len(affine.constants), 0)))


def log_density(mixture: Density, chunk: Chunk) -> Array:
    """Log-density of each row, (n,)."""
    return by_block(mixture, chunk, lambda joint: bayes(joint)[1])


def posterior(mixture: Density, chunk: Chunk) -> Array:
    """Responsibilities of the components for each row, (n, k)."""
    return by_block(mixture, chunk, lambda joint: np.ascontiguousarray(bayes(joint)[0].T))


def labels(mixture: Density, chunk: Chunk) -> NDArray[np.int64]:
    """Most probable component of each row, (n,); the first where several tie."""
    return by_block(mixture, chunk, lambda joint: joint.argmax(axis=0).astype(np.int64))


@underflow_to_zero
def accumulate(chunk: Chunk, responsibilities: Array, scatter_kind: ScatterKind) -> Stats:
    """Sufficient statistics of a chunk's rows with given responsibilities.

    Parameters
    ----------
    chunk : Chunk
    responsibilities : ndarray of shape (n, k)
    scatter_kind : {"full", "pooled", "diagonal"}

    Returns
    -------
    Stats
        Its ``loglik`` and ``assignment_logprob``, which responsibilities alone do not determine, are zero.

    Examples
    --------
    >>> accumulate(Chunk(np.array([[0.0], [2.0]])), np.ones((2, 1)), "full").scatter.item()
    2.0
    """
    # With a point among the rows as origin, products keep their digits when the data lies far from zero.
    origin = chunk.rows[0].astype(np.float64)
    found = weighted_sums(
        transpose_rows(chunk, origin), np.ascontiguousarray(chunk.weigh(responsibilities).T), scatter_kind
    )
    return Stats(found.weight, found.mean + origin, found.scatter, 0.0, 0.0)
