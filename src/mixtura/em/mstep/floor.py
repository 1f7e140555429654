"""The floor and the ridge of covariances, and the data's scale that they go by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mixtura import kernels
from mixtura._support import Array, as_amount
from mixtura.data import Source
from mixtura.stats import Stats, as_scatter

EPS = float(np.finfo(np.float64).eps)

# Below this a variance, and what is a fraction of it, loses its digits; such a column counts as constant.
SMALLEST = 1e-280


# Below this fraction of the data's variance rounding makes the log-likelihood fall by more than 1e-7 of itself.
LEAST_FLOOR = 1e-10


def moments(source: Source) -> Stats:
    """Weight, mean and sum of squares of each column: one component that holds all rows."""
    return kernels.over(source, kernels.moments)


def scales(stats: Stats) -> Array:
    """Variance of each column, (d,); a constant column gets the mean of the others' (1 if all are constant)."""
    mean, variance = stats.mean[0], stats.scatter[0] / stats.total
    varies = variance > np.maximum((8 * EPS * np.abs(mean)) ** 2, SMALLEST)
    fallback = variance[varies].mean() if varies.any() else 1.0
    return np.where(varies, variance, fallback)


def as_floor(value: Any) -> float:
    """Check the least variance of a component, as a fraction of the data's: at least `LEAST_FLOOR`.

    Examples
    --------
    >>> as_floor(0)
    1e-10
    """
    return max(as_amount(value, "floor"), LEAST_FLOOR)


def floor_variances(scale: Array, relative: float) -> Array:
    """Least variances, (d,): a fraction of the data's.

    Examples
    --------
    >>> floor_variances(np.array([4.0, 1.0]), 1e-6).tolist()
    [4e-06, 1e-06]
    """
    return scale * relative


def ridge(stats: Stats, amount: float) -> Stats:
    """Add ``amount`` to every component's variances (scikit-learn's ``reg_covar``).

    The weight grows by 10 machine epsilons, as scikit-learn's does, so that an empty component gets a
    covariance, too (by less where all weights together are less than one row).

    Examples
    --------
    >>> ridge(Stats.empty(1, 1, "diagonal"), 0.5).scatter.item() / (10 * EPS)
    0.5
    """
    if not amount:
        return stats
    weight = stats.weight + 10 * EPS * min(1.0, stats.total or 1.0)
    scatter = stats.scatter + as_scatter(
        weight, _equal(np.full(stats.mean.shape[1], amount), stats), stats.scatter_kind
    )
    return replace(stats, weight=weight, scatter=scatter)


def _equal(variances: Array, stats: Stats) -> Array:
    """Variances (d,) as covariances of every component, in the form that the scatter has: (k, d) or (k, d, d)."""
    one = variances if stats.scatter_kind == "diagonal" else np.diag(variances)
    return np.broadcast_to(one, (len(stats.weight), *one.shape))
