"""Everything that the starts of a fit have in common, and EM run from each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from mixtura._support import Rng, announce, underflow_to_zero
from mixtura.data import ColumnValues, Source
from mixtura.em import Outcome, Problem, Run, advance, iterate, reseed_empty
from mixtura.em.steppers import PLAIN
from mixtura.fitting.em import EM
from mixtura.fitting.model import Model
from mixtura.fitting.noise import with_noise
from mixtura.fitting.options import as_n_components, with_fixed_parameters, with_known_labels
from mixtura.fitting.start import Iteration
from mixtura.starts import Initial, as_initial
from mixtura.stats import Stats


@dataclass(frozen=True, slots=True, eq=False)
class FitPlan:
    """What all starts of a fit have in common.

    Attributes
    ----------
    problem : Problem
    k : int
        Number of components.
    initials : tuple of Initial
        Ways to start, which take turns.
    model : Model
        The model in the columns of the data, with the noise of the start if it has none of its own.
    em : EM
    values : ColumnValues
        Distinct values of the columns, of which a fit warns.
    """

    problem: Problem
    k: int
    initials: tuple[Initial, ...]
    model: Model
    em: EM
    values: ColumnValues


def plan_fit(
    source: Source, n_components: int | None, *, model: Model, start: Any, em: EM, known_labels: Any = None
) -> FitPlan:
    """Plan of a fit; the arguments are those of `mixtura.fit`, and the start has been checked.

    Raises
    ------
    DataError, ParameterError
        If they do not fit together.
    """
    model = model.in_columns(source.n_features)
    k = as_n_components(n_components, start)
    summary, values = model.summary(source), ColumnValues.of(source)
    problem = model.problem(source, summary, em.floor_variances(summary, values))
    initial = as_initial(start)
    if known_labels is not None:
        model.check_known_labels()
        problem, initial = with_known_labels(problem, known_labels, k, start, initial)
    region, initials = with_noise(model.noise, source, summary, initial=initial, start=start)
    model = replace(model, noise=region) if model.noise is None else model  # that of a start with noise
    problem = with_fixed_parameters(problem.with_background(region), k, model.fixed, start=start, initial=initial)
    return FitPlan(problem, k, initials, model, em, values)


@underflow_to_zero
def run_plan(
    plan: FitPlan,
    rng: Rng,
    *,
    n_init: int = 1,
    record: bool = False,
    on_iteration: Callable[[Iteration], object] | None = None,
) -> tuple[list[Run], list[tuple[Iteration, ...]]]:
    """Run EM ``n_init`` times from each way to start.

    Returns
    -------
    runs : list of Run
        The last of them may be interrupted.
    histories : list of tuple of Iteration
        The iterations of each run if ``record``, otherwise empty.
    """
    announce(on_iteration, n_init * len(plan.initials), plan.em.max_iter)
    runs: list[Run] = []
    histories: list[tuple[Iteration, ...]] = []
    for number in range(n_init * len(plan.initials)):
        history: list[Iteration] | None = [] if record else None
        try:
            runs.append(_run_start(plan, number, rng, history, on_iteration))
        except KeyboardInterrupt:
            if not (plan.em.keeps_interrupted and runs):
                raise
            runs[-1] = replace(runs[-1], outcome=Outcome.INTERRUPTED)
            break
        histories.append(tuple(history or ()))
        if runs[-1].outcome is Outcome.INTERRUPTED:
            break
    return runs, histories


def _run_start(
    plan: FitPlan,
    number: int,
    rng: Rng,
    history: list[Iteration] | None,
    on_iteration: Callable[[Iteration], object] | None,
) -> Run:
    """Run EM from one start; iterations are appended to ``history``, if there is one."""
    problem = plan.problem

    def notify(run: Run) -> None:
        last = run.last
        iteration = Iteration(number, run.iterations, last.mixture, last.loglik, run.rise, run.components)
        if history is not None:
            history.append(iteration)
        if on_iteration:
            on_iteration(iteration)

    observed = not (history is None and on_iteration is None)
    start = plan.initials[number % len(plan.initials)](problem, plan.k, rng)
    stats, repairs = reseed_empty(problem, start, rng) if isinstance(start, Stats) else (start, ())
    run = Run.started(problem.begin(stats), repairs)
    if plan.em.stepper is PLAIN and not (observed or plan.em.keeps_interrupted):
        run = advance(problem, run, plan.em.stop_rules, plan.em.max_iter)
    return iterate(
        problem,
        run,
        stop=plan.em.stop_rules,
        max_iter=plan.em.max_iter,
        rng=rng,
        stepper=plan.em.stepper,
        notify=notify if observed else None,
        keep_interrupted=plan.em.keeps_interrupted,
    )
