"""Run EM as scikit-learn does: with its starts, stopping rule, count of iterations and printed lines."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from mixtura._support import underflow_to_zero
from mixtura.covariance import DiagonalCovariance
from mixtura.data import ArraySource, Source, completed_part
from mixtura.em import (
    Iterate,
    LoglikChanges,
    Outcome,
    Problem,
    Run,
    StopRule,
    advance,
    describe_repairs,
    iterate,
    reseed_empty,
)
from mixtura.em.mstep import floor_variances
from mixtura.em.steppers import PLAIN, accelerated
from mixtura.errors import DegeneracyWarning
from mixtura.fitting import Model
from mixtura.mixture import Mixture
from mixtura.sklearn.collapse import CollapsePolicy
from mixtura.sklearn.verbose import VerbosePrinter
from mixtura.starts import GROUPINGS, SCIKIT_LEARN_STARTS, Grouping

NOT_CONVERGED = (
    "Best performing initialization did not converge. Try different init parameters, or increase max_iter, tol, or "
    "check for degenerate data."
)

# Values of init_params: scikit-learn's four, and k-means on at most 100,000 rows.
STARTS = {**SCIKIT_LEARN_STARTS, "kmeans-sample": GROUPINGS["kmeans"]}

# For rows that are not in memory: scikit-learn's starts need all of them at once.
SAMPLED_STARTS = {**GROUPINGS, "kmeans-sample": GROUPINGS["kmeans"]}


@dataclass(frozen=True, slots=True, eq=False)
class StartResult:
    """Result of EM from one start.

    Attributes
    ----------
    mixture : Mixture
        Mixture after the M-step that follows the last E-step, or the start.
    lower_bounds : tuple of float
        Mean log-likelihood per row at each E-step.
    converged : bool
    total_weight : float
        Sum of the weights before they are normalised; that of scikit-learn's starts may differ from one.
    problems : str
        Text about repairs and covariances at the floor; empty if there are none.
    state : dict
        State of the random number generator before the start was drawn.
    """

    mixture: Mixture
    lower_bounds: tuple[float, ...] = ()
    converged: bool = False
    total_weight: float = 1.0
    problems: str = ""
    state: Any = None

    @property
    def lower_bound(self) -> float:
        """Mean log-likelihood per row at the last E-step; minus infinity without any E-step."""
        return self.lower_bounds[-1] if self.lower_bounds else -np.inf


@dataclass(frozen=True, slots=True, eq=False)
class InitialParameters:
    """Initial parameters that the user gives; None for those that a start supplies.

    Attributes
    ----------
    weights, means, covariances : optional
    start : callable, optional
        The start that is made of what is known of the rows' components, in place of the start method.
    """

    weights: Any = None
    means: Any = None
    covariances: Any = None
    start: Grouping | None = None

    def as_dict(self) -> dict[str, Any]:
        """Given parameters by name."""
        values = {"weights": self.weights, "means": self.means, "covariances": self.covariances}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def is_complete(self) -> bool:
        """Whether all parameters are given, so that a start needs no random numbers."""
        return len(self.as_dict()) == 3

    def complete(self, k: int, d: int) -> Mixture:
        """Mixture with the given parameters, and placeholders for the others: equal weights, means 0, variances 1."""
        placeholders = {
            "weights": np.full(k, 1 / k),
            "means": np.zeros((k, d)),
            "covariances": DiagonalCovariance(np.ones((1, 1)), k, d),
        }
        return Mixture(**{**placeholders, **self.as_dict()})


def problem_of(source: Source, model: Model, reg_covar: float, policy: CollapsePolicy) -> Problem:
    """The problem that EM solves, with the ridge ``reg_covar`` on all variances and the policy's repairs.

    The floor is half the ridge, which no variance plus ridge can reach, or the policy's floor if that is higher.
    """
    summary = model.summary(source)
    floor = np.maximum(floor_variances(summary.scale, policy.floor), reg_covar / 2)
    mstep = replace(model.mstep(summary, floor), ridge=reg_covar)
    return Problem(source, model.estep(), mstep, policy.repair, summary)


def initial_mixture(
    problem: Problem,
    k: int,
    init_params: str,
    given: InitialParameters,
    *,
    rng: np.random.RandomState,
    policy: CollapsePolicy,
) -> StartResult | None:
    """Mixture from which EM starts: the given parameters, and those of the start method for the others.

    None if a component of the start has collapsed.
    """
    parameters = given.as_dict()
    if given.is_complete:
        return StartResult(with_tails_of(problem, Mixture(**parameters)))
    starts: Mapping[str, Any] = STARTS if isinstance(problem.source, ArraySource) else SAMPLED_STARTS
    start = starts[init_params] if given.start is None else given.start
    stats = start(replace(problem, source=completed_part(problem.source)), k, rng)
    if policy.repairs:
        stats, _ = reseed_empty(problem, stats, rng)
    if policy.is_empty(stats, problem.mstep.ridge):
        return None
    mixture, at_floor = problem.mstep(stats)
    if policy.counts_as_collapse(at_floor) and "covariances" not in parameters:
        return None
    total = 1.0 if given.weights is not None else stats.total / problem.summary.weight
    return StartResult(replace(mixture, **parameters) if parameters else mixture, total_weight=total)


def with_tails_of(problem: Problem, mixture: Mixture) -> Mixture:
    """The mixture with the degrees of freedom with which the problem's M-step begins, none of Gaussian components."""
    found = problem.mstep.tails.admit(mixture.degrees_of_freedom, mixture.n_components)
    if found is None and mixture.degrees_of_freedom is None:
        return mixture
    return replace(mixture, degrees_of_freedom=found)


def run_em(
    problem: Problem,
    first: StartResult,
    policy: CollapsePolicy,
    *,
    tol: float,
    max_iter: int,
    accelerate: bool,
    printer: VerbosePrinter,
    earlier: float | None = None,
) -> StartResult | None:
    """Run EM from a mixture; None if a component collapses.

    scikit-learn stops after an M-step and Mixtura after an E-step, so n iterations of scikit-learn are n - 1 of
    Mixtura's and an M-step. ``earlier`` is the last lower bound of a fit that ``warm_start`` continues.
    """
    if not max_iter:
        return first
    initial = problem.evaluate(first.mixture, np.zeros(first.mixture.n_components, dtype=bool))
    initial = initial.with_total_weight(first.total_weight)
    rules: list[StopRule] = [LoglikChanges(tol)]
    run = Run.started(initial) if earlier is None else resume(problem, initial, earlier, rules)
    if not (accelerate or printer.level):
        run = advance(problem, run, rules, max_iter - 1)
    run = iterate(
        problem,
        run,
        stop=[*rules, lambda _, __, new: policy.has_collapsed(new.last, problem.mstep)],
        max_iter=max_iter - 1,
        rng=np.random.default_rng(0),
        stepper=accelerated() if accelerate else PLAIN,
        notify=printer.iteration,
    )
    if policy.has_collapsed(run.last, problem.mstep):
        return None
    mixture, at_floor = problem.keep(np.array(run.components)).mstep(run.last.stats, run.last.mixture)
    if policy.counts_as_collapse(at_floor):
        return None
    bounds = tuple(loglik / run.last.stats.total for loglik in run.trace)
    printer.end(bounds[-1], run.outcome.converged)
    floored = [f"component {run.components[j]} is at the floor" for j in np.flatnonzero(at_floor)]
    problems = describe_repairs(run.repairs, floored)
    return StartResult(mixture, bounds, run.outcome.converged, problems=problems)


@underflow_to_zero
def run_starts(
    estimator: Any,
    problem: Problem,
    given: InitialParameters,
    policy: CollapsePolicy,
    rng: np.random.RandomState,
) -> list[StartResult] | None:
    """Run EM from each start of an estimator, or with ``warm_start`` from its last fit; None after a collapse."""
    printer = VerbosePrinter(int(estimator.verbose), estimator.verbose_interval)
    continues = estimator.warm_start and hasattr(estimator, "converged_")
    how = {"tol": estimator.tol, "max_iter": estimator.max_iter, "accelerate": estimator.accelerate, "printer": printer}
    found: list[StartResult] = []
    for number in range(1 if continues else estimator.n_init):
        printer.begin(number)
        state = rng.get_state(legacy=False) if estimator.n_init > 1 else None
        first: StartResult | None
        if continues:
            earlier_mixture = with_tails_of(problem, estimator.mixture_)
            first = StartResult(earlier_mixture, total_weight=float(np.sum(estimator.weights_)))
        else:
            k, method = int(estimator.n_components), estimator.init_params
            first = initial_mixture(problem, k, method, given, rng=rng, policy=policy)
        earlier = estimator.lower_bound_ if continues else None
        result = first and run_em(problem, first, policy, **how, earlier=earlier)
        if result is None:
            return None
        found.append(replace(result, state=state))
    return found


def choose_best(results: list[StartResult], max_iter: int) -> StartResult:
    """The result with the highest lower bound, the last without iterations; warns if EM has not converged there."""
    best = max(results, key=lambda result: result.lower_bound) if max_iter else results[-1]
    if not best.converged and max_iter:
        warnings.warn(NOT_CONVERGED, ConvergenceWarning, stacklevel=5)
    if best.problems:
        advice = "Increase reg_covar or decrease n_components."
        warnings.warn(f"{best.problems}. {advice}", DegeneracyWarning, stacklevel=5)
    return best


def resume(problem: Problem, first: Iterate, loglik: float, stop: Sequence[StopRule]) -> Run:
    """Run that continues an earlier one, which ended at the mean log-likelihood ``loglik`` per row.

    It has already converged if a stopping rule holds between the end of the earlier run and ``first``.
    """
    run = Run.started(first)
    earlier = Run.started(replace(first, stats=replace(first.stats, loglik=loglik * first.stats.total)))
    converged = any(rule(problem, earlier, run) for rule in stop)
    return replace(run, outcome=Outcome.CONVERGED) if converged else run
