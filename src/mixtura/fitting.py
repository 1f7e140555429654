"""`mixtura.fit`: names become objects, starts are run, the best is kept."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mixtura.adjust import floor_variances, moments, scales
from mixtura.arrays import as_amount, as_count, as_rng, column_names, frozen
from mixtura.data import Rng
from mixtura.em import STEPPERS, Path, Task, fill, run
from mixtura.errors import ConvergenceWarning, DegeneracyWarning, ParameterError, StartsDisagreeWarning
from mixtura.families import family_named
from mixtura.initial import DEFAULT, Initial, as_initial
from mixtura.io import read_table
from mixtura.known import knowing
from mixtura.mixture import Mixture
from mixtura.prepare import component_count, prepare
from mixtura.result import Fit, Iteration, Outcome, Start
from mixtura.stats import Stats
from mixtura.steppers import Stepper
from mixtura.stopping import StopRule, as_stops

# Below this fraction of the data's variance rounding makes the log-likelihood fall by more than 1e-7 of itself.
LEAST_FLOOR = 1e-10

# Starts that stop by the same rule in the same optimum differ by a few dozen times its tolerance.
NOISE = 100.0


def fit(
    X: Any,
    k: int | None = None,
    *,
    model: str = "VVV",
    start: Any = DEFAULT,
    n_init: int = 1,
    sample_weight: Any = None,
    known: Any = None,
    tol: float = 1e-6,
    stop: str | Sequence[str] = "loglik",
    max_iter: int = 1000,
    floor: float = 1e-10,
    accelerate: bool = True,
    seed: int | Rng | None = None,
    record: bool = False,
    on_iteration: Callable[[Iteration], object] | None = None,
    on_interrupt: str = "raise",
    threads: int | None = None,
) -> Fit:
    """Fit a Gaussian mixture by expectation-maximisation.

    Parameters
    ----------
    X : array-like or table of shape (n, d), (n,) for one column, a file's path, or a Source
        float32 data is read as it is; all statistics are float64.
    k : int, optional
        Number of components; not needed when the start is a Mixture, labels or responsibilities.
    model : str
        Covariance model: whether volume, shape and axes are equal (E), variable (V) or the identity (I): EII, VII, EEI,
        VEI, EVI, VVI, EEE, VEE, EVE, VVE, EEV, VEV, EVV, VVV, as in mclust; or scikit-learn's full (VVV), tied (EEE),
        diag (VVI), spherical (VII).
    start : str, Mixture, Parameters, labels of shape (n,), or responsibilities of shape (n, k)
        ``"small-em"`` (the best of many short runs), ``"hierarchical"`` (see `hierarchical`; a Tree that
        it returns will do, too), ``"kmeans"``, ``"k-means++"``, ``"random"``,
        ``"random_from_data"`` (as in scikit-learn) or ``"identity"``
        (random weights, random rows as means, identity covariances).
    n_init : int
        How many starts to run; the best is kept.
    sample_weight : array-like of shape (n,), optional
        A weight of 3 counts a row three times, a weight of 0 leaves it out.
    known : array-like of shape (n,), optional
        The component of each row, from 0, where it is known, and -1 where it is not (semi-supervised). Unless they are
        given, the start's parameters are those of the known rows.
    tol : float
        Threshold of the stop rule: the rise of the mean log-likelihood per row, or the move of the parameters.
    stop : {"loglik", "parameters"}, or both
        Stop when the log-likelihood rises by no more than ``tol``, when the parameters move by no more than
        ``tol`` (Euclidean norm), or when either holds.
    max_iter : int
        Largest number of EM iterations of each start.
    floor : float
        Least variance of a component in any direction, as a fraction of the data's variance; at least 1e-10, which
        is what double precision needs. It is part of the M-step, so the log-likelihood still never falls.
    accelerate : bool
        Extrapolate where EM is slow (SQUAREM, then BFGS): fewer passes over the data to the same place.
        False is EM as it is.
    seed : int, numpy Generator or RandomState, optional
    record : bool
        Keep every iteration of the best start in ``Fit.history``, for `mixtura.replay`.
    on_iteration : callable, optional
        Called with an `Iteration` at each start and after every EM iteration.
    on_interrupt : {"raise", "keep"}
        What Ctrl-C does: raise KeyboardInterrupt, or return the best so far.
    threads : int, optional
        How many threads work; the environment variable MIXTURA_NUM_THREADS, or all CPUs that this process may use,
        unless given. The result has the same bits for any number.

    Returns
    -------
    Fit

    Raises
    ------
    DataError, ParameterError
        Where the input cannot be used; a collapsing component is no error but is repaired, with a warning.

    References
    ----------
    Dempster, Laird & Rubin (1977), J. R. Stat. Soc. B 39, 1-38. McLachlan & Peel (2000), Finite Mixture Models.

    Examples
    --------
    >>> import mixtura
    >>> fit = mixtura.fit([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], 2, seed=0)
    >>> sorted(fit.mixture.means.ravel().round(3).tolist())
    [0.2, 5.2]
    >>> fit.outcome.value
    'Converged.'
    """
    X = read_table(os.fspath(X)) if isinstance(X, str | os.PathLike) else X
    source, start = prepare(X, sample_weight, start, threads)
    k = component_count(k, start)
    if on_interrupt not in ("raise", "keep"):
        raise ParameterError(f"on_interrupt is {on_interrupt!r}; expected 'raise' or 'keep'")
    if not (on_iteration is None or callable(on_iteration)):
        raise ParameterError(f"on_iteration is {on_iteration!r}; expected a function of an Iteration")
    data = moments(source)
    scale = scales(data)
    task = Task(source, family_named(model), scale, floor_variances(scale, max(as_amount(floor, "floor"), LEAST_FLOOR)))
    initial = as_initial(start)
    if known is not None:
        task, initial = knowing(task, known, k, start, initial)
    plan = _Plan(
        task,
        k,
        initial,
        as_count(n_init, "n_init"),
        as_stops(stop, tol),
        as_count(max_iter, "max_iter", least=0),
        STEPPERS[bool(accelerate)],
        record,
        on_iteration,
        on_interrupt == "keep",
    )
    tours = _all_starts(plan, as_rng(seed))
    result = _named(_best(plan, tours, data.total), column_names(X), start)
    _warn(result, tol)
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """Everything about a fit that its starts share."""

    task: Task
    k: int
    initial: Initial
    n_init: int
    stop: list[StopRule]
    max_iter: int
    stepper: Stepper
    record: bool
    on_iteration: Callable[[Iteration], object] | None
    keep_interrupted: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Tour:
    """One start: where it led, and every iteration if recorded."""

    path: Path
    history: tuple[Iteration, ...]


def _all_starts(plan: _Plan, rng: Rng) -> list[_Tour]:
    """Run the starts one after the other; an interrupted one is the last."""
    tours: list[_Tour] = []
    for number in range(plan.n_init):
        try:
            tours.append(_one_start(plan, number, rng))
        except KeyboardInterrupt:
            if not (plan.keep_interrupted and tours):
                raise
            last = replace(tours[-1].path, outcome=Outcome.INTERRUPTED)
            return [*tours[:-1], _Tour(last, tours[-1].history)]
        if tours[-1].path.outcome is Outcome.INTERRUPTED:
            break
    return tours


def _one_start(plan: _Plan, number: int, rng: Rng) -> _Tour:
    """Start once and iterate."""
    task = plan.task
    history: list[Iteration] = []

    def notify(path: Path) -> None:
        iteration = Iteration(number, path.iterations, path.last.mixture, path.last.loglik, path.rise)
        if plan.record:
            history.append(iteration)
        if plan.on_iteration:
            plan.on_iteration(iteration)

    start = plan.initial(task, plan.k, rng)
    stats, repairs = fill(task, start, rng) if isinstance(start, Stats) else (start, ())
    path = run(
        task,
        Path.at(task.begin(stats), repairs),
        stop=plan.stop,
        max_iter=plan.max_iter,
        rng=rng,
        stepper=plan.stepper,
        notify=notify,
        keep_interrupted=plan.keep_interrupted,
    )
    return _Tour(path, tuple(history))


def _best(plan: _Plan, tours: list[_Tour], n_rows: float) -> Fit:
    """Keep the start with the highest log-likelihood, and report on all."""
    starts = tuple(_report(tour.path) for tour in tours)
    best = int(np.argmax([start.loglik for start in starts]))
    last = tours[best].path.last
    interrupted = any(start.outcome is Outcome.INTERRUPTED for start in starts)
    return Fit(
        mixture=last.mixture,
        outcome=Outcome.INTERRUPTED if interrupted else starts[best].outcome,
        trace=tours[best].path.trace,
        starts=starts,
        best_start=best,
        model=plan.task.family.name,
        sizes=frozen(last.stats.weight),
        n_rows=n_rows,
        certainty=last.stats.certainty,
        history=tours[best].history,
    )


def _named(result: Fit, columns: tuple[str, ...] | None, start: Any) -> Fit:
    """Keep the names of a table's columns, and those that a starting mixture has."""
    given = start if isinstance(start, Mixture) else None
    if given and given.n_components == result.mixture.n_components:
        result = replace(result, mixture=replace(result.mixture, components=given.components))
    columns = columns or (given.columns if given else None)
    return replace(result, mixture=replace(result.mixture, columns=columns))


def _report(path: Path) -> Start:
    """What one start did."""
    floored = tuple(int(j) for j in np.flatnonzero(path.last.low))
    outcome = path.outcome.qualified(path.repairs, bool(floored))
    return Start(path.last.loglik, path.iterations, path.passes, outcome, path.repairs, floored)


def _warn(result: Fit, tol: float) -> None:
    """Say what the user should know about how it went."""
    best = result.starts[result.best_start]
    if best.repairs or best.floored:
        done = [str(repair) for repair in best.repairs]
        done += [f"component {j} rests on the floor ({result.sizes[j]:.3g} points)" for j in best.floored]
        warnings.warn(
            f"{'; '.join(done)}. Try fewer components, a simpler model, other starts, or another floor.",
            DegeneracyWarning,
            stacklevel=3,
        )
    if result.outcome in (Outcome.OUT_OF_STEPS, Outcome.STALLED):
        warnings.warn(result.outcome.value, ConvergenceWarning, stacklevel=3)
    ranked = sorted((start.loglik for start in result.starts), reverse=True)
    noise = NOISE * max(tol, 1e-9) * result.n_rows
    if len(ranked) > 1 and ranked[0] - ranked[1] > noise:
        warnings.warn(
            f"the two best of {len(ranked)} starts end at log-likelihoods {ranked[0]:.6g} and {ranked[1]:.6g}; "
            "a better optimum may exist: raise n_init",
            StartsDisagreeWarning,
            stacklevel=3,
        )
