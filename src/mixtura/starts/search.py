"""Short runs of EM from several starts, side by side: within the kernel where it can, else by the loop of `em.run`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import numpy as np
from numpy.typing import NDArray

from mixtura._support import map_in_order
from mixtura.data import WholeArray
from mixtura.em import LoglikRises, Outcome, Problem, Run, can_run, iterate, row_counts
from mixtura.em.steppers import STEPPERS
from mixtura.kernels import Ending, Summit, kernel_of
from mixtura.stats import Stats

# Multiplications in one iteration from which on starts are shared out among threads.
MUCH = 1 << 20

# A floor below this fraction of the data's variance is there for the arithmetic, not a bound that somebody has chosen.
NUMERICAL = 1e-6


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
    passes : int
        How often the rows were read on the way.
    lost : bool
        Whether a component was lost on the way.
    """

    stats: Stats
    at_floor: NDArray[np.bool_]
    resting: bool
    gain: float = 0.0
    passes: int = 0
    lost: bool = False

    @classmethod
    def of(cls, start: Stats) -> Runner:
        """At its start."""
        return cls(start, np.zeros(len(start.weight), dtype=bool), resting=False)

    @classmethod
    def at(cls, run: Run) -> Runner:
        """Where the loop of `em.run` has come."""
        return cls(run.last.stats, run.last.at_floor, run.outcome is not Outcome.OUT_OF_STEPS)

    def spurious(self, problem: Problem) -> bool:
        """Whether a component owes its likelihood to the floor.

        It rests there on hardly more points than it needs, or on a floor so low that only rows that coincide in some
        direction get there; then there is no end to their likelihood but the floor.
        """
        if not self.at_floor.any():
            return False
        held = row_counts(self.stats, problem.source.n_rows)
        few = held < 2 * problem.mstep.covariances.least_points(problem.source.n_features)
        return bool((self.at_floor & (few | (problem.mstep.floor < NUMERICAL * problem.scale).all())).any())


def ranked(runners: Sequence[Runner], problem: Problem) -> list[Runner]:
    """The best first; those whose likelihood is spurious after all others."""
    return sorted(runners, key=lambda one: (one.spurious(problem), -one.stats.loglik))


def started(
    problem: Problem, starts: Sequence[Stats], iterations: int, tol: float, plain: int | None = None
) -> tuple[list[Runner], int]:
    """Some EM iterations from each start: the runners, the best first, and how often the rows were read.

    Those that lost a component are left out.

    Parameters
    ----------
    task : Task
        Its rows are one array in memory.
    plain : int, optional
        After so many iterations EM is accelerated; never, if it is not given.
    """
    return further(problem, [Runner.of(start) for start in starts], iterations, tol, plain)


def further(
    problem: Problem, runners: Sequence[Runner], iterations: int, tol: float, plain: int | None = None
) -> tuple[list[Runner], int]:
    """The same for runners that have come somewhere already; those at rest stay where they are."""
    going, still = [one for one in runners if not one.resting], [one for one in runners if one.resting]
    do = partial(_raced if in_kernel(problem) else _walked, problem, iterations=iterations, tol=tol, plain=plain)
    k, d = runners[0].stats.mean.shape if runners else (0, 0)
    if in_kernel(problem) and problem.source.n_rows * k * d * d >= MUCH:
        parts = map_in_order(lambda one: do([one]), going, cast(WholeArray, problem.source.whole).threads)
        ended = [one for part in parts for one in part]
    else:
        ended = do(going) if going else []
    read = sum(new.passes for new in ended) - sum(old.passes for old in going)
    return ranked([*still, *(one for one in ended if not one.lost)], problem), read


def in_kernel(problem: Problem) -> bool:
    """Whether the kernel knows how to do all that the task asks for."""
    plain = not (problem.repair.accepts_falls or problem.mstep.ridge)
    return plain and problem.source.whole is not None and can_run(problem)


def _raced(
    problem: Problem, runners: Sequence[Runner], *, iterations: int, tol: float, plain: int | None
) -> list[Runner]:
    """Within the kernel."""
    whole, model = cast(WholeArray, problem.source.whole), problem.mstep.covariances
    race = cast(Callable[..., list[Summit]], kernel_of(problem.source).race)
    tops = race(
        model.name,
        whole.chunk,
        [one.stats for one in runners],
        problem.mstep.floor,
        tol=tol,
        max_iter=iterations,
        least_points=model.least_points(problem.source.n_features),
        prior=problem.mstep.prior.for_kernel(model, len(runners[0].stats.weight)),
        plain=plain,
    )
    return [_climbed(one, top) for one, top in zip(runners, tops, strict=True)]


def _climbed(one: Runner, top: Summit) -> Runner:
    """A runner after some iterations within the kernel."""
    stats = top.stats
    return Runner(
        stats,
        top.low,
        top.ending is not Ending.OUT_OF_STEPS,
        stats.loglik - one.stats.loglik,
        one.passes + top.passes,
        not top.trace or top.ending is Ending.COLLAPSED,
    )


def _walked(
    problem: Problem, runners: Sequence[Runner], *, iterations: int, tol: float, plain: int | None
) -> list[Runner]:
    """The same by the loop."""
    ended = []
    for one in runners:
        first, rng, stepper = (
            Run.started(problem.begin(one.stats)),
            np.random.default_rng(0),
            STEPPERS[plain is not None],
        )
        run = iterate(problem, first, stop=[LoglikRises(tol)], max_iter=iterations, rng=rng, stepper=stepper)
        gain, passes = run.last.loglik - one.stats.loglik, one.passes + run.passes
        ended.append(replace(Runner.at(run), gain=gain, passes=passes, lost=bool(run.repairs)))
    return ended
