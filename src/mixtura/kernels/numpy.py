"""The E-step on NumPy: one block of rows, all components."""

from __future__ import annotations

import numpy as np

from mixtura.data import Array, Chunk
from mixtura.logdomain import responsibilities
from mixtura.mixture import Mixture
from mixtura.stats import Needs, Stats


def estep(mixture: Mixture, chunk: Chunk, needs: Needs) -> Stats:
    """Responsibilities of a chunk's rows, summed up at once; nothing of size n x k outlives the call.

    Returns
    -------
    Stats
        For the next M-step; its ``loglik`` and ``certainty`` are those of ``mixture``.

    Examples
    --------
    >>> from mixtura import Dense
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [4.0]], Dense(np.ones((1, 1, 1)), 2))
    >>> estep(mixture, Chunk(np.array([[2.0]])), "full").weight.tolist()
    [0.5, 0.5]
    """
    share, density, largest = responsibilities(mixture.log_joint(chunk.rows))
    loglik = float(chunk.weigh(density).sum())
    certainty = float(chunk.weigh(largest - density).sum())
    return accumulate(chunk, share, needs, loglik=loglik, certainty=certainty)


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
