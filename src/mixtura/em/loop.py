"""The loop over EM iterations, with repairs and stop rules, for every model, source and stepper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mixtura._support import Rng
from mixtura.em.outcome import Outcome
from mixtura.em.problem import Problem
from mixtura.em.repair import repair
from mixtura.em.run import Run
from mixtura.em.steppers import PLAIN, Step, Stepper
from mixtura.em.stopping import StopRule

Notify = Callable[[Run], object]
Keep = Callable[[Run, Any], object]


@dataclass(frozen=True, slots=True)
class Resumed:
    """The state of the stepper at the last iterate of a run that is resumed."""

    state: Any


def iterate(
    problem: Problem,
    run: Run,
    *,
    stop: Sequence[StopRule],
    max_iter: int,
    rng: Rng,
    stepper: Stepper = PLAIN,
    notify: Notify | None = None,
    keep: Keep | None = None,
    resumed: Resumed | None = None,
    keep_interrupted: bool = False,
) -> Run:
    """Continue a run of EM until a stop rule holds, or ``max_iter`` iterations are done.

    Parameters
    ----------
    problem : Problem
    run : Run
        The run to continue; a new one is `Run.started` of `Problem.begin`.
    stop : sequence of StopRule
        Rules, any of which ends the run.
    max_iter : int
        Largest number of iterations of the whole run.
    rng : Generator or RandomState
        For the rows to which repairs move components.
    stepper : Stepper
        How one iteration is made: plain EM, or an accelerated one.
    notify : callable, optional
        Called with the run at its start and after every iteration.
    keep : callable, optional
        Called with the run and the stepper's state after every iteration; from these it can be resumed.
    resumed : Resumed, optional
        The stepper's state at the last iterate of a run that is resumed.
    keep_interrupted : bool
        Whether Ctrl-C returns the run as far as it got, instead of raising KeyboardInterrupt.
    """
    state = stepper.init(run.last) if resumed is None else resumed.state
    report, save = notify or (lambda _: None), keep or (lambda *_: None)
    problem = problem.keep(np.array(run.components)) if resumed and run.repairs else problem
    try:
        if resumed is None:
            report(run)
        while run.iterations < max_iter and run.outcome is not Outcome.CONVERGED:
            repaired = repair(problem, run, rng)
            if repaired:
                problem = problem.keep(np.isin(run.components, repaired.components))
                run, state = repaired, stepper.init(repaired.last)
                report(run)
                save(run, state)
                continue
            step = stepper.step(problem, run.last, state)
            if not step.passes:
                return replace(run, outcome=Outcome.CONVERGED)
            old, run, state = run, _advance(problem, run, step), step.state
            if run.last is old.last:
                return run
            report(run)
            if not problem.collapsed(run.last).any() and any(rule(problem, old, run) for rule in stop):
                return replace(run, outcome=Outcome.CONVERGED)
            save(run, state)
    except KeyboardInterrupt:
        if not keep_interrupted:
            raise
        return replace(run, outcome=Outcome.INTERRUPTED)
    return run


def _advance(problem: Problem, run: Run, step: Step) -> Run:
    """The run after a step, or, if the log-likelihood fell there, the run ended at the iterate before."""
    new = step.iterate
    fall = run.last.loglik - new.loglik
    if fall <= 0 or problem.repair.accepts_falls:
        return run.extended(new, step.passes)
    by_rounding = fall <= problem.rounding(new)
    if by_rounding and problem.collapsed(new).any():
        # Converged, but with a collapsed component: taking the step makes its repair the next thing that happens.
        return replace(run.extended(new, step.passes), trace=(*run.trace, run.trace[-1]))
    outcome = Outcome.CONVERGED if by_rounding else Outcome.STALLED
    return replace(run, outcome=outcome, passes=run.passes + step.passes)
