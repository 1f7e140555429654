"""Run EM as scikit-learn does: with its starts, stopping rule, count of iterations and printed lines."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from mixtura.covariance import DiagonalCovariance
from mixtura.data import Source
from mixtura.em import Iterate, LoglikChanges, NoRepair, Outcome, Problem, Run, StopRule, advance, iterate
from mixtura.em.mstep import floor_variances
from mixtura.em.steppers import STEPPERS
from mixtura.errors import DegeneracyWarning
from mixtura.fitting import Model
from mixtura.mixture import Mixture
from mixtura.sklearn.verbose import VerbosePrinter
from mixtura.starts import GROUPINGS

ILL_DEFINED = (
    "Fitting the mixture model failed because some components have ill-defined empirical covariance (for instance "
    "caused by singleton or collapsed samples). Try to decrease the number of components, increase reg_covar, or "
    "scale the input data."
)
FLOAT32 = " The numerical accuracy can also be improved by passing float64 data instead of float32."
NOT_CONVERGED = (
    "Best performing initialization did not converge. Try different init parameters, or increase max_iter, tol, or "
    "check for degenerate data."
)

# Floor without reg_covar, as a fraction of the data's variance: below it a component is singular up to rounding.
SINGULAR = 1e-32


@dataclass(frozen=True, slots=True, eq=False)
class StartResult:
    """Result of EM from one start.

    Attributes
    ----------
    mixture : Mixture
        Mixture after the M-step that follows the last E-step.
    lower_bounds : tuple of float
        Mean log-likelihood per row at each E-step.
    converged : bool
    floored : bool
        Whether a covariance was raised to the floor although there is no ``reg_covar``.
    """

    mixture: Mixture
    lower_bounds: tuple[float, ...] = ()
    converged: bool = False
    floored: bool = False

    @property
    def lower_bound(self) -> float:
        """Mean log-likelihood per row at the last E-step; minus infinity without any E-step."""
        return self.lower_bounds[-1] if self.lower_bounds else -np.inf


@dataclass(frozen=True, slots=True, eq=False)
class InitialParameters:
    """Parameters that the user gives for the start; None for those that the start method supplies."""

    weights: Any = None
    means: Any = None
    covariances: Any = None

    def as_dict(self) -> dict[str, Any]:
        """Given parameters by name."""
        values = {"weights": self.weights, "means": self.means, "covariances": self.covariances}
        return {name: value for name, value in values.items() if value is not None}

    def complete(self, k: int, d: int) -> Mixture:
        """Mixture with the given parameters, and placeholders for the others: equal weights, means 0, variances 1."""
        rest = {
            "weights": np.full(k, 1 / k),
            "means": np.zeros((k, d)),
            "covariances": DiagonalCovariance(np.ones((1, 1)), k, d),
        }
        return Mixture(**{**rest, **self.as_dict()})


def problem_of(source: Source, model: Model, reg_covar: float) -> Problem:
    """Problem with scikit-learn's rules: a ridge ``reg_covar`` on all variances, and no repair of lost components.

    The floor is half the ridge, which no covariance plus ridge reaches; without a ridge it only catches singular
    covariances.
    """
    summary = model.summary(source)
    scale = summary.scale
    floor = np.full_like(scale, reg_covar / 2) if reg_covar else floor_variances(scale, SINGULAR)
    mstep = replace(model.mstep(summary, floor), ridge=reg_covar)
    return Problem(source, model.estep(), mstep, NoRepair(), summary)


def initial_mixture(
    problem: Problem, k: int, init_params: str, given: InitialParameters, rng: np.random.RandomState
) -> Mixture:
    """Mixture from which EM starts: the given parameters, and those of the start method for the others.

    Raises
    ------
    ValueError
        If the start method supplies a singular covariance, and there is no ``reg_covar``.
    """
    parameters = given.as_dict()
    if len(parameters) == 3:
        return Mixture(**parameters)
    mixture, at_floor = problem.mstep(GROUPINGS[init_params](problem, k, rng))
    if at_floor.any() and not problem.mstep.ridge and "covariances" not in parameters:
        raise ValueError(ILL_DEFINED)
    return replace(mixture, **parameters)


def run_em(
    problem: Problem,
    first: Mixture,
    *,
    tol: float,
    max_iter: int,
    accelerate: bool,
    printer: VerbosePrinter,
    earlier: float | None = None,
) -> StartResult:
    """Run EM from a mixture.

    scikit-learn stops after an M-step and Mixtura after an E-step, so n iterations of scikit-learn are n - 1 of
    Mixtura's and an M-step. ``earlier`` is the last lower bound of a fit that ``warm_start`` continues.
    """
    if not max_iter:
        return StartResult(first)
    here = problem.evaluate(first, np.zeros(first.n_components, dtype=bool))
    rules = [LoglikChanges(tol)]
    run = Run.started(here) if earlier is None else resume(here, earlier, rules)
    if not (accelerate or printer.level):
        run = advance(problem, run, rules, max_iter - 1)
    run = iterate(
        problem,
        run,
        stop=rules,
        max_iter=max_iter - 1,
        rng=np.random.default_rng(0),
        stepper=STEPPERS[bool(accelerate)],
        notify=printer.iteration,
    )
    mixture, at_floor = problem.mstep(run.last.stats, run.last.mixture)
    bounds = tuple(loglik / run.last.stats.total for loglik in run.trace)
    printer.end(bounds[-1], run.outcome.converged)
    return StartResult(mixture, bounds, run.outcome.converged, bool(at_floor.any()) and not problem.mstep.ridge)


def run_starts(estimator: Any, problem: Problem, given: InitialParameters) -> list[StartResult]:
    """Run EM from each start of an estimator, or with ``warm_start`` from its last fit."""
    printer = VerbosePrinter(int(estimator.verbose), estimator.verbose_interval)
    continues = estimator.warm_start and hasattr(estimator, "converged_")
    rng = check_random_state(estimator.random_state)
    how = {"tol": estimator.tol, "max_iter": estimator.max_iter, "accelerate": estimator.accelerate, "printer": printer}
    found = []
    try:
        for number in range(1 if continues else estimator.n_init):
            printer.begin(number)
            k = int(estimator.n_components)
            first = estimator.mixture_ if continues else initial_mixture(problem, k, estimator.init_params, given, rng)
            found.append(run_em(problem, first, **how, earlier=estimator.lower_bound_ if continues else None))
    except ValueError as error:
        single = getattr(problem.source, "array", np.empty(0)).dtype == np.float32
        advice = FLOAT32 if str(error) == ILL_DEFINED and single else ""
        raise ValueError(f"{error}{advice}") from None
    return found


def choose_best(results: list[StartResult], max_iter: int) -> StartResult:
    """The result with the highest lower bound; warns if EM has not converged or a component has collapsed."""
    best = max(results, key=lambda result: result.lower_bound)
    if not best.converged and max_iter:
        warnings.warn(NOT_CONVERGED, ConvergenceWarning, stacklevel=5)
    if best.floored:
        warnings.warn(
            "a component has collapsed and its covariance was kept from becoming singular; increase reg_covar or "
            "decrease n_components",
            DegeneracyWarning,
            stacklevel=5,
        )
    return best


def resume(first: Iterate, loglik: float, stop: Sequence[StopRule]) -> Run:
    """Run that continues an earlier one, whose last mean log-likelihood per row was ``loglik``.

    It has already converged if a stopping rule holds between the end of the earlier run and ``first``.
    """
    run = Run.started(first)
    earlier = replace(first, stats=replace(first.stats, loglik=loglik * first.stats.total))
    converged = any(rule(earlier, first) for rule in stop)
    return replace(run, outcome=Outcome.CONVERGED) if converged else run
