"""k-means, seeded by random rows that are far from each other (k-means++: Arthur & Vassilvitskii 2007)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mixtura._support import TINY, Array


def squared_distances(
    rows: Array, k: int, weight: Array | None, state: np.random.RandomState, trials: int = 1
) -> Array:
    """Squared distances of n rows from k of them that are drawn at random, (n, k).

    The k are drawn one after the other, with probability proportional to a row's weight times its squared distance from
    the nearest of those drawn before. Of ``trials`` rows drawn at a time, the one is taken that leaves the smallest sum
    of these products.

    Examples
    --------
    >>> squared_distances(np.array([[0.0], [0.0], [3.0]]), 2, None, np.random.RandomState(0)).tolist()
    [[0.0, 9.0], [0.0, 9.0], [9.0, 0.0]]
    """
    n = len(rows)
    counts = np.ones(n) if weight is None else weight
    distances, nearest = np.empty((n, k)), np.full(n, np.inf)
    chosen = np.array([state.choice(n, p=counts / counts.sum())])
    norms = np.einsum("ij,ij->i", rows, rows)
    for j in range(k):
        candidates = np.maximum(norms[:, None] - 2 * rows @ rows[chosen].T + norms[chosen], 0.0)
        candidates[chosen, np.arange(len(chosen))] = 0.0
        left = np.minimum(nearest[:, None], candidates)
        best = int(np.argmin(counts @ left)) if len(chosen) > 1 else 0
        distances[:, j], nearest = candidates[:, best], left[:, best]
        if j + 1 < k:
            mass = np.cumsum(counts * nearest)
            chosen = np.minimum(np.searchsorted(mass, state.uniform(size=trials) * mass[-1]), n - 1)
    return distances


def kmeans_clusters(
    rows: Array, k: int, weight: Array | None, state: np.random.RandomState, *, trials: int, iterations: int
) -> NDArray[np.intp]:
    """Clusters of the rows by at most some iterations of k-means (Lloyd 1982), seeded by `squared_distances`, (n,)."""
    counts = np.ones(len(rows)) if weight is None else weight
    labels = squared_distances(rows, k, weight, state, trials=trials).argmin(axis=1)
    for _ in range(iterations):
        members = np.zeros((len(rows), k))
        members[np.arange(len(rows)), labels] = counts
        total = members.sum(axis=0)
        means = (members.T @ rows) / np.maximum(total, TINY)[:, None]
        half = np.where(total > 0, (means**2).sum(axis=1) / 2, np.inf)  # an empty cluster stays empty
        before, labels = labels, np.argmax(rows @ means.T - half, axis=1)
        if np.array_equal(before, labels):
            break
    return labels


def trials_for(k: int) -> int:
    """The number of rows drawn at a time that scikit-learn uses, 2 + log k.

    Examples
    --------
    >>> trials_for(2), trials_for(20)
    (2, 4)
    """
    return 2 + int(math.log(k))
