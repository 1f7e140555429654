"""The repair of collapsed and empty components."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rng, Rows
from mixtura.em.mstep import _equal
from mixtura.em.outcome import Action, Repair
from mixtura.em.problem import CANDIDATES, Task, row_counts
from mixtura.em.run import Path
from mixtura.stats import Stats, as_scatter


def repair(task: Task, path: Path, rng: Rng) -> Path | None:
    """Re-seed collapsed components once, remove those that collapse again; None where nothing is to be done.

    A start may be as narrow as it likes; only what an M-step made of it counts.

    The trace starts anew, so that it never falls. Of several components to remove, the lighter half goes at a
    time, since the others may recover.
    """
    last = path.last
    if not task.guarded or not path.iterations:
        return None
    bad = task.collapsed(last)
    if not bad.any():
        return None
    held = row_counts(last.stats, task.source.n_rows)
    done = {repair.component for repair in path.repairs}
    again = np.flatnonzero(bad & [number in done for number in path.alive])
    doomed = again[np.argsort(held[again], kind="stable")][: (len(again) + 1) // 2]
    stay = np.setdiff1d(np.arange(len(held)), doomed)
    fresh = bad & [number not in done for number in path.alive]
    now = path.iterations + 1
    actions = [(j, Action.REMOVED) for j in doomed] + [(j, Action.RESEEDED) for j in np.flatnonzero(fresh)]
    report = [Repair(now, path.alive[j], action, float(held[j])) for j, action in actions]
    rows, fitness = task.candidates(last.mixture, rng)
    stats = reseed(last.stats, fresh, rows, fitness, task.scale).select(stay)
    left = task.keep(stay)
    new = left.estep(*left.mstep(stats, last.mixture.select(stay)))
    alive = tuple(path.alive[j] for j in stay)
    return Path(new, (new.loglik,), now, path.passes + 1, path.outcome, (*path.repairs, *report), alive)


def reseed_empty(task: Task, stats: Stats, rng: Rng) -> tuple[Stats, tuple[Repair, ...]]:
    """Re-seed components that a start left without any row, far from all rows' mean."""
    empty = stats.weight <= 0
    if not empty.any():
        return stats, ()
    rows = task.source.rows(CANDIDATES, rng).rows
    centre = np.average(stats.mean, axis=0, weights=stats.weight)
    nearness = -((rows - centre) ** 2 / task.scale).sum(axis=1)
    report = tuple(Repair(0, int(j), Action.RESEEDED, 0.0) for j in np.flatnonzero(empty))
    return reseed(stats, empty, rows, nearness, task.scale), report


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
    fresh = as_scatter(weight[which], _equal(scale * k ** (-2 / d), stats)[which], stats.scatter_kind)
    if stats.scatter_kind == "pooled":
        scatter = stats.select(~which).scatter + fresh
    else:
        scatter = stats.scatter.copy()
        scatter[which] = fresh
    return replace(stats, weight=weight, mean=mean, scatter=scatter)
