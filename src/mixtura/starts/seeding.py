"""The seeding of k-means++: random rows that are far from each other (Arthur & Vassilvitskii 2007)."""

from __future__ import annotations

import numpy as np

from mixtura._support import Array


def squared_distances(rows: Array, k: int, weight: Array | None, state: np.random.RandomState) -> Array:
    """Squared distances of n rows from k of them that are drawn at random, (n, k).

    The k are drawn one after the other, with probability proportional to a row's weight times its squared distance from
    the nearest of those drawn before.

    Examples
    --------
    >>> squared_distances(np.array([[0.0], [0.0], [3.0]]), 2, None, np.random.RandomState(0)).tolist()
    [[0.0, 9.0], [0.0, 9.0], [9.0, 0.0]]
    """
    n = len(rows)
    counts = np.ones(n) if weight is None else weight
    distances, nearest = np.empty((n, k)), np.full(n, np.inf)
    chosen = state.choice(n, p=counts / counts.sum())
    for j in range(k):
        delta = rows - rows[chosen]
        distances[:, j] = np.einsum("ij,ij->i", delta, delta)
        nearest = np.minimum(nearest, distances[:, j])
        if j + 1 < k:
            mass = np.cumsum(counts * nearest)
            chosen = min(int(np.searchsorted(mass, state.uniform() * mass[-1])), n - 1)
    return distances
