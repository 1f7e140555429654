"""Several runs of EM on one problem, side by side: by the kernel where it knows how, else by the loop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mixtura.em import fused
from mixtura.em.loop import iterate
from mixtura.em.problem import Problem
from mixtura.em.repair import reseed_empty
from mixtura.em.run import Run, Standing
from mixtura.em.steppers import STEPPERS
from mixtura.em.stopping import LoglikRises
from mixtura.stats import Stats


class Executor(Protocol):
    """Continues several runs of EM, which are called by their numbers, those of the starts."""

    def advance(self, numbers: Iterable[int], max_iter: int) -> None:
        """Continue some of the runs until they end, or ``max_iter`` iterations are done."""

    def best_first(self, numbers: Sequence[int], needed: Sequence[float]) -> list[int]:
        """Runs in order: see `sort_key`; the weights that components need are given for all runs."""

    def search(
        self, rounds: Sequence[tuple[int, int]], needed: Sequence[float], protected: Sequence[bool], max_iter: int
    ) -> None:
        """Successive halving of all runs, the last ones to their ends or ``max_iter`` iterations.

        After each round's iterations its number of runs go on, the best and all protected ones; of the last ones one
        may stand for its likes.
        """

    def standings(self, numbers: Sequence[int]) -> list[Standing]:
        """How far some of the runs have come."""

    def run(self, number: int) -> Run:
        """Where a run stands."""


def begin_runs(
    problem: Problem, starts: Sequence[Stats], *, tol: float, accelerate_after: int | None = None
) -> Executor:
    """Runs that stand at their starts: the one place that chooses between the kernel and the loop.

    Parameters
    ----------
    problem : Problem
    starts : sequence of Stats
        What the first M-step of each run is made of.
    tol : float
        A run has converged when its mean log-likelihood per row rises by no more.
    accelerate_after : int, optional
        Iterations of plain EM before it is accelerated; never, if not given.
    """
    if in_kernel(problem):
        native = fused.begin(problem, starts, tol=tol, accelerate_after=accelerate_after)
        return fused.FusedExecutor(problem, native, accelerate_after, tuple(range(len(starts[0].weight))))
    rng = np.random.default_rng(0)
    kind = problem.mstep.scatter_kind
    filled = [reseed_empty(problem, start.reduced(kind), rng) for start in starts]
    runs = [Run.started(problem.begin(stats), repairs) for stats, repairs in filled]
    return LoopExecutor(problem, tol, accelerate_after, runs)


def in_kernel(problem: Problem) -> bool:
    """Whether the kernel knows how to do all that the problem asks for."""
    return fused.can_run(problem) and not (problem.repair.accepts_falls or problem.mstep.ridge)


def standing_of(problem: Problem, run: Run) -> Standing:
    """How far a run has come, in numbers."""
    spurious = run.any_at_floor and bool(problem.spurious(run.last).any())
    least, k = float(run.last.stats.weight.min()), len(run.components)
    return Standing(run.lost, spurious, k, least, run.loglik, run.iterations, run.finished)


def is_thin(at: Standing, needed: float) -> bool:
    """Whether a component holds less weight than is needed: then it fits a few rows, not a group."""
    return at.n_components > 1 and at.least_weight < needed


def sort_key(at: Standing, needed: float) -> tuple[bool, bool, float]:
    """Best first: all components alive; none spurious or with too little weight; then by log-likelihood."""
    return at.lost, at.spurious or is_thin(at, needed), -at.loglik


@dataclass(frozen=True, slots=True, eq=False)
class LoopExecutor:
    """Several runs of EM side by side, by the loop.

    Attributes
    ----------
    problem : Problem
    tol : float
    accelerate_after : int or None
    runs : list of Run
        Where each stands.
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
                stepper=STEPPERS[accelerate],
            )

    def best_first(self, numbers: Sequence[int], needed: Sequence[float]) -> list[int]:
        """Runs in order: see `sort_key`."""
        standings = dict(zip(numbers, self.standings(numbers), strict=True))
        return sorted(numbers, key=lambda number: sort_key(standings[number], needed[number]))

    def standings(self, numbers: Sequence[int]) -> list[Standing]:
        """How far some of the runs have come."""
        return [standing_of(self.problem, self.runs[number]) for number in numbers]

    def search(
        self, rounds: Sequence[tuple[int, int]], needed: Sequence[float], protected: Sequence[bool], max_iter: int
    ) -> None:
        """Successive halving of all runs: see `Executor`."""
        field = list(range(len(self.runs)))
        for iterations, places in rounds:
            if len(field) > places:
                self.advance(field, min(iterations, max_iter))
                order = self.best_first(field, needed)
                field = order[:places] + [number for number in order[places:] if protected[number]]
        self.advance(field, max_iter)

    def run(self, number: int) -> Run:
        """Where a run stands."""
        return self.runs[number]
