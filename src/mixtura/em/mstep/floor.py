"""The floor, below which no covariance may fall, and the ridge, which is added to all covariances."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mixtura._support import EPS, Array, as_amount
from mixtura.stats import Stats, as_scatter

# With a floor below this fraction of the data's variance, rounding makes the log-likelihood fall by more than 1e-7 of
# itself.
LEAST_FLOOR = 1e-10

# Least variance of a component in units of the squared rounding unit. Rounding adds 1/12 (Sheppard), but narrow normals
# on the rounded values are likelier than the smooth density: by log(1 + 2 exp(-2 pi^2 v)) for each row and column, with
# v their variance; 0.33 for 1/12, 0.014 for 1/4.
ROUNDING_VARIANCE = 0.25


def as_floor(value: Any) -> float:
    """Check the least variance of a component, a fraction of the data's variance; raised to at least `LEAST_FLOOR`.

    Examples
    --------
    >>> as_floor(0)
    1e-10
    """
    return max(as_amount(value, "floor"), LEAST_FLOOR)


def floor_variances(scale: Array, relative: float, unit: Array | float = 0.0) -> Array:
    """Least variances of a component, (d,): the fraction ``relative`` of the data's variances ``scale``, (d,).

    They are larger if the rounding unit of a column requires it: at least `ROUNDING_VARIANCE` times its square.

    Examples
    --------
    >>> floor_variances(np.array([4.0, 1.0]), 1e-6, np.array([0.0, 0.5])).tolist()
    [4e-06, 0.0625]
    """
    return np.maximum(scale * relative, ROUNDING_VARIANCE * np.square(unit))


def ridge(stats: Stats, amount: float) -> Stats:
    """Statistics that give every component's variances an additional ``amount`` (scikit-learn's ``reg_covar``).

    Weights grow by 10 machine epsilons, as in scikit-learn, so that an empty component gets a covariance, too; by less
    if all weights sum to less than one.

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


def pull_to_zero(stats: Stats, amount: float) -> Array:
    """By what part of themselves each component's variances grow by 10 machine epsilons of weight at zero, (k,).

    So much do scikit-learn's variances depend on where zero is; ``amount`` is its ``reg_covar``.

    Examples
    --------
    >>> stats = Stats(np.array([0.5, 1e-9]), np.array([[3.0], [3.0]]), np.array([[0.5], [1e-9]]), 0.0, 0.0)
    >>> (pull_to_zero(stats, 0.0) > 1e-7).tolist()
    [False, True]
    """
    scatter = stats.scatter if stats.scatter_kind == "diagonal" else np.diagonal(stats.scatter, axis1=1, axis2=2)
    if stats.scatter_kind == "pooled":
        scatter = scatter * (stats.weight / (stats.total or 1.0))[:, None]
    spread = scatter + amount * stats.weight[:, None]
    pull = np.divide(10 * EPS * stats.mean**2, spread, out=np.full_like(stats.mean, np.inf), where=spread > 0)
    return np.asarray(pull.max(axis=1))


def equal_covariances(variances: Array, stats: Stats) -> Array:
    """The same variances (d,) for every component, as (k, d) if the scatter is diagonal, else as matrices (k, d, d)."""
    one = variances if stats.scatter_kind == "diagonal" else np.diag(variances)
    return np.broadcast_to(one, (len(stats.weight), *one.shape))
