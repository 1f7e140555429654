"""What the starts of a fit amount to: the best is kept, and the user is told what to know about it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mixtura._support import column_names, frozen_array, table_kind
from mixtura.em import Iterate, Outcome, Problem, Run, describe_repairs, is_thin, least_weight, standing_of
from mixtura.errors import ConvergenceWarning, DegeneracyWarning, StartsDisagreeWarning
from mixtura.fitting.em import EM
from mixtura.fitting.model import Model
from mixtura.fitting.result import Fit
from mixtura.fitting.start import Iteration, PointMass, Start
from mixtura.mixture import Mixture

# A column in which a component's variance is below so many times the floor is one in which its rows coincide.
NARROW = 1.5

# Starts that stop by the same rule in the same optimum differ by a few dozen times its tolerance.
TWINS = 100.0


def as_fit(
    problem: Problem,
    runs: Sequence[Run],
    model: Model,
    em: EM,
    *,
    histories: Sequence[tuple[Iteration, ...]] = (),
) -> Fit:
    """Keep the run with the highest log-likelihood of the rows, and report on all.

    A penalty, by which EM iterates, does not count here, so that more starts never give a worse BIC. ``histories`` are
    the recorded iterations of each run.
    """
    starts = tuple(_report(problem, run) for run in runs)
    behind = [bool(start.spurious) or _is_thin(problem, run) for start, run in zip(starts, runs, strict=True)]
    of_rows = [run.loglik - problem.mstep.penalty(run.last.mixture) for run in runs]
    first = min(range(len(starts)), key=lambda number: (behind[number], -of_rows[number]))
    last = runs[first].last
    interrupted = any(start.outcome is Outcome.INTERRUPTED for start in starts)
    return Fit(
        mixture=last.mixture,
        outcome=Outcome.INTERRUPTED if interrupted else starts[first].outcome,
        trace=runs[first].trace,
        starts=starts,
        best_start=first,
        model=model,
        em=em,
        sizes=frozen_array(last.stats.weight),
        n_rows=last.stats.total if problem.estep.left_out else problem.summary.weight,
        assignment_logprob=last.stats.assignment_logprob,
        history=histories[first] if histories else (),
        cutoff=last.memory if problem.estep.left_out else -np.inf,
        log_prior=problem.mstep.penalty(last.mixture),
        weights_are=getattr(problem.source, "weights_are", None),
        point_masses=_point_masses(problem, last, starts[first]),
    )


def _is_thin(problem: Problem, run: Run) -> bool:
    """Whether a component of few rows owes its likelihood to the M-step's penalty, which keeps it off the floor."""
    if not problem.mstep.penalty(run.last.mixture):
        return False
    return is_thin(standing_of(problem, run), least_weight(problem))


def with_names(result: Fit, X: Any, start: Any) -> Fit:
    """Keep the kind of table that X is, the names of its columns, and those that a starting mixture has."""
    given = start if isinstance(start, Mixture) else None
    if given and given.n_components == result.mixture.n_components:
        result = replace(result, mixture=replace(result.mixture, component_names=given.component_names))
    columns = column_names(X) or (given.columns if given else None)
    return replace(result, mixture=replace(result.mixture, columns=columns, table_kind=table_kind(X)))


def _report(problem: Problem, run: Run) -> Start:
    """What one start did."""
    floored = tuple(np.flatnonzero(run.last.at_floor).tolist())
    spurious = tuple(np.flatnonzero(problem.spurious(run.last)).tolist()) if floored else ()
    outcome = run.outcome.qualified(run.repairs, floored=bool(floored), spurious=bool(spurious))
    return Start(run.last.loglik, run.iterations, run.passes, outcome, run.repairs, floored, spurious)


def _point_masses(problem: Problem, last: Iterate, start: Start) -> tuple[PointMass, ...]:
    """Components at the floor that hold many rows, and where these coincide."""
    many = [j for j in start.floored if j not in start.spurious]
    if not many:
        return ()
    narrow = last.mixture.covariances.variances() < NARROW * problem.mstep.floor
    return tuple(
        PointMass(
            j,
            float(last.stats.weight[j]),
            tuple(np.flatnonzero(narrow[j]).tolist()),
            tuple(last.mixture.means[j][narrow[j]].tolist()),
        )
        for j in many
    )


def warn(result: Fit, kinds: int) -> None:
    """Say what the user should know about how it went; of several kinds of starts, taken in turn, see the best one."""
    best = result.starts[result.best_start]
    if best.repairs or best.spurious:
        floored = [f"component {j} rests on the floor ({result.sizes[j]:.3g} points)" for j in best.spurious]
        done = describe_repairs(best.repairs, floored)
        warnings.warn(
            f"{done}. Try fewer components, a simpler model, other starts, or another floor.",
            DegeneracyWarning,
            stacklevel=3,
        )
    if result.outcome in (Outcome.OUT_OF_STEPS, Outcome.STALLED):
        warnings.warn(result.outcome.value, ConvergenceWarning, stacklevel=3)
    alike = result.starts[result.best_start % kinds :: kinds]
    ranked = sorted((start.loglik for start in alike), reverse=True)
    noise = TWINS * result.em.tolerance(result.n_rows)
    if len(ranked) > 1 and ranked[0] - ranked[1] > noise:
        warnings.warn(
            f"the two best of {len(ranked)} starts end at log-likelihoods {ranked[0]:.6g} and {ranked[1]:.6g}; "
            "a better optimum may exist: raise n_init",
            StartsDisagreeWarning,
            stacklevel=3,
        )
