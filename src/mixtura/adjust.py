"""What is done to statistics before the M-step: ridge, floor, and the repair of collapsed components."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura import kernels
from mixtura._support import Array, Rows, as_amount
from mixtura.covariance.models import Family
from mixtura.data import Source
from mixtura.iterate import Iterate
from mixtura.stats import Stats, as_scatter

EPS = float(np.finfo(np.float64).eps)

# Below this a variance, and what is a fraction of it, loses its digits; such a column counts as constant.
SMALLEST = 1e-280

# A component that holds less than half a point is dead.
DEAD = 0.5

# Rows looked at when a component is put where the mixture fits worst.
CANDIDATES = 2000


# Below this fraction of the data's variance rounding makes the log-likelihood fall by more than 1e-7 of itself.
LEAST_FLOOR = 1e-10


class Action(Enum):
    """What was done to a collapsed component."""

    RESEEDED = "re-seeded"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair of one component, numbered as at the start, before the given EM iteration."""

    iteration: int
    component: int
    action: Action
    points: float

    def __str__(self) -> str:
        return (
            f"component {self.component} {self.action.value} at iteration {self.iteration} ({self.points:.3g} points)"
        )


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
    scatter = stats.scatter + as_scatter(weight, _equal(np.full(stats.mean.shape[1], amount), stats), stats.needs)
    return replace(stats, weight=weight, scatter=scatter)


def _equal(variances: Array, stats: Stats) -> Array:
    """Variances (d,) as covariances of every component, in the form that the scatter has: (k, d) or (k, d, d)."""
    one = variances if stats.needs == "diagonal" else np.diag(variances)
    return np.broadcast_to(one, (len(stats.weight), *one.shape))


def points(stats: Stats, n_rows: int) -> Array:
    """How many rows each component holds, (k,).

    A weight of 3 counts three rows; weights that sum to less than the number of rows are relative.
    """
    return stats.weight * max(1.0, n_rows / stats.total)


def collapsed(iterate: Iterate, family: Family, n_rows: int) -> NDArray[np.bool_]:
    """Which components to repair: dead ones, and those that lie on too few points to have a covariance.

    Where there are too few rows for so many components to begin with, those of the second kind are left on
    the floor, since moving them about cannot help.
    """
    held = points(iterate.stats, n_rows)
    k, d = iterate.stats.mean.shape
    if held.min() >= DEAD and not iterate.low.any():
        return np.zeros(k, dtype=bool)
    needed = family.least_points(d)
    starved = iterate.low & (held < needed) if held.sum() >= k * needed else np.zeros(k, dtype=bool)
    return (starved | (held < DEAD)) & (k > 1)


def reseed(stats: Stats, which: NDArray[np.bool_], rows: Rows, fitness: Array, scale: Array) -> Stats:
    """Put components where the mixture fits worst: on the rows of least ``fitness``, each on another value.

    Each gets an equal share of the weight, and the data's variances shrunk by k^(-2/d), the volume that one of
    k components would have.
    """
    k, d = stats.mean.shape
    values, first = np.unique(rows, axis=0, return_index=True)
    worst = values[np.argsort(fitness[first], kind="stable")]
    weight, mean = stats.weight.copy(), stats.mean.copy()
    weight[which] = stats.total / k
    count = int(which.sum())
    mean[which] = worst[np.arange(count) % len(worst)]
    fresh = as_scatter(weight[which], _equal(scale * k ** (-2 / d), stats)[which], stats.needs)
    if stats.needs == "pooled":
        scatter = stats.select(~which).scatter + fresh
    else:
        scatter = stats.scatter.copy()
        scatter[which] = fresh
    return replace(stats, weight=weight, mean=mean, scatter=scatter)
