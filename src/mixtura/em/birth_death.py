"""Components that appear in a stream of rows, where rows of low density concentrate, and components that vanish."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixtura._support import TINY, Array, Rows
from mixtura.covariance import DenseCovariance
from mixtura.em.mstep import MStep
from mixtura.em.stepwise import StepwiseState, change_components, keep_components
from mixtura.mixture import Mixture
from mixtura.stats import ScatterKind, Stats

# A row has low density if it lies outside the regions that hold this part of each component, as standard deviations.
LOW_DENSITY_Z = 3.719016  # 0.9999

# Of the rows around a new component, those within the region that holds 0.99 of it are its own.
OWN_Z = 2.326348

# Largest number of rows of low density that are kept, the latest ones.
MOST_LOW = 1000

# A new component has standard deviations of at most so many times those of the widest component, on average.
WIDEST = 2.0

# Chance that scattered rows lie as close together as those of a new component.
CHANCE = 1e-7

# How often the rows of a new component are found anew.
REFINEMENTS = 10


@dataclass(frozen=True, slots=True)
class ComponentEvent:
    """A component of a stream that was added or removed.

    Attributes
    ----------
    row : int
        Number of rows before it happened.
    component : int
        Number of the component; those of the start are numbered from 0, and no number is used twice.
    action : {"added", "removed"}
    rows : float
        Number of rows that the component held: those that led to it, or those that were left of it.

    Examples
    --------
    >>> print(ComponentEvent(30_150, 2, "added", 20.0))
    component 2 added after 30,150 rows (20 rows)
    """

    row: int
    component: int
    action: str
    rows: float

    def __str__(self) -> str:
        return f"component {self.component} {self.action} after {self.row:,} rows ({self.rows:.3g} rows)"


@dataclass(frozen=True, slots=True, eq=False)
class LowDensityRows:
    """The latest rows of low density, of which a new component may be made.

    Attributes
    ----------
    rows : ndarray of shape (m, d)
    weight : ndarray of shape (m,)
        Their sample weights.
    position : ndarray of shape (m,)
        Sum of the weights of all rows of the stream before them.
    untried : int
        Number of the last ones that have come since a component was sought.
    """

    rows: Array
    weight: Array
    position: Array
    untried: int = 0

    @classmethod
    def none(cls, d: int) -> LowDensityRows:
        """No rows, of d columns."""
        return cls(np.empty((0, d)), np.empty(0), np.empty(0))

    def take(self, which: NDArray[np.bool_], untried: int) -> LowDensityRows:
        """Some of the rows, a mask."""
        return LowDensityRows(self.rows[which], self.weight[which], self.position[which], untried)

    def extended(
        self, mixture: Mixture, rows: Rows, weight: Array | None, seen: float, memory: float
    ) -> LowDensityRows:
        """With those rows of a batch that have low density, without those beyond the memory."""
        low = mahalanobis_squares(mixture, rows).min(axis=1) > chi_squared_quantile(rows.shape[1], LOW_DENSITY_Z)
        own = np.ones(len(rows)) if weight is None else weight
        parts = (
            np.concatenate([self.rows, rows[low].astype(np.float64)]),
            np.concatenate([self.weight, own[low]]),
            np.concatenate([self.position, np.full(int(low.sum()), seen)]),
        )
        recent = parts[2] >= seen - memory
        recent[:-MOST_LOW] = False
        return LowDensityRows(*parts).take(recent, self.untried + int(low.sum()))


def mahalanobis_squares(mixture: Mixture, rows: Rows) -> Array:
    """Squared Mahalanobis distance of each row from each component, (n, k)."""
    k = mixture.n_components
    peaks, joint = mixture.affine.constants[:k], mixture.log_joint(rows)[:, :k]
    alive = np.isfinite(peaks)  # others have no weight
    return np.where(alive, 2 * (np.where(alive, peaks, 0.0) - np.where(alive, joint, 0.0)), np.inf)


def one_component(mean: Array, covariance: Array) -> Mixture:
    """The normal distribution with a mean (d,) and a covariance (d, d), as a mixture."""
    return Mixture(np.ones(1), mean[None], DenseCovariance(covariance[None], 1))


def chi_squared_quantile(d: int, z: float) -> float:
    """Quantile of the chi-squared distribution with d degrees of freedom, for a standard normal quantile z.

    It is accurate to 1 % up to 0.99, and at most 7 % too large for 0.9999 (Wilson & Hilferty 1931).

    Examples
    --------
    >>> round(chi_squared_quantile(4, 2.326348), 1)  # 13.28 in tables
    13.3
    """
    part = 2 / (9 * d)
    return d * (1 - part + z * math.sqrt(part)) ** 3


def least_rows_of_birth(d: int) -> int:
    """Least number of rows of which a component is made.

    Examples
    --------
    >>> least_rows_of_birth(1), least_rows_of_birth(20)
    (10, 42)
    """
    return max(10, 2 * (d + 1))


def try_birth(
    mstep: MStep, state: StepwiseState, low: LowDensityRows, memory: float
) -> tuple[StepwiseState, LowDensityRows, float]:
    """Make a component of rows of low density, if enough of them concentrate.

    Returns
    -------
    state : StepwiseState
        With one component more, the last, if one was made.
    low : LowDensityRows
        Those that are left.
    rows : float
        Number of rows of the new component; 0 if none was made.
    """
    least = least_rows_of_birth(low.rows.shape[1])
    if len(low.rows) < least or 2 * low.untried < least:
        return state, low, 0.0
    low = low.take(np.ones(len(low.rows), dtype=bool), 0)
    within = np.tensordot(state.mixture.weights, state.mixture.covariances.dense(), 1) / state.mixture.weights.sum()
    own, mean, covariance = find_group(low, within, least)
    if not _is_component(state, low, own, one_component(mean, covariance), memory):
        return state, low, 0.0
    rows = float(low.weight[own].sum())
    stats = with_new_component(state.stats, min(rows / memory, 0.5), mean, covariance, mstep.scatter_kind)
    return change_components(mstep, state, stats), low.take(~own, 0), rows


def find_group(low: LowDensityRows, within: Array, least: int) -> tuple[NDArray[np.bool_], Array, Array]:
    """The rows around the densest of the rows of low density, (m,), and their mean (d,) and covariance (d, d).

    Distances are first those by the mixture's covariance ``within`` components, (d, d), then those by the group's own,
    to which ``within`` is added with the weight of d + 2 rows.
    """
    rows, d = low.rows, low.rows.shape[1]
    white = np.linalg.solve(np.linalg.cholesky(within), (rows - rows.mean(axis=0)).T).T
    squares = (white**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * (white @ white.T)
    centre = int(np.argmin(np.partition(distances, least - 1, axis=1)[:, least - 1]))
    own = np.zeros(len(rows), dtype=bool)
    own[np.argsort(distances[centre], kind="stable")[:least]] = True
    for _ in range(REFINEMENTS):
        weight = low.weight[own]
        mean = np.average(rows[own], axis=0, weights=weight)
        away = rows[own] - mean
        covariance = ((weight[:, None] * away).T @ away + (d + 2) * within) / (weight.sum() + d + 2)
        near = mahalanobis_squares(one_component(mean, covariance), rows)[:, 0]
        before, own = own, near <= chi_squared_quantile(d, OWN_Z)
        if own.sum() < least:
            return before, mean, covariance
        if (own == before).all():
            break
    return own, mean, covariance


def _is_component(
    state: StepwiseState, low: LowDensityRows, own: NDArray[np.bool_], group: Mixture, memory: float
) -> bool:
    """Whether a group of rows of low density is a component: narrow, likelier than before, and dense.

    The likelihood of the remembered rows must rise by more than BIC asks for a component's parameters, and the group
    must hold more rows than chance explains where the other rows of low density are scattered.
    """
    d = low.rows.shape[1]
    widest = state.mixture.covariances.logdet().max() + 2 * d * math.log(WIDEST)
    if group.covariances.logdet()[0] > widest:
        return False
    rows, weight = low.rows[own], low.weight[own]
    held, parameters = float(weight.sum()), 1 + d + d * (d + 1) / 2
    fraction = min(held / memory, 0.5)
    rise = group.logpdf(rows) + math.log(fraction) - state.mixture.logpdf(rows)
    gain = float(weight @ rise) + memory * math.log1p(-fraction)
    return gain > parameters / 2 * math.log(memory) and _is_dense(state.mixture, low, own, group)


def _is_dense(mixture: Mixture, low: LowDensityRows, own: NDArray[np.bool_], group: Mixture) -> bool:
    """Whether so many rows lie in the region of a group by less than a small chance, given the other rows.

    The others are taken for uniform over the range of all rows of low density and the mixture's means. Chernoff's bound
    of the Poisson distribution is used, for as many regions as there are rows.
    """
    d, count = low.rows.shape[1], int(own.sum())
    everywhere = np.concatenate([low.rows, mixture.means])
    log_volume = float(np.log(np.maximum(np.ptp(everywhere, axis=0), TINY)).sum())
    radius = math.log(math.pi * chi_squared_quantile(d, OWN_Z))
    log_region = d / 2 * radius - math.lgamma(d / 2 + 1) + float(group.covariances.logdet()[0]) / 2
    expected = (len(low.rows) - count + 1) * math.exp(min(log_region - log_volume, 0.0))
    if count <= expected:
        return False
    return count * math.log(count / expected) - (count - expected) > math.log(len(low.rows) / CHANCE)


def with_new_component(stats: Stats, weight: float, mean: Array, covariance: Array, scatter_kind: ScatterKind) -> Stats:
    """Statistics of total weight one with one component more, of a given weight; the others lose in proportion."""
    one = Stats(np.array([weight]), mean[None], weight * covariance[None], 0.0, 0.0)
    own, rest = one.reduced("diagonal" if scatter_kind == "diagonal" else "full"), stats * (1 - weight)
    scatter = rest.scatter + own.scatter if scatter_kind == "pooled" else np.concatenate([rest.scatter, own.scatter])
    return Stats(
        np.concatenate([rest.weight, own.weight]),
        np.concatenate([rest.mean, own.mean]),
        scatter,
        stats.loglik,
        stats.assignment_logprob,
        rest.noise_weight,
    )


def remove_dead(
    mstep: MStep, state: StepwiseState, least: float, memory: float
) -> tuple[StepwiseState, NDArray[np.intp], Array]:
    """Remove components that hold fewer than ``least`` of the remembered rows; the heaviest one stays.

    Returns
    -------
    state : StepwiseState
    removed : ndarray of int
        Positions of the components that were removed.
    rows : ndarray of float
        Number of rows that each of them held.
    """
    rows = state.stats.weight * memory
    dead = rows < least
    dead[np.argmax(rows)] = False
    if not dead.any():
        return state, np.empty(0, dtype=np.intp), np.empty(0)
    changed = change_components(mstep, state, keep_components(state, ~dead))
    return changed, np.flatnonzero(dead), rows[dead]
