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

# A component that holds fewer rows than this has collapsed.
LEAST_ROWS = 0.5

# Number of random rows among which those that the mixture fits worst are sought.
MAX_CANDIDATES = 2000


@dataclass(frozen=True, slots=True)
class ReseedThenRemove:
    """Policy: collapsed components are re-seeded once, and removed if they collapse again.

    A component has collapsed if it holds less than half a row, or if it is at the floor with too few rows to determine
    a covariance of its own. The second rule does not apply if all rows together are too few for so many components,
    since re-seeding cannot help then.
    """

    accepts_falls: ClassVar[bool] = False

    def collapsed(self, iterate: Iterate, mstep: MStep, n_rows: int) -> NDArray[np.bool_]:
        """Which components are to be repaired, (k,)."""
        counts = row_counts(iterate.stats, n_rows)
        k, d = iterate.stats.mean.shape
        if counts.min() >= LEAST_ROWS and not iterate.at_floor.any():
            return np.zeros(k, dtype=bool)
        needed = mstep.covariances.least_rows_nonsingular(d)
        too_few = iterate.at_floor & (counts < needed) if counts.sum() >= k * needed else np.zeros(k, dtype=bool)
        return (too_few | (counts < LEAST_ROWS)) & (k > 1)


@dataclass(frozen=True, slots=True)
class NoRepair:
    """Policy: nothing is repaired, and EM goes on if the log-likelihood falls, as in scikit-learn."""

    accepts_falls: ClassVar[bool] = True

    def collapsed(self, iterate: Iterate, mstep: MStep, n_rows: int) -> NDArray[np.bool_]:
        """No component, (k,)."""
        return np.zeros(len(iterate.at_floor), dtype=bool)


def candidates(problem: Problem, mixture: Mixture, rng: Rng) -> tuple[Rows, Array]:
    """Random rows that a component may be moved to, (n, d), and their log-densities (n,).

    Rows that the E-step would leave out, those of least density, are not among them.
    """
    rows = problem.source.rows(MAX_CANDIDATES, rng).rows
    scores = mixture.logpdf(rows)
    kept = scores >= np.quantile(scores, problem.estep.left_out)
    return rows[kept], scores[kept]


def repair(problem: Problem, run: Run, rng: Rng) -> Run | None:
    """Re-seed collapsed components, remove those re-seeded before; None if there are none, or no iteration was made.

    A start may have components of any width, so nothing is repaired before the first iteration. The trace starts anew,
    so that it never falls. Of several components to remove, only the lighter half is removed, since the others may
    recover.
    """
    last = run.last
    if not run.iterations:
        return None
    collapsed = problem.collapsed(last)
    if not collapsed.any():
        return None
    counts = row_counts(last.stats, problem.source.n_rows)
    repaired = {repair.component for repair in run.repairs}
    again = np.flatnonzero(collapsed & [number in repaired for number in run.components])
    removed = again[np.argsort(counts[again], kind="stable")][: (len(again) + 1) // 2]
    kept = np.setdiff1d(np.arange(len(counts)), removed)
    first_time = collapsed & [number not in repaired for number in run.components]
    now = run.iterations + 1
    actions = [(j, Action.REMOVED) for j in removed] + [(j, Action.RESEEDED) for j in np.flatnonzero(first_time)]
    repairs = [Repair(now, run.components[j], action, float(counts[j])) for j, action in actions]
    rows, scores = candidates(problem, last.mixture, rng)
    stats = reseed(last.stats, first_time, rows, scores, problem.scale).select(kept)
    smaller = problem.keep(kept)
    new = smaller.evaluate(*smaller.mstep(stats, last.mixture.select(kept)), last.memory)
    components = tuple(run.components[j] for j in kept)
    return Run(lambda: new, (new.loglik,), now, run.passes + 1, run.outcome, (*run.repairs, *repairs), components)


def reseed_empty(problem: Problem, stats: Stats, rng: Rng) -> tuple[Stats, tuple[Repair, ...]]:
    """Give each component without rows the row farthest from the data's mean, each another one.

    Returns the statistics, and a repair for each of these components.
    """
    empty = stats.weight <= 0
    if not empty.any():
        return stats, ()
    sample = problem.source.rows(MAX_CANDIDATES, rng)
    rows = sample.rows
    if empty.all():  # all weight is that of noise, so the components do not tell where the rows are
        centre = np.average(rows, axis=0, weights=sample.sample_weight)
    else:
        centre = np.average(stats.mean, axis=0, weights=stats.weight)
    nearness = -((rows - centre) ** 2 / problem.scale).sum(axis=1)
    repairs = tuple(Repair(0, int(j), Action.RESEEDED, 0.0) for j in np.flatnonzero(empty))
    return reseed(stats, empty, rows, nearness, problem.scale), repairs


def reseed(stats: Stats, which: NDArray[np.bool_], rows: Rows, scores: Array, scale: Array) -> Stats:
    """Statistics with the components ``which``, (k,), moved to the distinct rows of least ``scores``.

    ``rows`` (n, d) have scores (n,). Each component moved gets 1 / k of the weight, and the data's variances ``scale``
    (d,) times k^(-2/d), so that its volume is 1 / k of the data's.
    """
    k, d = stats.mean.shape
    values, first, _ = distinct_rows(rows)
    worst = values[np.argsort(scores[first], kind="stable")]
    weight, mean = stats.weight.copy(), stats.mean.copy()
    weight[which] = stats.total / k
    count = int(which.sum())
    mean[which] = worst[np.arange(count) % len(worst)]
    new = as_scatter(weight[which], equal_covariances(scale * k ** (-2 / d), stats)[which], stats.scatter_kind)
    if stats.scatter_kind == "pooled":
        scatter = stats.select(~which).scatter + new
    else:
        scatter = stats.scatter.copy()
        scatter[which] = new
    return replace(stats, weight=weight, mean=mean, scatter=scatter, scales=None)
