"""Stepwise EM for streams of rows (Cappé & Moulines 2009, J. R. Stat. Soc. B 71, 593-613)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mixtura._support import TINY, Index, underflow_to_zero
from mixtura.em.mstep import MStep
from mixtura.em.problem import Problem
from mixtura.mixture import Mixture
from mixtura.stats import Stats

# Rows that the statistics remember at the start, as a fraction of the rows of the start: docs/decisions.md.
FIRST_MEMORY = 0.3

# The average of the statistics weighs those after n rows by n to this power, so that early ones fade.
AVERAGE_POWER = 1

# Least weight of a component in the statistics, so that one without rows keeps a mean and a covariance.
LEAST_WEIGHT = 1e-9


@dataclass(frozen=True, slots=True)
class StepSchedule:
    """Step sizes: which fraction of the statistics the next rows replace.

    The statistics remember about M rows: m new ones, after n others, replace the fraction 1 - exp(-m / M). M grows as a
    power of n, so that the statistics converge, but no further than ``window``. As the fraction depends on the numbers
    of rows alone, it is the same for many small batches as for a few large ones.

    Attributes
    ----------
    start_rows : float
        Number of rows of the start. Up to so many rows M is n, so that all rows count alike.
    exponent : float
        The power of n with which M grows, above 0.5 and at most 1: the step sizes of Cappé and Moulines fall with it.
    window : float
        Largest M; infinite for rows that all come from one distribution.

    Examples
    --------
    >>> schedule = StepSchedule(1000.0, 0.6, 500.0)
    >>> schedule.memory(1000.0), schedule.memory(1e6)
    (300.0, 500.0)
    >>> round(schedule.fraction(1e6, 50.0), 4)
    0.0952
    """

    start_rows: float
    exponent: float
    window: float = math.inf

    def memory(self, seen: float) -> float:
        """About how many rows the statistics remember after ``seen`` rows."""
        if seen < self.start_rows:
            return min(seen, self.window)
        return min(FIRST_MEMORY * self.start_rows * (seen / self.start_rows) ** self.exponent, self.window)

    def fraction(self, seen: float, added: float) -> float:
        """The fraction of the statistics that ``added`` rows replace, after ``seen`` others."""
        forgets = -math.expm1(-added / self.window)
        if seen < self.start_rows:
            return max(added / (seen + added), forgets)
        return max(-math.expm1(-self._growing_steps(seen, added)), forgets)

    def _growing_steps(self, seen: float, added: float) -> float:
        """Integral of 1 / M over the added rows, for M without a largest value."""
        before, after = seen / self.start_rows, (seen + added) / self.start_rows
        rest = 1 - self.exponent
        grown = math.log(after / before) if rest == 0 else (after**rest - before**rest) / rest
        return grown / FIRST_MEMORY


@dataclass(frozen=True, slots=True, eq=False)
class StepwiseState:
    """What stepwise EM knows of the rows so far: their statistics, a counter, and the current mixture.

    Attributes
    ----------
    stats : Stats
        Statistics with a total weight of one. Their log-likelihood is per row: that of each batch under the mixture
        before the batch was used.
    average : Stats
        Average of the statistics after all batches (Polyak and Ruppert), later ones with more weight.
    mixture : Mixture
        M-step of ``stats``, by which the next rows are shared out.
    at_floor : ndarray of bool, (k,)
        Components whose covariance has been raised to the floor.
    seen : float
        Number of rows so far, or the sum of their weights.
    averaged_from : float
        ``seen`` where the average begins.
    n_updates : int
        Number of batches so far.
    """

    stats: Stats
    average: Stats
    mixture: Mixture
    at_floor: NDArray[np.bool_]
    seen: float
    averaged_from: float
    n_updates: int = 0


@underflow_to_zero
def begin_stepwise(problem: Problem, mixture: Mixture) -> StepwiseState:
    """State at a mixture that was fitted to the rows of the problem."""
    stats, _ = problem.estep(problem.source, mixture, problem.mstep.scatter_kind)
    return state_of_stats(problem.mstep, stats, mixture)


def state_of_stats(mstep: MStep, stats: Stats, previous: Mixture | None) -> StepwiseState:
    """State at given statistics, whose total weight is the number of rows so far; the average begins here."""
    mixture, at_floor = mstep(stats, previous)
    unit = stats * (1 / stats.total)
    return StepwiseState(unit, unit, mixture, at_floor, stats.total, stats.total)


@underflow_to_zero
def take_step(problem: Problem, state: StepwiseState, schedule: StepSchedule) -> StepwiseState:
    """State after a batch: the rows of the problem."""
    batch, _ = problem.estep(problem.source, state.mixture, problem.mstep.scatter_kind)
    added = batch.total
    fraction = schedule.fraction(state.seen, added)
    mixed = state.stats * (1 - fraction) + batch * (fraction / added)
    seen = state.seen + added
    stats = keep_thin(problem.mstep, mixed, state.stats, schedule.memory(seen))
    mixture, at_floor = problem.mstep(in_rows(stats, seen, schedule), state.mixture)
    since = state.seen - state.averaged_from
    new = 1 - (since / (since + added)) ** (AVERAGE_POWER + 1)
    average = state.average * (1 - new) + stats * new
    return StepwiseState(stats, average, mixture, at_floor, seen, state.averaged_from, state.n_updates + 1)


def in_rows(stats: Stats, seen: float, schedule: StepSchedule) -> Stats:
    """Statistics of total weight one, scaled to the number of rows for which they stand."""
    return stats * (min(seen, schedule.window) / stats.total)


def keep_thin(mstep: MStep, new: Stats, old: Stats, memory: float) -> Stats:
    """The new statistics, in which components with too few rows for a covariance keep their means and covariances.

    They would collapse onto single rows otherwise. Their weights change, so that they can gain rows again. A pooled
    scatter stays as it is.
    """
    thin = new.weight * memory < mstep.covariances.least_rows_estimable(new.mean.shape[1])
    if not thin.any():
        return new
    weight = np.maximum(new.weight[thin], LEAST_WEIGHT)
    before = old.select(thin)
    factor = (weight / np.maximum(before.weight, TINY)).reshape(-1, *[1] * (before.scatter.ndim - 1))
    return new.with_components(thin, replace(before, weight=weight, scatter=before.scatter * factor))


@underflow_to_zero
def estimated_mixture(mstep: MStep, state: StepwiseState, schedule: StepSchedule) -> Mixture:
    """The mixture that a stream has led to: of the averaged statistics, or of the last ones if there is a window."""
    if math.isfinite(schedule.window):
        return state.mixture
    return mstep(in_rows(state.average, state.seen, schedule), state.mixture)[0]


def change_components(mstep: MStep, state: StepwiseState, stats: Stats) -> StepwiseState:
    """State with other components, whose statistics are given; the average begins anew."""
    changed = state_of_stats(mstep, stats * (state.seen / stats.total), None)
    return replace(changed, seen=state.seen, averaged_from=state.seen, n_updates=state.n_updates)


def keep_components(state: StepwiseState, kept: Index) -> Stats:
    """Statistics of some of the components (indices or a mask), with a total weight of one."""
    stats = state.stats.select(kept)
    scaled = stats * (1 / stats.total)
    return replace(scaled, loglik=state.stats.loglik)
