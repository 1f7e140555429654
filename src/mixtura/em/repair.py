"""The repair of collapsed and empty components."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rng, Rows, distinct_rows
from mixtura.em.mstep import MStep, equal_covariances
from mixtura.em.outcome import Action, Repair
from mixtura.em.problem import Problem, row_counts
from mixtura.em.run import Iterate, Run
from mixtura.mixture import Mixture
from mixtura.stats import Stats, as_scatter

# A component that holds less than half a row is dead.
DEAD = 0.5

# Rows looked at when a component is put where the mixture fits worst.
CANDIDATES = 2000


@dataclass(frozen=True, slots=True)
class ReseedThenRemove:
    """Collapsed components are put elsewhere once, and removed if they collapse again; the log-likelihood never falls.

    Collapsed are dead components, and those at the floor on too few rows to have a covariance of their own. Where there
    are too few rows for so many components to begin with, those of the second kind are left, since moving them about
    cannot help.
    """

    accepts_falls: ClassVar[bool] = False

    def collapsed(self, iterate: Iterate, mstep: MStep, n_rows: int) -> NDArray[np.bool_]:
        """Which components are to be repaired, (k,)."""
        held = row_counts(iterate.stats, n_rows)
        k, d = iterate.stats.mean.shape
        if held.min() >= DEAD and not iterate.at_floor.any():
            return np.zeros(k, dtype=bool)
        needed = mstep.covariances.least_points(d)
        starved = iterate.at_floor & (held < needed) if held.sum() >= k * needed else np.zeros(k, dtype=bool)
        return (starved | (held < DEAD)) & (k > 1)


@dataclass(frozen=True, slots=True)
class NoRepair:
    """Nothing is repaired, and the log-likelihood may fall, as in scikit-learn."""

    accepts_falls: ClassVar[bool] = True

    def collapsed(self, iterate: Iterate, mstep: MStep, n_rows: int) -> NDArray[np.bool_]:
        """None."""
        return np.zeros(len(iterate.at_floor), dtype=bool)


def candidates(problem: Problem, mixture: Mixture, rng: Rng) -> tuple[Rows, Array]:
    """Rows that a component may be moved to, and their log-densities; none that would be left out."""
    rows = problem.source.rows(CANDIDATES, rng).rows
    fitness = mixture.logpdf(rows)
    kept = fitness >= np.quantile(fitness, problem.estep.left_out)
    return rows[kept], fitness[kept]


def repair(problem: Problem, run: Run, rng: Rng) -> Run | None:
    """Re-seed collapsed components once, remove those that collapse again; None where nothing is to be done.

    A start may be as narrow as it likes; only what an M-step made of it counts.

    The trace starts anew, so that it never falls. Of several components to remove, the lighter half goes at a
    time, since the others may recover.
    """
    last = run.last
    if not run.iterations:
        return None
    bad = problem.collapsed(last)
    if not bad.any():
        return None
    held = row_counts(last.stats, problem.source.n_rows)
    done = {repair.component for repair in run.repairs}
    again = np.flatnonzero(bad & [number in done for number in run.components])
    doomed = again[np.argsort(held[again], kind="stable")][: (len(again) + 1) // 2]
    stay = np.setdiff1d(np.arange(len(held)), doomed)
    fresh = bad & [number not in done for number in run.components]
    now = run.iterations + 1
    actions = [(j, Action.REMOVED) for j in doomed] + [(j, Action.RESEEDED) for j in np.flatnonzero(fresh)]
    report = [Repair(now, run.components[j], action, float(held[j])) for j, action in actions]
    rows, fitness = candidates(problem, last.mixture, rng)
    stats = reseed(last.stats, fresh, rows, fitness, problem.scale).select(stay)
    left = problem.keep(stay)
    new = left.evaluate(*left.mstep(stats, last.mixture.select(stay)), last.memory)
    components = tuple(run.components[j] for j in stay)
    return Run(lambda: new, (new.loglik,), now, run.passes + 1, run.outcome, (*run.repairs, *report), components)


def reseed_empty(problem: Problem, stats: Stats, rng: Rng) -> tuple[Stats, tuple[Repair, ...]]:
    """Re-seed components that a start left without any row, far from all rows' mean."""
    empty = stats.weight <= 0
    if not empty.any():
        return stats, ()
    rows = problem.source.rows(CANDIDATES, rng).rows
    centre = np.average(stats.mean, axis=0, weights=stats.weight)
    nearness = -((rows - centre) ** 2 / problem.scale).sum(axis=1)
    report = tuple(Repair(0, int(j), Action.RESEEDED, 0.0) for j in np.flatnonzero(empty))
    return reseed(stats, empty, rows, nearness, problem.scale), report


def reseed(stats: Stats, which: NDArray[np.bool_], rows: Rows, fitness: Array, scale: Array) -> Stats:
    """Put components where the mixture fits worst: on the rows of least ``fitness``, each on another value.

    Each gets an equal share of the weight, and the data's variances shrunk by k^(-2/d), the volume that one of
    k components would have.
    """
    k, d = stats.mean.shape
    values, first, _ = distinct_rows(rows)
    worst = values[np.argsort(fitness[first], kind="stable")]
    weight, mean = stats.weight.copy(), stats.mean.copy()
    weight[which] = stats.total / k
    count = int(which.sum())
    mean[which] = worst[np.arange(count) % len(worst)]
    fresh = as_scatter(weight[which], equal_covariances(scale * k ** (-2 / d), stats)[which], stats.scatter_kind)
    if stats.scatter_kind == "pooled":
        scatter = stats.select(~which).scatter + fresh
    else:
        scatter = stats.scatter.copy()
        scatter[which] = fresh
    return replace(stats, weight=weight, mean=mean, scatter=scatter)
