"""The search among starts: runs of EM, of which only the best go on after some iterations (successive halving)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mixtura._support import map_in_order
from mixtura.em import (
    Executor,
    LoglikRises,
    Outcome,
    Problem,
    Run,
    Standing,
    begin_runs,
    data_loglik,
    is_suspect,
    iterate,
    least_weight,
    reseed_empty,
    row_counts,
    rows_per_weight,
    runs_in_kernel,
)
from mixtura.em.steppers import PLAIN, accelerated
from mixtura.stats import Stats

# Least number of multiplications in one iteration with which several threads work on the starts.
THREADED_MULTIPLICATIONS = 1 << 20

# A component with fewer rows than this many times the least for its covariance may fit them by chance.
FEW_ROWS = 1.5

# Iterations, repairs among them, that the loop makes before the kernel goes on.
LOOP_ITERATIONS = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the iterations of runs in a search.

    Attributes
    ----------
    tol : float
        A run has converged when its mean log-likelihood per row rises by no more.
    max_iter : int
        Largest number of iterations of a run.
    accelerate_after : int
        Iterations of plain EM before it is accelerated: the first ones decide which optimum a run reaches.
    rounds : sequence of (int, int)
        Rounds of successive halving: a number of iterations, and the number of runs that go on after them.
    """

    tol: float
    max_iter: int
    accelerate_after: int = 20
    rounds: Sequence[tuple[int, int]] = ((5, 6), (20, 3))


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """The runs of a search and their order.

    Attributes
    ----------
    runs : Executor
    order : list of int
        Numbers of the starts, best first (`mixtura.em.executor.sort_key`).
    """

    runs: Executor
    order: list[int]

    @property
    def best(self) -> Run:
        """The run of the best start."""
        return self.runs.run(self.order[0])

    def standings(self) -> Iterator[tuple[int, Standing]]:
        """Number of each start with the numbers by which its run is compared, best first."""
        return zip(self.order, self.runs.standings(self.order), strict=True)


def successive_halving(
    problem: Problem, starts: Sequence[Stats], limits: Limits, *, protected: Sequence[bool]
) -> Ranking:
    """Run EM from several starts; after each round only the best go on.

    Parameters
    ----------
    problem : Problem
    starts : sequence of Stats
    limits : Limits
    protected : sequence of bool
        Which starts go on in every round, and do not rank behind others for a component of little weight.

    Returns
    -------
    Ranking
    """
    runs = begin_runs(problem, starts, tol=limits.tol, accelerate_after=limits.accelerate_after)
    needed = [0.0 if spared else least_weight(problem) for spared in protected]
    runs.search(limits.rounds, needed, protected, limits.max_iter)
    order = runs.best_first(range(len(starts)), needed)
    while not (first := runs.standings(order[:1])[0]).finished and first.iterations < limits.max_iter:
        runs.advance(order[:1], limits.max_iter)  # it did not go on, but the runs ahead of it lost components since
        order = runs.best_first(order, needed)
    return Ranking(runs, order)


def short_runs(
    problem: Problem, starts: Sequence[Stats], iterations: int, tol: float, accelerate_after: int | None = None
) -> list[Run]:
    """Runs of at most ``iterations`` EM iterations from each of several starts, in their order."""

    def runs_from(some: Sequence[Stats]) -> list[Run]:
        runs = begin_runs(problem, some, tol=tol, accelerate_after=accelerate_after)
        runs.advance(range(len(some)), iterations)
        return [runs.run(number) for number in range(len(some))]

    whole = problem.source.whole
    k, d = starts[0].mean.shape if starts else (0, 0)
    if whole is None or problem.source.n_rows * k * d * d < THREADED_MULTIPLICATIONS or not runs_in_kernel(problem):
        return runs_from(starts) if starts else []
    return [run for runs in map_in_order(lambda one: runs_from([one]), starts, whole.threads) for run in runs]


def continue_runs(
    problem: Problem, runs: Sequence[Run], iterations: int, tol: float, accelerate_after: int | None = None
) -> list[Run]:
    """Each run after at most ``iterations`` more; its new trace begins with the last value of the old one.

    Runs that have ended stay as they are.
    """
    unfinished = [run for run in runs if not run.finished]
    further = iter(short_runs(problem, [run.last.stats for run in unfinished], iterations, tol, accelerate_after))
    return [run if run.finished else _join_runs(run, next(further)) for run in runs]


def _join_runs(before: Run, after: Run) -> Run:
    """A run and its continuation as one run, whose trace has the last value of the first and all of the second."""
    trace, passes = (before.loglik, *after.trace), before.passes + after.passes
    joined = Run(after.make_last, trace, after.iterations, passes, after.outcome, after.repairs, after.components)
    return joined.with_any_at_floor(any_at_floor=after.any_at_floor)


def rank_runs(problem: Problem, runs: Sequence[Run]) -> list[Run]:
    """Runs in order, highest score first; those that `mixtura.em.is_suspect` doubts come last."""
    return sorted(runs, key=lambda run: (is_suspect(problem, run), -search_score(problem, run)))


def search_score(problem: Problem, run: Run) -> float:
    """Log-likelihood of a run less what components with few rows may gain by chance, in nats for rows of weight one.

    A component that fits some rows better than others do is no finding if the best of all sets of so many rows would
    be fitted as well by chance; so a component with m of n rows, few for its covariance, counts only by what it gains
    beyond the logarithm of the number of such sets. What the penalty of the M-step adds does not count.
    """
    counts = row_counts(run.last.stats, problem.source.n_rows)
    few = counts[counts < FEW_ROWS * problem.mstep.covariances.least_rows_nonsingular(problem.source.n_features)]
    n = max(float(counts.sum()), 1.0)
    by_chance = sum(math.lgamma(n + 1) - math.lgamma(m + 1) - math.lgamma(n - m + 1) for m in few if m < n)
    return data_loglik(problem, run) * rows_per_weight(problem) - by_chance


def with_repairs(problem: Problem, run: Run, limits: Limits, *, few_rows: bool) -> Run:
    """Continue a run on all rows until it ends, with collapsed components repaired or removed.

    Repairs are made by the loop. With ``few_rows`` the kernel makes the iterations between them, if it can, on one
    thread.
    """
    fast, stop, rng = few_rows and runs_in_kernel(problem), [LoglikRises(limits.tol)], np.random.default_rng(0)
    stats, repairs = reseed_empty(problem, run.last.stats, np.random.default_rng(0))
    run = Run.started(problem.begin(stats), run.repairs + repairs)
    while not run.finished and run.iterations < limits.max_iter:
        most = min(run.iterations + LOOP_ITERATIONS, limits.max_iter) if fast else limits.max_iter
        run = iterate(problem, run, stop=stop, max_iter=most, rng=rng, stepper=PLAIN if fast else accelerated())
        if fast and not run.finished and not problem.collapsed(run.last).any():
            run = _continue_in_kernel(problem, run, limits)
    return run


def _continue_in_kernel(problem: Problem, run: Run, limits: Limits) -> Run:
    """A run continued in the kernel until it ends or a component collapses; unchanged if it would fall there."""
    left = replace(limits, max_iter=max(limits.max_iter - run.iterations, 0))
    further = successive_halving(problem, [run.last.stats], left, protected=[True]).best
    if not further.trace or further.trace[0] < run.trace[-1]:
        return run
    return replace(
        run,
        make_last=lambda: further.last,
        trace=run.trace + further.trace,
        iterations=run.iterations + len(further.trace),
        passes=run.passes + further.passes,
        outcome=Outcome.OUT_OF_STEPS if further.lost else further.outcome,
    )
