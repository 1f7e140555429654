"""The starts of a cell, and how far they come: in the kernel where it can, else by the loop of `mixtura.em`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, cast

import numpy as np

from mixtura._support import frozen_array
from mixtura.covariance import DenseCovariance, DiagonalCovariance
from mixtura.data import WholeArray
from mixtura.em import Iterate, LoglikRises, Outcome, Problem, Repair, Run, iterate, reseed_empty, row_counts
from mixtura.em.steppers import STEPPERS, Stepper
from mixtura.fitting import Fit, Start
from mixtura.kernels import Ending, Summit, kernel_of
from mixtura.selection.cell import CellStart, Found
from mixtura.starts import in_kernel
from mixtura.stats import Stats

Race: TypeAlias = Callable[..., list[Summit]]

# After so many iterations so many starts of a cell go on.
ROUNDS = ((5, 6), (20, 3))

# After so many iterations EM is accelerated.
PLAIN = 20

# So many iterations, repairs among them, are left to the loop before the kernel goes on.
MENDING = 2

_OUTCOMES = {
    Ending.CONVERGED: Outcome.CONVERGED,
    Ending.OUT_OF_STEPS: Outcome.OUT_OF_STEPS,
    Ending.COLLAPSED: Outcome.STALLED,
    Ending.FELL: Outcome.STALLED,
}


@dataclass(frozen=True, slots=True, eq=False)
class Climb:
    """One start of a cell, and where it has come.

    Attributes
    ----------
    begin : Begin
    top : Summit or Path
        What the mixture is made from.
    trace : tuple of float
    resting : bool
        False where others were ahead, or steps ran out.
    lost : bool
        Whether a component collapsed.
    floored : bool
        Whether a covariance rests on the floor.
    thin : bool
        Whether a component holds fewer rows than a covariance of its own needs.
    named : bool
        Whether the caller named this start, so that no cell may end below it.
    """

    begin: CellStart
    top: Summit | Run
    trace: tuple[float, ...]
    resting: bool
    lost: bool
    floored: bool
    thin: bool
    named: bool = False

    @property
    def loglik(self) -> float:
        """How far it has come."""
        return self.trace[-1] if self.trace else -np.inf

    @property
    def stats(self) -> Stats:
        """From which it would go on."""
        return self.top.last.stats if isinstance(self.top, Run) else self.top.stats

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """What was done to components that collapsed; the kernel does nothing to them."""
        return self.top.repairs if isinstance(self.top, Run) else ()

    @property
    def iterations(self) -> int:
        """EM iterations done."""
        return self.top.iterations if isinstance(self.top, Run) else max(len(self.trace) - 1, 0)

    @property
    def order(self) -> tuple[bool, bool, float]:
        """The least of several is the best: without lost components, off the floor, not thin unless named, highest."""
        return self.lost, self.floored or (self.thin and not self.named), -self.loglik

    @property
    def found(self) -> Found:
        """The same in short."""
        words = {"collapsed": self.lost, "floor": self.floored, "thin": self.thin, "given up": not self.resting}
        outcome = next((word for word, holds in words.items() if holds), "rest")
        return Found(self.begin.name, self.loglik, self.iterations, outcome)


@dataclass(frozen=True, slots=True)
class Limits:
    """When a climb ends (see `mixtura.fit`), after how many iterations it is accelerated, and how many starts go on."""

    tol: float
    max_iter: int
    plain: int = PLAIN
    rounds: Sequence[tuple[int, int]] = ROUNDS


def climbed(problem: Problem, begins: Sequence[CellStart], named: Sequence[bool], limits: Limits) -> list[Climb]:
    """Where the starts led, the best first; those that are behind after some iterations are given up.

    ``problem`` has its rows in one array. Those that are ``named`` are never given up for others that are higher.
    """
    climb = _raced if in_kernel(problem) else _walked
    field = sorted(climb(problem, begins, named, limits), key=lambda one: one.order)
    while not (field[0].resting or field[0].iterations >= limits.max_iter):  # given up, but those ahead came to grief
        (further,) = climb(problem, [field[0].begin], [True], limits)
        field = sorted([replace(further, named=field[0].named), *field[1:]], key=lambda one: one.order)
    return field


def _raced(problem: Problem, begins: Sequence[CellStart], named: Sequence[bool], limits: Limits) -> list[Climb]:
    """All of it in the kernel."""
    rows, model = cast(WholeArray, problem.source.whole).chunk, problem.mstep.covariances
    race = cast(Race, kernel_of(problem.source).race)
    needed = model.own_points(problem.source.n_features)
    tops = race(
        model.name,
        rows,
        [begin.stats for begin in begins],
        problem.mstep.floor,
        tol=limits.tol,
        max_iter=limits.max_iter,
        least_points=model.least_points(problem.source.n_features),
        own_points=needed,
        plain=limits.plain,
        rounds=limits.rounds,
        named=named,
        prior=problem.mstep.prior.for_kernel(model, len(begins[0].stats.weight)),
    )
    weight = rows.sample_weight
    unit = 1.0 if weight is None else max(1.0, len(weight) / float(weight.sum()))
    return [
        Climb(
            begin,
            top,
            top.trace,
            top.ending is not Ending.OUT_OF_STEPS,
            top.ending is Ending.COLLAPSED,
            top.floored,
            top.least * unit < needed and len(top.weights) > 1,
            name,
        )
        for begin, top, name in zip(begins, tops, named, strict=True)
    ]


def _walked(problem: Problem, begins: Sequence[CellStart], named: Sequence[bool], limits: Limits) -> list[Climb]:
    """The same by the loop of `mixtura.em`, which is accelerated at the end."""
    own = [begin.with_scatter(problem.mstep.scatter_kind) for begin in begins]
    field = [
        _as_climb(problem, begin, begun(problem, begin), named=name) for begin, name in zip(own, named, strict=True)
    ]
    behind: list[Climb] = []
    for most, places in [*limits.rounds, (limits.max_iter, 0)]:
        if len(field) > places:
            stepper = STEPPERS[most > limits.plain]
            further = [_further(problem, climb, min(most, limits.max_iter), limits.tol, stepper) for climb in field]
            field = sorted(further, key=lambda one: one.order)
        if places:
            behind += [one for one in field[places:] if not one.named]
            field = [*field[:places], *(one for one in field[places:] if one.named)]
    return [*field, *behind]


def _further(problem: Problem, climb: Climb, most: int, tol: float, stepper: Stepper) -> Climb:
    """The same start, until so many iterations are done."""
    run: Any = climb.top
    run = iterate(problem, run, stop=[LoglikRises(tol)], max_iter=most, rng=np.random.default_rng(0), stepper=stepper)
    return _as_climb(problem, climb.begin, run, named=climb.named)


def begun(problem: Problem, begin: CellStart, earlier: tuple[Repair, ...] = ()) -> Run:
    """The first E-step of a start, after what was done to it ``earlier``; components without any row are re-seeded."""
    stats, repairs = reseed_empty(problem, begin.stats, np.random.default_rng(0))
    return Run.started(problem.begin(stats), earlier + repairs)


def repaired(problem: Problem, climb: Climb, limits: Limits, *, in_memory: bool) -> Climb:
    """From where a start has come to rest on all rows, with collapsed components repaired or removed.

    Repairs are made by the loop of `mixtura.em`; between them, if the rows are ``in_memory``, EM runs in the kernel.
    """
    fast, stop, rng = in_memory and in_kernel(problem), [LoglikRises(limits.tol)], np.random.default_rng(0)
    begin = CellStart(climb.begin.name, climb.stats)
    run = begun(problem, begin, climb.repairs)
    while run.outcome is Outcome.OUT_OF_STEPS and run.iterations < limits.max_iter:
        most = min(run.iterations + MENDING, limits.max_iter) if fast else limits.max_iter
        run = iterate(problem, run, stop=stop, max_iter=most, rng=rng, stepper=STEPPERS[not fast])
        if fast and run.outcome is Outcome.OUT_OF_STEPS and not run.last.at_floor.any():
            run = _hastened(problem, run, limits)
    return _as_climb(problem, begin, run)


def _hastened(problem: Problem, run: Run, limits: Limits) -> Run:
    """From there to rest, or to the next collapse, in the kernel; the same path if that leads lower."""
    left = replace(limits, max_iter=max(limits.max_iter - run.iterations, 0))
    (climb,) = _raced(problem, [CellStart("", run.last.stats)], [True], left)
    if not climb.trace or climb.trace[0] < run.trace[-1]:
        return run
    last, outcome = _last(problem, climb.top)
    return replace(
        run,
        last=last,
        trace=run.trace + climb.trace,
        iterations=run.iterations + len(climb.trace),
        passes=run.passes + len(climb.trace),
        outcome=Outcome.OUT_OF_STEPS if climb.lost else outcome,
    )


def _as_climb(problem: Problem, begin: CellStart, run: Run, *, named: bool = False) -> Climb:
    """A path of EM as a climb."""
    resting = run.outcome is not Outcome.OUT_OF_STEPS
    lost = run.last.mixture.n_components < len(begin.stats.weight)
    floored = bool(run.last.at_floor.any())
    return Climb(begin, run, run.trace, resting, lost, floored, thin(problem, run.last.stats), named)


def thin(problem: Problem, stats: Stats) -> bool:
    """Whether a component holds fewer rows than a covariance of its own needs: it fits a few rows, not a group."""
    needed = problem.mstep.covariances.own_points(problem.source.n_features)
    return len(stats.weight) > 1 and bool(row_counts(stats, problem.source.n_rows).min() < needed)


def as_fit(problem: Problem, best: Climb) -> Fit:
    """The best climb as a fit."""
    last, outcome = _last(problem, best.top)
    floored = tuple(int(j) for j in np.flatnonzero(last.at_floor))
    outcome = outcome.qualified(best.repairs, bool(floored))
    passes = best.top.passes if isinstance(best.top, Run) else len(best.trace)
    return Fit(
        mixture=last.mixture,
        outcome=outcome,
        trace=best.trace,
        starts=(Start(last.loglik, best.iterations, passes, outcome, best.repairs, floored),),
        best_start=0,
        model=problem.mstep.covariances.name,
        sizes=frozen_array(last.stats.weight),
        n_rows=problem.summary.weight,
        assignment_logprob=last.stats.assignment_logprob,
        log_prior=problem.mstep.log_prior(last.mixture),
    )


def _last(problem: Problem, top: Summit | Run) -> tuple[Iterate, Outcome]:
    """The mixture at the top, with the statistics there."""
    if isinstance(top, Run):
        return top.last, top.outcome
    k, d = top.means.shape
    values = top.covariances[:1] if problem.mstep.covariances.name == "EEE" else top.covariances
    covariances = DenseCovariance(values, k) if values.ndim == 3 else DiagonalCovariance(values, k, d)
    mixture = problem.mstep.assemble(top.weights, top.means, covariances)
    return Iterate(mixture, top.stats, top.low), _OUTCOMES[top.ending]
