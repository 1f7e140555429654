"""Everything that the starts of a fit have in common, and EM run from each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from mixtura._support import VERSION, Rng, announce, as_known_seed, underflow_to_zero
from mixtura.data import ColumnValues, Source, completed_part
from mixtura.em import Outcome, Problem, Resumed, Run, advance, iterate, reseed_empty
from mixtura.em.steppers import PLAIN
from mixtura.errors import ParameterError
from mixtura.fitting.em import EM
from mixtura.fitting.keeper import NO_KEEPER, Keeper
from mixtura.fitting.known_components import NOTHING_KNOWN, KnownComponents
from mixtura.fitting.measured import check_covariances, check_measured
from mixtura.fitting.model import Model
from mixtura.fitting.noise import with_noise
from mixtura.fitting.options import as_n_components, with_fixed_parameters
from mixtura.fitting.start import Iteration
from mixtura.kernels import kernel_of
from mixtura.mixture import Mixture, has_t_components
from mixtura.starts import FromCompletedRows, Initial, as_initial, with_completed_rows
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
    source: Source,
    n_components: int | None,
    *,
    model: Model,
    start: Any,
    em: EM,
    known: KnownComponents = NOTHING_KNOWN,
) -> FitPlan:
    """Plan of a fit; the arguments are those of `mixtura.fit`, and the start has been checked.

    Raises
    ------
    DataError, ParameterError
        If they do not fit together.
    """
    model = model.in_columns(source.n_features)
    k = as_n_components(n_components, start)
    if isinstance(start, Mixture) and model.tails == "normal" and has_t_components(start):
        raise ParameterError("the start has t components; give tails='t', or start.means and others in Parameters")
    noise = getattr(start, "noise", None) if model.noise is None else model.noise
    check_measured(source, model, noise=noise, known=known.argument)
    check_covariances(source, model.name)
    source = with_completed_rows(source)
    rows = completed_part(source)
    summary, values = model.summary(rows), ColumnValues.of(source)
    problem = model.problem(rows, summary, em.floor_variances(summary, values))
    known.check_model(model, start)
    problem, initial = known.added_to(problem, k, start, as_initial(start))
    region, initials = with_noise(model.noise, rows, summary, initial=initial, start=start)
    model = replace(model, noise=region) if model.noise is None else model  # that of a start with noise
    problem = with_fixed_parameters(problem.with_background(region), k, model.fixed, start=start, initial=initial)
    if source is not rows:
        by_name = isinstance(start, str) and known.argument is None
        initials = tuple(FromCompletedRows(one, by_name) for one in initials)
        problem = replace(problem, source=source)
    return FitPlan(problem, k, initials, model, em, values)


def fit_identity(plan: FitPlan, **arguments: Any) -> dict[str, Any]:
    """What makes a fit the same fit as before, by names for messages; ``arguments`` are others of `mixtura.fit`."""
    problem, seed = plan.problem, as_known_seed(arguments.pop("seed"))
    return {
        "version": (VERSION, kernel_of(problem.source).name),
        "data": (problem.summary, problem.source.length),
        "model": (plan.k, problem.mstep, problem.estep),
        "start": plan.initials,
        "options of EM": replace(plan.em, checkpoint=None, on_interrupt=None),
        "seed": seed,
        "n_init or record": arguments,
    }


@dataclass(frozen=True, slots=True)
class StartWatch:
    """What is done after each iteration from one start.

    Attributes
    ----------
    number : int
        Number of the start.
    history : list of Iteration, or None
        To which iterations are appended, if there is one.
    on_iteration : callable or None
        Called with each `Iteration`.
    keep : callable
        Called with the run and the stepper's state.
    """

    number: int
    history: list[Iteration] | None
    on_iteration: Callable[[Iteration], object] | None
    keep: Callable[[Run, Any], object]

    @property
    def observed(self) -> bool:
        """Whether an `Iteration` is wanted of each iteration."""
        return not (self.history is None and self.on_iteration is None)

    def notify(self, run: Run) -> None:
        """Record an iteration, and tell of it."""
        last = run.last
        iteration = Iteration(self.number, run.iterations, last.mixture, last.loglik, run.rise, run.components)
        if self.history is not None:
            self.history.append(iteration)
        if self.on_iteration:
            self.on_iteration(iteration)


@underflow_to_zero
def run_plan(
    plan: FitPlan,
    rng: Rng,
    *,
    n_init: int = 1,
    record: bool = False,
    on_iteration: Callable[[Iteration], object] | None = None,
    keeper: Keeper = NO_KEEPER,
) -> tuple[list[Run], list[tuple[Iteration, ...]]]:
    """Run EM ``n_init`` times from each way to start.

    Parameters
    ----------
    plan : FitPlan
    rng : Generator or RandomState
    n_init, record, on_iteration
        As in `mixtura.fit`.
    keeper : Keeper
        Keeps the state of the fit, and knows from which one it goes on.

    Returns
    -------
    runs : list of Run
        The last of them may be interrupted.
    histories : list of tuple of Iteration
        The iterations of each run if ``record``, otherwise empty.
    """
    announce(on_iteration, n_init * len(plan.initials), plan.em.max_iter)
    saved = keeper.begin(rng)
    runs, rng = [state.run() for state in saved.done], saved.rng
    histories = list(saved.histories[: len(runs)])
    begun = saved.current
    for number in range(len(runs), n_init * len(plan.initials)):
        recorded = list(saved.histories[number]) if begun else []

        def keep(run: Run, stepper_state: Any, recorded: list[Iteration] = recorded) -> None:
            keeper.keep(run.passes, lambda: saved.at(runs, (*histories, tuple(recorded)), run, stepper_state, rng))

        watch = StartWatch(number, recorded if record else None, on_iteration, keep)
        try:
            resumed = (begun.run(), Resumed(saved.stepper_state)) if begun else None
            runs.append(_run_start(plan, rng, watch, resumed))
        except KeyboardInterrupt:
            if not (plan.em.keeps_interrupted and runs):
                raise
            runs[-1] = replace(runs[-1], outcome=Outcome.INTERRUPTED)
            break
        histories.append(tuple(recorded))
        begun = None
        if runs[-1].outcome is Outcome.INTERRUPTED:
            break
        keeper.keep(None, lambda: saved.at(runs, histories, None, None, rng))
    else:
        keeper.done()
    return runs, histories


def _run_start(plan: FitPlan, rng: Rng, watch: StartWatch, begun: tuple[Run, Resumed] | None) -> Run:
    """Run EM from one start, or from where it was when it was kept."""
    problem, em = plan.problem, plan.em
    if begun:
        run, resumed = begun
    else:
        start = plan.initials[watch.number % len(plan.initials)](problem, plan.k, rng)
        stats, repairs = reseed_empty(problem, start, rng) if isinstance(start, Stats) else (start, ())
        run, resumed = Run.started(problem.begin(stats), repairs), None
        if em.stepper is PLAIN and not (watch.observed or em.keeps_interrupted):
            run = advance(problem, run, em.stop_rules, em.max_iter)
    return iterate(
        problem,
        run,
        stop=em.stop_rules,
        max_iter=em.max_iter,
        rng=rng,
        stepper=em.stepper,
        notify=watch.notify if watch.observed else None,
        keep=watch.keep,
        resumed=resumed,
        keep_interrupted=em.keeps_interrupted,
    )
