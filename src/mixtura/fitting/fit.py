"""`mixtura.fit`: names become objects, starts are run, the best is kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mixtura._support import Rng, as_count, as_fraction, as_rng, column_names
from mixtura.covariance.models import as_constraint, as_covariance_model, with_constraint
from mixtura.data.tables import read_table
from mixtura.em import Outcome, Problem, ReseedThenRemove, Run, StopRule, advance, as_stops, iterate, reseed_empty
from mixtura.em.estep import Plain, Trimmed
from mixtura.em.mstep import MStep, as_floor, floor_variances, with_data
from mixtura.em.steppers import PLAIN, STEPPERS, Stepper
from mixtura.errors import ParameterError
from mixtura.fitting.noise import with_noise
from mixtura.fitting.options import (
    as_data_and_start,
    as_n_components,
    summary_for,
    with_held_parameters,
    with_known_labels,
)
from mixtura.fitting.report import as_fit, warn, with_names
from mixtura.fitting.result import Fit, Iteration
from mixtura.mixture import as_sample_size
from mixtura.starts import DEFAULT, Initial, as_initial
from mixtura.stats import Stats


def fit(
    X: Any,
    k: int | None = None,
    *,
    model: str = "VVV",
    start: Any = DEFAULT,
    noise: Any = None,
    noise_region: str = "box",
    trim: float = 0.0,
    prior: Any = None,
    eigenvalue_ratio: float | None = None,
    determinant_ratio: float | None = None,
    shape_ratio: float | None = None,
    n_init: int = 1,
    sample_weight: Any = None,
    sample_size: Any = None,
    known: Any = None,
    fixed: Any = None,
    equal_proportions: bool = False,
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
        Number of components; not needed when the start is a Mixture, Parameters, labels or responsibilities.
    model : str
        Covariance model: whether volume, shape and axes are equal (E), variable (V) or the identity (I): EII, VII, EEI,
        VEI, EVI, VVI, EEE, VEE, EVE, VVE, EEV, VEV, EVV, VVV, as in mclust; or scikit-learn's full (VVV), tied (EEE),
        diag (VVI), spherical (VII).
    start : str, Mixture, Parameters, labels of shape (n,), or responsibilities of shape (n, k)
        ``"small-em"`` (the best of many short runs), ``"hierarchical"`` (see `hierarchical`; a Tree that
        it returns will do, too), ``"kmeans"``, ``"k-means++"``, ``"random"``,
        ``"random_from_data"`` (as in scikit-learn) or ``"identity"``
        (random weights, random rows as means, identity covariances).
    noise : True, "neighbours", rows, a share, or Noise, optional
        Rows that belong to no component: uniform noise over a box around the data (see `Noise`). It begins with the
        rows given, as booleans (n,) or by number; with those that `find_noise` finds by their ``"neighbours"``; with a
        share between 0 and 1, where the components start as if there were none; with a Noise, over its box; True
        tries neighbours and a share of 0.05, and keeps the better. The components start from the other rows.
    noise_region : {"box", "hull"}
        What noise is uniform over, unless it is a Noise: the smaller of two boxes around the data, along the columns
        or the principal components (mclust's ``hypvol``), or the data's convex hull, in at most six dimensions.
    trim : float
        The fraction of rows to leave out at each step: the least likely ones. ``Fit.cutoff`` tells them.
    prior : "conjugate" or ConjugatePrior, optional
        What is known of means and covariances before: "conjugate" is Fraley and Raftery's, as in mclust. The fit
        maximises log-likelihood plus log-prior; ``Fit.loglik`` and the criteria are those of the rows alone.
    eigenvalue_ratio : float, optional
        No eigenvalue of any covariance may be more than this many times another: tclust's ``restr.fact``, there 12. It
        depends on the columns' units. For EII, VII, EEI, VVI, EEE, VVE, EEV and VVV, whose M-step stays exact.
    determinant_ratio, shape_ratio : float, optional
        No determinant may be more than this many times another, and no eigenvalue more than ``shape_ratio`` (1e10)
        times another of the same component. For VII, VVI, VVE and VVV.
    n_init : int
        How many starts to run; the best is kept. (Where noise begins in two ways, of each.)
    sample_weight : array-like of shape (n,), optional
        A weight of 3 counts a row three times, a weight of 0 leaves it out.
    sample_size : "effective" or float, optional
        What BIC, ICL and AICc count as the number of rows n: the sum of the weights unless given; "effective" is
        Kish's (sum w)^2 / sum w^2. The log-likelihood stays what the weights say.
    known : array-like of shape (n,), optional
        The component of each row, from 0, where it is known, and -1 where it is not (semi-supervised). Unless they are
        given, the start's parameters are those of the known rows.
    fixed : {"weights", "means", "covariances"}, several of them, or a dictionary, optional
        Parameters that stay as the start gives them, which must be a Mixture, Parameters, labels or responsibilities; a
        dictionary says of which components, by booleans (k,) or by number: ``{"means": [0, 2], "weights": True}``. They
        do not count in ``Fit.n_parameters``. Beside noise, weights are shares of what noise leaves; a model's equal
        volumes, shapes or axes are those of the components whose covariance is free.
    equal_proportions : bool
        Whether all components have the same weight (mclust's ``equalPro``).
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
    source, start = as_data_and_start(X, sample_weight, start, threads)
    k = as_n_components(k, start)
    if on_interrupt not in ("raise", "keep"):
        raise ParameterError(f"on_interrupt is {on_interrupt!r}; expected 'raise' or 'keep'")
    if not (on_iteration is None or callable(on_iteration)):
        raise ParameterError(f"on_iteration is {on_iteration!r}; expected a function of an Iteration")
    summary = summary_for(source, prior=prior, noise=noise, sample_size=sample_size)
    size = as_sample_size(sample_size, lambda: summary)
    constraint = as_constraint(eigenvalue_ratio, determinant_ratio, shape_ratio)
    mstep = MStep(
        with_constraint(as_covariance_model(model), constraint),
        floor_variances(summary.scale, as_floor(floor)),
        prior=with_data(prior, summary),
    )
    left_out = as_fraction(trim, "trim")
    estep = Trimmed(left_out) if left_out else Plain()
    problem = Problem(source, estep, mstep, ReseedThenRemove(), summary)
    initial = as_initial(start)
    if known is not None:
        problem, initial = with_known_labels(problem, known, k, start, initial)
    around, initials = with_noise(noise, noise_region, source, summary, initial=initial, start=start)
    problem = problem.with_background(around)
    plan = _Plan(
        with_held_parameters(problem, k, fixed, equal_proportions=equal_proportions, start=start, initial=initial),
        k,
        initials,
        as_count(n_init, "n_init"),
        as_stops(stop, tol),
        as_count(max_iter, "max_iter", least=0),
        STEPPERS[bool(accelerate)],
        record,
        on_iteration,
        on_interrupt == "keep",
    )
    runs, histories = _all_starts(plan, as_rng(seed))
    result = with_names(replace(as_fit(plan.problem, runs, histories), sample_size=size), column_names(X), start)
    warn(result, tol, len(initials))
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """Everything about a fit that its starts share."""

    problem: Problem
    k: int
    initials: tuple[Initial, ...]
    n_init: int
    stop: list[StopRule]
    max_iter: int
    stepper: Stepper
    record: bool
    on_iteration: Callable[[Iteration], object] | None
    keep_interrupted: bool


def _all_starts(plan: _Plan, rng: Rng) -> tuple[list[Run], list[tuple[Iteration, ...]]]:
    """Where the starts led, one after the other, and the iterations of each; an interrupted one is the last."""
    runs: list[Run] = []
    histories: list[tuple[Iteration, ...]] = []
    for number in range(plan.n_init * len(plan.initials)):
        history: list[Iteration] = []
        try:
            runs.append(_one_start(plan, number, rng, history))
        except KeyboardInterrupt:
            if not (plan.keep_interrupted and runs):
                raise
            runs[-1] = replace(runs[-1], outcome=Outcome.INTERRUPTED)
            break
        histories.append(tuple(history))
        if runs[-1].outcome is Outcome.INTERRUPTED:
            break
    return runs, histories


def _one_start(plan: _Plan, number: int, rng: Rng, history: list[Iteration]) -> Run:
    """Start once and iterate; iterations are appended to ``history`` if they are to be recorded."""
    problem = plan.problem

    def notify(run: Run) -> None:
        last = run.last
        iteration = Iteration(number, run.iterations, last.mixture, last.loglik, run.rise, run.components)
        if plan.record:
            history.append(iteration)
        if plan.on_iteration:
            plan.on_iteration(iteration)

    watched = plan.record or plan.on_iteration is not None
    start = plan.initials[number % len(plan.initials)](problem, plan.k, rng)
    stats, repairs = reseed_empty(problem, start, rng) if isinstance(start, Stats) else (start, ())
    run = Run.started(problem.begin(stats), repairs)
    if plan.stepper is PLAIN and not (watched or plan.keep_interrupted):
        run = advance(problem, run, plan.stop, plan.max_iter)
    return iterate(
        problem,
        run,
        stop=plan.stop,
        max_iter=plan.max_iter,
        rng=rng,
        stepper=plan.stepper,
        notify=notify if watched else None,
        keep_interrupted=plan.keep_interrupted,
    )
