"""EM iterated: repairs, steps and stop rules, for every model, source and stepper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from mixtura._support import Rng
from mixtura.em.outcome import Outcome
from mixtura.em.problem import Problem
from mixtura.em.repair import repair
from mixtura.em.run import Path
from mixtura.em.steppers import PLAIN, Step, Stepper
from mixtura.em.stopping import StopRule

Notify = Callable[[Path], object]


def iterate(
    problem: Problem,
    path: Path,
    *,
    stop: Sequence[StopRule],
    max_iter: int,
    rng: Rng,
    stepper: Stepper = PLAIN,
    notify: Notify | None = None,
    keep_interrupted: bool = False,
) -> Path:
    """Iterate until a rule says stop, or ``max_iter`` iterations are done.

    Parameters
    ----------
    task : Task
    path : Path
        The first E-step (`Path.at` of `Problem.begin`).
    stop : sequence of StopRule
        Any of them ends the run.
    notify : callable, optional
        Called with the path at its start and after every iteration.
    keep_interrupted : bool
        On Ctrl-C, return where the run stands instead of raising.
    """
    state = stepper.init(path.last)
    tell = notify or (lambda _: None)
    try:
        tell(path)
        while path.iterations < max_iter and path.outcome is not Outcome.CONVERGED:
            repaired = repair(problem, path, rng)
            if repaired:
                problem = problem.keep(np.isin(path.alive, repaired.alive))
                path, state = repaired, stepper.init(repaired.last)
                tell(path)
                continue
            step = stepper.step(problem, path.last, state)
            old, path, state = path, _advance(problem, path, step), step.state
            if path.last is old.last:
                return path
            tell(path)
            if not problem.collapsed(path.last).any() and any(rule(old.last, path.last) for rule in stop):
                return replace(path, outcome=Outcome.CONVERGED)
    except KeyboardInterrupt:
        if not keep_interrupted:
            raise
        return replace(path, outcome=Outcome.INTERRUPTED)
    return path


def _advance(problem: Problem, path: Path, step: Step) -> Path:
    """Take a step, unless the log-likelihood fell: then the path ends where it was."""
    new = step.iterate
    fall = path.last.loglik - new.loglik
    if fall <= 0 or problem.repair.accepts_falls:
        return path.on(new, step.passes)
    rounding = fall <= problem.rounding * (abs(new.loglik) + new.stats.total)
    if rounding and problem.collapsed(new).any():
        # At rest, but on a component to repair: take the step, so that the next thing is its repair.
        return replace(path.on(new, step.passes), trace=(*path.trace, path.trace[-1]))
    outcome = Outcome.CONVERGED if rounding else Outcome.STALLED
    return replace(path, outcome=outcome, passes=path.passes + step.passes)
