"""The floor and the ridge of covariances."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mixtura._support import Array, as_amount
from mixtura.data import EPS
from mixtura.stats import Stats, as_scatter

# Below this fraction of the data's variance rounding makes the log-likelihood fall by more than 1e-7 of itself.
LEAST_FLOOR = 1e-10

# Least variance of a component in units of the squared rounding unit. Rounding itself adds 1/12 (Sheppard), but normals
# of that variance on the rounded values are likelier than the smooth density, by log(1 + 2 exp(-2 pi^2 v)) a row and
# column for a variance v: 0.33 for 1/12, 0.014 for 1/4.
ROUNDING_VARIANCE = 0.25


def as_floor(value: Any) -> float:
    """Check the least variance of a component, as a fraction of the data's: at least `LEAST_FLOOR`.

    Examples
    --------
    >>> as_floor(0)
    1e-10
    """
    return max(as_amount(value, "floor"), LEAST_FLOOR)


def floor_variances(scale: Array, relative: float, unit: Array | float = 0.0) -> Array:
    """Least variances, (d,): a fraction of the data's, and what a column's rounding unit gives, whichever is larger.

    Examples
    --------
    >>> floor_variances(np.array([4.0, 1.0]), 1e-6, np.array([0.0, 0.5])).tolist()
    [4e-06, 0.0625]
    """
    return np.maximum(scale * relative, ROUNDING_VARIANCE * np.square(unit))


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
        weight, equal_covariances(np.full(stats.mean.shape[1], amount), stats), stats.scatter_kind
    )
    return replace(stats, weight=weight, scatter=scatter)


def equal_covariances(variances: Array, stats: Stats) -> Array:
    """Variances (d,) as covariances of every component, in the form that the scatter has: (k, d) or (k, d, d)."""
    one = variances if stats.scatter_kind == "diagonal" else np.diag(variances)
    return np.broadcast_to(one, (len(stats.weight), *one.shape))
