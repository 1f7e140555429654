"""Several runs of EM on one problem: their iterations are made by the kernel if it can, else by the loop in Python."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mixtura.em import fused
from mixtura.em.loop import iterate
from mixtura.em.problem import Problem, is_spurious, rows_per_weight
from mixtura.em.repair import reseed_empty
from mixtura.em.run import Run, Standing
from mixtura.em.steppers import PLAIN, accelerated
from mixtura.em.stopping import LoglikRises
from mixtura.stats import Stats


class Executor(Protocol):
    """Continues several runs of EM; a run has the number of its start, from 0."""

    def advance(self, numbers: Iterable[int], max_iter: int) -> None:
        """Continue some of the runs until they end, or ``max_iter`` iterations are done."""

    def best_first(self, numbers: Sequence[int], needed: Sequence[float]) -> list[int]:
        """Numbers of runs, best first: see `sort_key`.

        ``needed`` has, for each of all runs, the least weight of a component below which the run ranks lower.
        """

    def search(
        self, rounds: Sequence[tuple[int, int]], needed: Sequence[float], protected: Sequence[bool], max_iter: int
    ) -> None:
        """Successive halving of all runs; those of the last round go on to their ends or ``max_iter`` iterations.

        A round is a number of iterations and the number of best runs that go on after them, besides the protected
        ones. Of runs that reach the same mixture in the last round, all but one may be left there.
        """

    def standings(self, numbers: Sequence[int]) -> list[Standing]:
        """The numbers by which some of the runs are compared."""

    def run(self, number: int) -> Run:
        """The current state of a run."""


def begin_runs(
    problem: Problem, starts: Sequence[Stats], *, tol: float, accelerate_after: int | None = None
) -> Executor:
    """Runs at their starts, by the kernel if it can make their iterations, else by the loop.

    Parameters
    ----------
    problem : Problem
    starts : sequence of Stats
        Statistics from which the first M-step of each run is made.
    tol : float
        A run has converged when its mean log-likelihood per row rises by no more.
    accelerate_after : int, optional
        Iterations of plain EM before it is accelerated; by default never.
    """
    if runs_in_kernel(problem):
        native = fused.begin(problem, starts, tol=tol, accelerate_after=accelerate_after)
        return fused.FusedExecutor(problem, native, accelerate_after, tuple(range(len(starts[0].weight))))
    rng = np.random.default_rng(0)
    kind = problem.mstep.scatter_kind
    filled = [reseed_empty(problem, start.reduced(kind), rng) for start in starts]
    runs = [Run.started(problem.begin(stats), repairs) for stats, repairs in filled]
    return LoopExecutor(problem, tol, accelerate_after, runs)


def runs_in_kernel(problem: Problem) -> bool:
    """Whether the kernel can make whole runs: its own EM iterations, which allow no fall and add no ridge."""
    return fused.has_kernel_iteration(problem) and not (problem.repair.accepts_falls or problem.mstep.ridge)


def standing_of(problem: Problem, run: Run) -> Standing:
    """The numbers by which a run is compared with others."""
    spurious, least = is_spurious(problem, run), float(run.last.stats.weight.min())
    return Standing(run.lost, spurious, len(run.components), least, run.loglik, run.iterations, run.finished)


def least_weight(problem: Problem) -> float:
    """The weight that a component needs for what its covariance does not have in common with the others'."""
    return problem.mstep.covariances.least_rows_estimable(problem.source.n_features) / rows_per_weight(problem)


def is_thin(standing: Standing, needed: float) -> bool:
    """Whether one of several components holds less weight than ``needed``, so that it may fit a few rows by chance."""
    return standing.n_components > 1 and standing.least_weight < needed


def is_suspect(problem: Problem, run: Run) -> bool:
    """Whether a run may owe its likelihood to few rows, so that it ranks behind all others.

    One of its components is spurious; or it holds less weight than its covariance needs, and the M-step's penalty alone
    keeps it off the floor.
    """
    if is_spurious(problem, run):
        return True
    return problem.mstep.has_penalty and is_thin(standing_of(problem, run), least_weight(problem))


def data_loglik(problem: Problem, run: Run) -> float:
    """Log-likelihood of a run without the M-step's penalty, which so does not decide between solutions."""
    return run.loglik - problem.mstep.penalty(run.last.mixture) if problem.mstep.has_penalty else run.loglik


def sort_key(standing: Standing, needed: float) -> tuple[bool, bool, float]:
    """Key that sorts runs, best first: no component lost; none spurious or too light; highest log-likelihood."""
    return standing.lost, standing.spurious or is_thin(standing, needed), -standing.loglik


@dataclass(frozen=True, slots=True, eq=False)
class LoopExecutor:
    """Several runs of EM whose iterations are made by the loop in Python.

    Attributes
    ----------
    problem : Problem
    tol : float
    accelerate_after : int or None
        As in `begin_runs`.
    runs : list of Run
        The current state of each run; changed in place.
    """

    problem: Problem
    tol: float
    accelerate_after: int | None
    runs: list[Run]

    def advance(self, numbers: Iterable[int], max_iter: int) -> None:
        """Continue some of the runs until they end, or ``max_iter`` iterations are done."""
        accelerate = self.accelerate_after is not None and max_iter > self.accelerate_after
        for number in numbers:
            self.runs[number] = iterate(
                self.problem,
                self.runs[number],
                stop=[LoglikRises(self.tol)],
                max_iter=max_iter,
                rng=np.random.default_rng(0),
                stepper=accelerated() if accelerate else PLAIN,
            )

    def best_first(self, numbers: Sequence[int], needed: Sequence[float]) -> list[int]:
        """Numbers of runs, best first: see `sort_key`."""
        standings = dict(zip(numbers, self.standings(numbers), strict=True))
        return sorted(numbers, key=lambda number: sort_key(standings[number], needed[number]))

    def standings(self, numbers: Sequence[int]) -> list[Standing]:
        """The numbers by which some of the runs are compared."""
        return [standing_of(self.problem, self.runs[number]) for number in numbers]

    def search(
        self, rounds: Sequence[tuple[int, int]], needed: Sequence[float], protected: Sequence[bool], max_iter: int
    ) -> None:
        """Successive halving of all runs: see `Executor`."""
        remaining = list(range(len(self.runs)))
        for iterations, count in rounds:
            if len(remaining) > count:
                self.advance(remaining, min(iterations, max_iter))
                order = self.best_first(remaining, needed)
                remaining = order[:count] + [number for number in order[count:] if protected[number]]
        self.advance(remaining, max_iter)

    def run(self, number: int) -> Run:
        """The current state of a run."""
        return self.runs[number]
