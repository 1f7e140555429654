"""EM iterated: repairs, steps and stop rules, for every model, source and stepper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from mixtura._support import Rng
from mixtura.em.outcome import Outcome
from mixtura.em.problem import Problem
from mixtura.em.repair import repair
from mixtura.em.run import Run
from mixtura.em.steppers import PLAIN, Step, Stepper
from mixtura.em.stopping import StopRule

Notify = Callable[[Run], object]


def iterate(
    problem: Problem,
    run: Run,
    *,
    stop: Sequence[StopRule],
    max_iter: int,
    rng: Rng,
    stepper: Stepper = PLAIN,
    notify: Notify | None = None,
    keep_interrupted: bool = False,
) -> Run:
    """Iterate until a rule says stop, or ``max_iter`` iterations are done.

    Parameters
    ----------
    problem : Problem
    run : Run
        Where it begins or goes on, such as `Run.started` of `Problem.begin`.
    stop : sequence of StopRule
        Any of them ends the run.
    notify : callable, optional
        Called with the run at its start and after every iteration.
    keep_interrupted : bool
        On Ctrl-C, return where the run stands instead of raising.
    """
    state = stepper.init(run.last)
    tell = notify or (lambda _: None)
    try:
        tell(run)
        while run.iterations < max_iter and run.outcome is not Outcome.CONVERGED:
            repaired = repair(problem, run, rng)
            if repaired:
                problem = problem.keep(np.isin(run.components, repaired.components))
                run, state = repaired, stepper.init(repaired.last)
                tell(run)
                continue
            step = stepper.step(problem, run.last, state)
            old, run, state = run, _advance(problem, run, step), step.state
            if run.last is old.last:
                return run
            tell(run)
            if not problem.collapsed(run.last).any() and any(rule(old.last, run.last) for rule in stop):
                return replace(run, outcome=Outcome.CONVERGED)
    except KeyboardInterrupt:
        if not keep_interrupted:
            raise
        return replace(run, outcome=Outcome.INTERRUPTED)
    return run


def _advance(problem: Problem, run: Run, step: Step) -> Run:
    """Take a step, unless the log-likelihood fell: then the path ends where it was."""
    new = step.iterate
    fall = run.last.loglik - new.loglik
    if fall <= 0 or problem.repair.accepts_falls:
        return run.extended(new, step.passes)
    rounding = fall <= problem.rounding(new)
    if rounding and problem.collapsed(new).any():
        # At rest, but on a component to repair: take the step, so that the next thing is its repair.
        return replace(run.extended(new, step.passes), trace=(*run.trace, run.trace[-1]))
    outcome = Outcome.CONVERGED if rounding else Outcome.STALLED
    return replace(run, outcome=outcome, passes=run.passes + step.passes)
