"""Short runs of EM from several starts, side by side: within the kernel where it can, else by the loop of `em.run`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from mixtura import kernels
from mixtura.adjust import points
from mixtura.data import Chunk
from mixtura.em import Task, run
from mixtura.kernels import Ending, Summit
from mixtura.path import Path
from mixtura.result import Outcome
from mixtura.sources import ArraySource
from mixtura.sprint import ordinary
from mixtura.stats import Stats
from mixtura.stopping import LoglikRises
from mixtura.threads import in_order

# Multiplications in one iteration from which on starts are shared out among threads.
MUCH = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Runner:
    """Where a start has come.

    Attributes
    ----------
    stats : Stats
        Of the last E-step; EM goes on from here.
    low : ndarray of bool, (k,)
        Which covariances rest on the floor.
    resting : bool
        Whether the log-likelihood has ceased to rise.
    gain : float
        By how much it has risen since the statistics that the run went on from.
    """

    stats: Stats
    low: NDArray[np.bool_]
    resting: bool
    gain: float = 0.0

    @classmethod
    def at(cls, path: Path) -> Runner:
        """Where the loop of `em.run` has come."""
        return cls(path.last.stats, path.last.low, path.outcome is not Outcome.OUT_OF_STEPS)

    def spurious(self, task: Task) -> bool:
        """Whether a component owes its likelihood to the floor: it rests there on hardly more points than it needs."""
        held = points(self.stats, task.source.n_rows)
        return bool((self.low & (held < 2 * task.family.least_points(task.source.n_features))).any())


def ranked(runners: Sequence[Runner], task: Task) -> list[Runner]:
    """The best first; those whose likelihood is spurious after all others."""
    return sorted(runners, key=lambda one: (one.spurious(task), -one.stats.loglik))


def started(task: Task, starts: Sequence[Stats], iterations: int, tol: float) -> list[Runner]:
    """Some EM iterations from each start, the best first; without those that lost a component.

    The rows of ``task`` are one array in memory.
    """
    if not starts:
        return []
    fast = in_kernel(task)
    do: Callable[..., list[Runner]] = _raced if fast else _walked
    k, d = starts[0].mean.shape
    if task.source.n_rows * k * d * d < MUCH or not fast:
        return ranked(do(task, starts, iterations, tol), task)
    parts = in_order(lambda start: do(task, [start], iterations, tol), starts, cast(Any, task.source).threads)
    return ranked([one for part in parts for one in part], task)


def in_kernel(task: Task) -> bool:
    """Whether the kernel knows how to do all that the task asks for."""
    return ordinary(task) and task.guarded and not task.ridge


def further(task: Task, runners: Sequence[Runner], iterations: int, tol: float) -> list[Runner]:
    """The same runners, some iterations on, the best first."""
    going = [one.stats for one in runners if not one.resting]
    return ranked([*(one for one in runners if one.resting), *started(task, going, iterations, tol)], task)


def _raced(task: Task, starts: Sequence[Stats], iterations: int, tol: float) -> list[Runner]:
    """Within the kernel."""
    source, race = cast(ArraySource, task.source), cast(Callable[..., list[Summit]], kernels.race)
    tops = race(
        task.family.name,
        Chunk(source.array, source.sample_weight),
        starts,
        task.floor,
        tol=tol,
        max_iter=iterations,
        least_points=task.family.least_points(source.n_features),
        prior=task.belief(len(starts[0].weight)),
    )
    return [
        Runner(top.stats, top.low, top.ending is not Ending.OUT_OF_STEPS, top.trace[-1] - start.loglik)
        for start, top in zip(starts, tops, strict=True)
        if top.trace and top.ending is not Ending.COLLAPSED
    ]


def _walked(task: Task, starts: Sequence[Stats], iterations: int, tol: float) -> list[Runner]:
    """The same by the loop."""
    paths = [
        run(
            task, Path.at(task.begin(start)), stop=[LoglikRises(tol)], max_iter=iterations, rng=np.random.default_rng(0)
        )
        for start in starts
    ]
    return [
        replace(Runner.at(path), gain=path.last.loglik - start.loglik)
        for start, path in zip(starts, paths, strict=True)
        if not path.repairs
    ]
