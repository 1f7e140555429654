"""Rows that are noise, by the distance of their nearest neighbours (Byers & Raftery 1998, JASA 93, 577-584)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import TINY, Array, LazyModule, as_count, as_rows, thread_count, underflow_to_zero

spatial = LazyModule("scipy.spatial")

# Fractions of the rows, the densest ones, that belong to the denser process at each start of EM; the end of highest
# likelihood counts.
DENSE_FRACTIONS = (0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99)

# Largest number of iterations, and the relative rise of the log-likelihood at which they end.
MAX_ITER, TOL = 1000, 1e-9

# Sums of volumes are at least this, since the volume is zero for rows that occur more than k times.
LEAST_VOLUME = 1e-100


@underflow_to_zero
def find_noise(X: Any, neighbours: int = 12) -> NDArray[np.bool_]:
    """Find rows of noise: those of the sparser of two Poisson processes, by the distance of their k-th neighbour.

    Under a Poisson process the volume of the ball that reaches to a row's k-th nearest neighbour has a gamma
    distribution, so that the volumes of all rows are a mixture of two gamma distributions. Columns are divided by their
    standard deviations first, so that units do not matter.

    Parameters
    ----------
    X : array-like or table of shape (n, d)
    neighbours : int
        The k, at least 1: the larger, the smoother are the regions found.

    Returns
    -------
    ndarray of bool, (n,)
        Whether a row is noise; `mixtura.fit` takes it as ``noise``.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows = np.concatenate([rng.normal(size=(200, 2)), rng.uniform(-20, 20, size=(100, 2))])
    >>> found = find_noise(rows)
    >>> bool(found[:200].mean() < 0.05), bool(found[200:].mean() > 0.9)
    (True, True)
    """
    rows = as_rows(X).astype(np.float64)
    k = min(as_count(neighbours, "neighbours"), len(rows) - 1)
    if k < 1:
        return np.zeros(len(rows), dtype=bool)
    deviation = rows.std(axis=0)
    rows = (rows - rows.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    distance = spatial.cKDTree(rows).query(rows, k + 1, workers=thread_count())[0][:, -1]
    # Relative to the largest, no volume overflows; with very many columns some may become zero.
    if not distance.any():
        return np.zeros(len(rows), dtype=bool)
    with np.errstate(under="ignore"):
        volume = (distance / distance.max()) ** rows.shape[1]
    ends = [_two_processes(volume, k, part) for part in DENSE_FRACTIONS]
    return max(ends, key=lambda end: end[0])[1]


def _two_processes(volume: Array, k: int, part: float) -> tuple[float, NDArray[np.bool_]]:
    """EM for two gamma distributions of shape k, from the fraction ``part`` of least volumes as the denser process.

    Returns the log-likelihood up to a constant, and which rows, (n,), more probably belong to the sparser process.
    """
    dense = (volume <= np.quantile(volume, part)).astype(np.float64)
    loglik = -np.inf
    for _ in range(MAX_ITER):
        weight = np.array([dense.sum(), len(dense) - dense.sum()])
        rates = k * weight / np.maximum([dense @ volume, (1 - dense) @ volume], LEAST_VOLUME)
        logs = np.log(np.maximum(weight / len(dense), TINY)) + k * np.log(np.maximum(rates, TINY))
        joint = logs[:, None] - rates[:, None] * volume
        log_density = np.logaddexp(*joint)
        before, loglik = loglik, float(log_density.sum())
        with np.errstate(under="ignore"):
            dense = np.exp(joint[0] - log_density)
        if loglik - before <= TOL * abs(loglik):
            break
    return loglik, (dense < 0.5) == (rates[0] >= rates[1])
