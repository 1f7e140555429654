"""`mixtura.fit`: names become objects, starts are run, the best is kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from mixtura._support import Rng, as_count, as_rng, underflow_to_zero
from mixtura.data import ColumnValues
from mixtura.data.tables import read_table
from mixtura.em import Outcome, Problem, Run, advance, iterate, reseed_empty
from mixtura.em.steppers import PLAIN
from mixtura.errors import ParameterError
from mixtura.fitting.doubts import warn_of_columns, warn_of_few_rows
from mixtura.fitting.em import EM, as_em
from mixtura.fitting.model import Model, as_model
from mixtura.fitting.noise import with_noise
from mixtura.fitting.options import as_data_and_start, as_n_components, with_held_parameters, with_known_labels
from mixtura.fitting.report import as_fit, warn, with_names
from mixtura.fitting.result import Fit
from mixtura.fitting.start import Iteration
from mixtura.starts import DEFAULT, Initial, as_initial
from mixtura.stats import Stats


def fit(
    X: Any,
    n_components: int | None = None,
    *,
    model: str | Model = "VVV",
    prior: Any = None,
    noise: Any = None,
    trim: float = 0.0,
    fixed: Any = None,
    equal_weights: bool = False,
    start: Any = DEFAULT,
    n_init: int = 1,
    known_labels: Any = None,
    sample_weight: Any = None,
    weights_are: str | None = None,
    tol: float | None = None,
    max_iter: int | None = None,
    em: EM | None = None,
    seed: int | Rng | None = None,
    threads: int | None = None,
    record: bool = False,
    on_iteration: Callable[[Iteration], object] | None = None,
) -> Fit:
    """Fit a Gaussian mixture by expectation-maximisation.

    Parameters
    ----------
    X : array-like or table of shape (n, d), (n,) for one column, a file's path, or a Source
        float32 data is read as it is; all statistics are float64.
    n_components : int, optional
        Not needed when the start is a Mixture, Parameters, labels or responsibilities.
    model : str or Model
        Covariance model: whether volume, shape and axes are equal (E), variable (V) or the identity (I): EII, VII, EEI,
        VEI, EVI, VVI, EEE, VEE, EVE, VVE, EEV, VEV, EVV, VVV, and E and V of one column, as in mclust; or
        scikit-learn's full (VVV), tied (EEE), diag (VVI), spherical (VII). A `Model`, such as that of another fit, says
        all from here to ``equal_weights``, and a constraint, by how much covariances may differ.
    prior : "conjugate" or ConjugatePrior, optional
        What is known of means and covariances before: "conjugate" is Fraley and Raftery's, as in mclust. The fit
        maximises log-likelihood plus log-prior; ``Fit.loglik`` and the criteria are those of the rows alone.
    noise : True, "neighbours", rows, float, UniformNoise or Noise, optional
        Rows that belong to no component: uniform noise over a box around the data. What it begins with, and over which
        region it may be, is told at `UniformNoise`; a `Noise` is uniform over its own box and begins with its weight.
    trim : float
        The fraction of rows to leave out at each step: the least likely ones. ``Fit.cutoff`` tells them.
    fixed : {"weights", "means", "covariances"}, several of them, or a dictionary, optional
        Parameters that stay as the start gives them, which must be a Mixture, Parameters, labels or responsibilities; a
        dictionary says of which components, by booleans (k,) or by number: ``{"means": [0, 2], "weights": True}``. They
        do not count in ``Fit.n_parameters``. Beside noise, weights are parts of what noise leaves; a model's equal
        volumes, shapes or axes are those of the components whose covariance is free.
    equal_weights : bool
        Whether all components have the same weight (mclust's ``equalPro``).
    start : str, Mixture, Parameters, labels of shape (n,), or responsibilities of shape (n, k)
        ``"small-em"`` (the best of many short runs), ``"hierarchical"`` (see `hierarchical`; a ClusterTree that
        it returns will do, too), ``"kmeans"``, ``"k-means++"``, ``"random"``,
        ``"random_from_data"`` (as in scikit-learn) or ``"identity"``
        (random weights, random rows as means, identity covariances).
    n_init : int
        How many starts to run; the best is kept. (Where noise begins in two ways, of each.)
    known_labels : array-like of shape (n,), optional
        The component of each row, from 0, where it is known, and -1 where it is not (semi-supervised). Unless they are
        given, the start's parameters are those of the known rows.
    sample_weight : array-like of shape (n,), optional
        A weight of 3 counts a row three times, a weight of 0 leaves it out.
    weights_are : {"counts", "sampling"}, optional
        What the weights are: how often a row was seen, or how much of a population it stands for (survey or importance
        weights), where only ratios matter and log-likelihood and criteria are those of Kish's effective number of rows,
        (sum w)^2 / sum w^2. Unless given, whole numbers are counts, all others sampling weights.
    tol, max_iter : optional
        Those of ``em``, which are 1e-6 and 1000 by default: the rise of the mean log-likelihood per row at which EM
        stops, and the largest number of iterations of each start.
    em : EM, optional
        How EM is run: stop rule, acceleration, floor of the variances, what Ctrl-C does.
    seed : int, numpy Generator or RandomState, optional
    threads : int, optional
        How many threads work; the environment variable MIXTURA_NUM_THREADS, or all CPUs that this process may use,
        unless given. The result has the same bits for any number.
    record : bool
        Keep every iteration of the best start in ``Fit.history``, for `mixtura.replay`.
    on_iteration : callable, optional
        Called with an `Iteration` at each start and after every EM iteration.

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
    told = {"prior": prior, "noise": noise, "trim": trim, "fixed": fixed}
    asked, how = as_model(model, {**told, "equal_weights": equal_weights}), as_em(em, tol=tol, max_iter=max_iter)
    if not (on_iteration is None or callable(on_iteration)):
        raise ParameterError(f"on_iteration is {on_iteration!r}; expected a function of an Iteration")
    X = read_table(os.fspath(X)) if isinstance(X, str | os.PathLike) else X
    source, start = as_data_and_start(X, sample_weight, weights_are, start, threads)
    asked = asked.in_columns(source.n_features)
    k = as_n_components(n_components, start)
    summary, values = asked.summary(source), ColumnValues.of(source)
    problem = asked.problem(source, summary, how.floor_variances(summary, values))
    initial = as_initial(start)
    if known_labels is not None:
        if asked.trim:
            raise ParameterError(
                "trim: rows whose component is known cannot be trimmed; leave known_labels out, or trim"
            )
        problem, initial = with_known_labels(problem, known_labels, k, start, initial)
    around, initials = with_noise(asked.noise, source, summary, initial=initial, start=start)
    problem = with_held_parameters(problem.with_background(around), k, asked.fixed, start=start, initial=initial)
    plan = _Plan(problem, k, initials, as_count(n_init, "n_init"), how, record, on_iteration)
    runs, histories = _all_starts(plan, as_rng(seed))
    result = with_names(as_fit(problem, runs, asked, how, histories=histories), X, start)
    warn_of_columns(values, result.mixture.columns, stacklevel=2)
    warn_of_few_rows(result, stacklevel=2)
    warn(result, len(initials))
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """Everything about a fit that its starts share."""

    problem: Problem
    k: int
    initials: tuple[Initial, ...]
    n_init: int
    em: EM
    record: bool
    on_iteration: Callable[[Iteration], object] | None


@underflow_to_zero
def _all_starts(plan: _Plan, rng: Rng) -> tuple[list[Run], list[tuple[Iteration, ...]]]:
    """Where the starts led, one after the other, and the iterations of each; an interrupted one is the last."""
    runs: list[Run] = []
    histories: list[tuple[Iteration, ...]] = []
    for number in range(plan.n_init * len(plan.initials)):
        history: list[Iteration] = []
        try:
            runs.append(_one_start(plan, number, rng, history))
        except KeyboardInterrupt:
            if not (plan.em.keeps_interrupted and runs):
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
    if plan.em.stepper is PLAIN and not (watched or plan.em.keeps_interrupted):
        run = advance(problem, run, plan.em.rules, plan.em.max_iter)
    return iterate(
        problem,
        run,
        stop=plan.em.rules,
        max_iter=plan.em.max_iter,
        rng=rng,
        stepper=plan.em.stepper,
        notify=notify if watched else None,
        keep_interrupted=plan.em.keeps_interrupted,
    )
