"""Make a `Fit` of the runs of all starts, and warn of what may be wrong with it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mixtura._support import column_names, frozen_array, table_kind
from mixtura.data.files import FileSource
from mixtura.data.tables import Table
from mixtura.em import Iterate, Outcome, Problem, Run, data_loglik, describe_repairs, is_suspect
from mixtura.errors import ConvergenceWarning, DegeneracyWarning, StartsDisagreeWarning
from mixtura.fitting.em import EM
from mixtura.fitting.fitted_data import FittedData
from mixtura.fitting.measured import recorded_sizes
from mixtura.fitting.model import Model
from mixtura.fitting.order import ordered_by_size
from mixtura.fitting.result import Fit
from mixtura.fitting.start import Iteration, PointMass, Start
from mixtura.mixture import Mixture

# The rows of a component coincide in a column where its variance is below this multiple of the floor.
POINT_MASS_FACTOR = 1.5

# Log-likelihoods per row of starts that end at the same optimum differ by less than this multiple of the tolerance.
SAME_OPTIMUM = 100.0


def as_fit(
    problem: Problem,
    runs: Sequence[Run],
    model: Model,
    em: EM,
    *,
    histories: Sequence[tuple[Iteration, ...]] = (),
    keep_order: bool = False,
) -> Fit:
    """Fit from the run with the highest log-likelihood, with a summary of each run, its components ordered by size.

    The M-step's penalty does not count here, so that more starts never give a worse BIC. ``histories`` are the recorded
    iterations of each run; ``keep_order`` leaves the components as the start has them.
    """
    starts = tuple(_summary(problem, run) for run in runs)
    suspect = [is_suspect(problem, run) for run in runs]
    logliks = [data_loglik(problem, run) for run in runs]
    first = min(range(len(starts)), key=lambda number: (suspect[number], -logliks[number]))
    last = runs[first].last
    interrupted = any(start.outcome is Outcome.INTERRUPTED for start in starts)
    result = Fit(
        mixture=last.mixture,
        outcome=Outcome.INTERRUPTED if interrupted else starts[first].outcome,
        trace=runs[first].trace,
        starts=starts,
        best_start=first,
        model=model,
        em=em,
        sizes=frozen_array(recorded_sizes(problem.source, last, problem.summary.weight)),
        n_rows=last.stats.total if problem.estep.left_out else problem.summary.weight,
        assignment_logprob=last.stats.assignment_logprob,
        history=histories[first] if histories else (),
        cutoff=last.memory if problem.estep.left_out else -np.inf,
        log_prior=problem.mstep.penalty(last.mixture),
        weights_are=getattr(problem.source, "weights_are", None),
        point_masses=_point_masses(problem, last, starts[first]),
        data=replace(FittedData.of(problem.summary), missing=getattr(problem.source, "missing_counts", None)),
    )
    return result if keep_order else ordered_by_size(result, runs[first].components)


def with_names(result: Fit, X: Any, start: Any) -> Fit:
    """The fit with the kind and column names of the table X, and the component names of a starting mixture."""
    given = start if isinstance(start, Mixture) else None
    before, own = result.mixture, None
    if given and given.n_components == before.n_components:
        own = given.component_names
    columns, kind = column_names(X) or (given.columns if given else None), table_kind(X)
    data = replace(result.data, file=X.name) if result.data and isinstance(X, Table | FileSource) else result.data
    if (columns, own, kind, data) == (before.columns, before.component_names, before.table_kind, result.data):
        return result
    return replace(result, mixture=before.relabelled(columns, own or before.component_names, kind), data=data)


def _summary(problem: Problem, run: Run) -> Start:
    """Summary of one run."""
    floored = tuple(np.flatnonzero(run.last.at_floor).tolist())
    spurious = tuple(np.flatnonzero(problem.spurious(run.last)).tolist()) if floored else ()
    outcome = run.outcome.qualified(run.repairs, floored=bool(floored), spurious=bool(spurious))
    return Start(run.last.loglik, run.iterations, run.passes, outcome, run.repairs, floored, spurious)


def _point_masses(problem: Problem, last: Iterate, start: Start) -> tuple[PointMass, ...]:
    """Components at the floor that hold many rows, with the columns and values in which the rows coincide."""
    many = [j for j in start.floored if j not in start.spurious]
    if not many:
        return ()
    narrow = last.mixture.covariances.variances() < POINT_MASS_FACTOR * problem.mstep.floor
    return tuple(
        PointMass(
            j,
            float(last.stats.weight[j]),
            tuple(np.flatnonzero(narrow[j]).tolist()),
            tuple(last.mixture.means[j][narrow[j]].tolist()),
        )
        for j in many
    )


def warn_of_result(result: Fit, n_initials: int) -> None:
    """Warn of degenerate components, of no convergence, and of starts that disagree.

    The starts use ``n_initials`` ways to start in turn; only those of the best start's way are compared.
    """
    best = result.starts[result.best_start]
    if best.repairs or best.spurious:
        floored = [f"component {j} is at the floor ({result.sizes[j]:.3g} rows)" for j in best.spurious]
        problems = describe_repairs(best.repairs, floored)
        warnings.warn(
            f"{problems}. Try fewer components, a simpler model, other starts, or another floor.",
            DegeneracyWarning,
            stacklevel=3,
        )
    if result.outcome in (Outcome.OUT_OF_STEPS, Outcome.STALLED):
        warnings.warn(result.outcome.value, ConvergenceWarning, stacklevel=3)
    alike = result.starts[result.best_start % n_initials :: n_initials]
    ranked = sorted((start.loglik for start in alike), reverse=True)
    tolerance = SAME_OPTIMUM * result.em.tolerance(result.n_rows)
    if len(ranked) > 1 and ranked[0] - ranked[1] > tolerance:
        warnings.warn(
            f"the two best of {len(ranked)} starts end at log-likelihoods {ranked[0]:.6g} and {ranked[1]:.6g}; "
            "a better optimum may exist: raise n_init",
            StartsDisagreeWarning,
            stacklevel=3,
        )
