"""The kernel on NumPy: a block of rows at a time, all components; what all other kernels are measured against."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from mixtura.data import Array, Chunk, Rows, Scalar, blocks
from mixtura.density import Density
from mixtura.logdomain import log_sum_exp, responsibilities
from mixtura.stats import Needs, Stats


def level() -> str:
    """The instruction set in use is for NumPy and BLAS to choose."""
    return "BLAS"


def blocked(f: Callable[[Chunk], Stats], width: int = 1) -> Callable[[Chunk], Stats]:
    """Make a chunk's statistics from those of its blocks, whose scratch arrays stay in the cache.

    ``width`` is the number of columns of such an array, where it is more than the rows'.
    """

    def over(chunk: Chunk) -> Stats:
        n, d = chunk.rows.shape
        return reduce(add, map(f, chunk.parts(blocks(n, max(d, width)))))

    return over


def estep(mixture: Density, chunk: Chunk, needs: Needs) -> Stats:
    """Responsibilities of a chunk's rows, summed up at once; nothing of size n x k outlives a block.

    Returns
    -------
    Stats
        For the next M-step; its ``loglik`` and ``certainty`` are those of ``mixture``.

    Examples
    --------
    >>> from mixtura import Dense, Mixture
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [4.0]], Dense(np.ones((1, 1, 1)), 2))
    >>> estep(mixture, Chunk(np.array([[2.0]])), "full").weight.tolist()
    [0.5, 0.5]
    """
    if not len(chunk.rows):
        return Stats.empty(mixture.n_components, mixture.n_features, needs)

    def block_estep(block: Chunk) -> Stats:
        share, density, largest = responsibilities(mixture.log_joint(block.rows))
        loglik = float(block.weigh(density).sum())
        certainty = float(block.weigh(largest - density).sum())
        return accumulate(block, share, needs, loglik=loglik, certainty=certainty)

    return blocked(block_estep)(chunk)


def moments(chunk: Chunk) -> Stats:
    """Weight, mean and sum of squares of each column: one component that holds all rows."""
    return blocked(lambda block: accumulate(block, np.ones((len(block.rows), 1)), "diagonal"))(chunk)


def _by_block(mixture: Density, rows: Rows, f: Callable[[Array], NDArray[Scalar]]) -> NDArray[Scalar]:
    """What ``f`` makes of the log joint of each block of rows, put together."""
    cuts = blocks(len(rows), max(mixture.n_features, mixture.n_components))
    parts = [f(mixture.log_joint(rows[cut])) for cut in cuts]
    return np.concatenate(parts) if parts else f(np.empty((0, mixture.n_components)))


def log_density(mixture: Density, rows: Rows) -> Array:
    """Log-density of each row, (n,)."""
    return _by_block(mixture, rows, lambda joint: log_sum_exp(joint)[0])


def posterior(mixture: Density, rows: Rows) -> Array:
    """Responsibilities, (n, k)."""
    return _by_block(mixture, rows, lambda joint: responsibilities(joint)[0])


def labels(mixture: Density, rows: Rows) -> NDArray[np.int64]:
    """Most probable component of each row, (n,); the first where several tie."""
    return _by_block(mixture, rows, lambda joint: joint.argmax(axis=1).astype(np.int64))


def accumulate(chunk: Chunk, share: Array, needs: Needs, *, loglik: float = 0.0, certainty: float = 0.0) -> Stats:
    """Weighted means, and scatter about them, of a chunk's rows shared out among components.

    Parameters
    ----------
    chunk : Chunk
    share : ndarray of shape (n, k)
        Responsibilities.
    needs : {"full", "diagonal"}

    Examples
    --------
    >>> accumulate(Chunk(np.array([[0.0], [2.0]])), np.ones((2, 1)), "full").scatter.item()
    2.0
    """
    share = chunk.weigh(share)
    # Any point among the rows will do as origin: products then stay exact far from zero.
    origin = chunk.rows[0].astype(np.float64)
    shifted = chunk.rows - origin
    weight = share.sum(axis=0)
    mean = np.divide(
        share.T @ shifted, weight[:, None], out=np.zeros((len(weight), shifted.shape[1])), where=weight[:, None] > 0
    )
    scatter = Stats.empty(len(weight), shifted.shape[1], needs).scatter
    for j in range(len(weight)):
        delta = shifted - mean[j]
        if needs == "full":
            delta *= np.sqrt(share[:, j])[:, None]
            scatter[j] = delta.T @ delta  # NumPy sees the same array twice and computes one triangle
        else:
            scatter[j] = share[:, j] @ delta**2
    return Stats(weight, mean + origin, scatter, loglik, certainty)
