"""EM as scikit-learn runs it: its starts, its stop, its count of iterations, its printed lines."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from mixtura.covariance import DiagonalCovariance
from mixtura.covariance.models import as_covariance_model
from mixtura.data import Source, Summary
from mixtura.em import Iterate, LoglikChanges, NoRepair, Outcome, Problem, Run, StopRule, advance, iterate
from mixtura.em.estep import Plain
from mixtura.em.mstep import MStep, floor_variances
from mixtura.em.steppers import STEPPERS
from mixtura.errors import DegeneracyWarning
from mixtura.mixture import Mixture
from mixtura.sklearn.verbose import Verbose
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

# Of the data's variance: a component below this lies on a point or in a plane, up to rounding.
SINGULAR = 1e-32


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """What one start came to.

    ``lower_bounds`` are the mean log-likelihoods per row at each E-step; the mixture is one M-step further.
    """

    mixture: Mixture
    lower_bounds: tuple[float, ...] = ()
    converged: bool = False
    floored: bool = False

    @property
    def lower_bound(self) -> float:
        """The last of the bounds; minus infinity before any E-step."""
        return self.lower_bounds[-1] if self.lower_bounds else -np.inf


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Parameters that the user gives for the start; None where the start method is to supply them."""

    weights: Any = None
    means: Any = None
    covariances: Any = None

    def present(self) -> dict[str, Any]:
        """Those that are given."""
        named = {"weights": self.weights, "means": self.means, "covariances": self.covariances}
        return {name: value for name, value in named.items() if value is not None}

    def completed(self, k: int, d: int) -> Mixture:
        """A mixture that has them, and whatever else."""
        rest = {
            "weights": np.full(k, 1 / k),
            "means": np.zeros((k, d)),
            "covariances": DiagonalCovariance(np.ones((1, 1)), k, d),
        }
        return Mixture(**{**rest, **self.present()})


def problem_of(source: Source, summary: Summary, covariance_type: str, reg_covar: float) -> Problem:
    """What to fit: scikit-learn adds a ridge to all variances and repairs nothing.

    Half the ridge is the floor, which no covariance with the ridge comes near; without a ridge only what is
    singular is raised.
    """
    scale = summary.scale
    floor = np.full_like(scale, reg_covar / 2) if reg_covar else floor_variances(scale, SINGULAR)
    mstep = MStep(as_covariance_model(covariance_type), floor, ridge=reg_covar)
    return Problem(source, Plain(), mstep, NoRepair(), summary)


def start(problem: Problem, k: int, init_params: str, given: Given, rng: np.random.RandomState) -> Mixture:
    """The mixture to start from.

    Raises
    ------
    ValueError
        If a covariance that the start method supplies is singular, and no ``reg_covar`` mends it.
    """
    parameters = given.present()
    if len(parameters) == 3:
        return Mixture(**parameters)
    mixture, at_floor = problem.mstep(GROUPINGS[init_params](problem, k, rng))
    if at_floor.any() and not problem.mstep.ridge and "covariances" not in parameters:
        raise ValueError(ILL_DEFINED)
    return replace(mixture, **parameters)


def estimate(
    problem: Problem,
    first: Mixture,
    *,
    tol: float,
    max_iter: int,
    accelerate: bool,
    say: Verbose,
    earlier: float | None = None,
) -> Estimate:
    """Iterate from a mixture.

    scikit-learn ends with an M-step after the E-step at which it stops: its n iterations are n - 1 of ours and
    that M-step. ``earlier`` is the last bound of a fit that is continued.
    """
    if not max_iter:
        return Estimate(first)
    here = problem.evaluate(first, np.zeros(first.n_components, dtype=bool))
    rules = [LoglikChanges(tol)]
    run = Run.started(here) if earlier is None else resumed(here, earlier, rules)
    if not (accelerate or say.level):
        run = advance(problem, run, rules, max_iter - 1)
    run = iterate(
        problem,
        run,
        stop=rules,
        max_iter=max_iter - 1,
        rng=np.random.default_rng(0),
        stepper=STEPPERS[bool(accelerate)],
        notify=say.iteration,
    )
    mixture, at_floor = problem.mstep(run.last.stats, run.last.mixture)
    bounds = tuple(loglik / run.last.stats.total for loglik in run.trace)
    say.end(bounds[-1], run.outcome.converged)
    return Estimate(mixture, bounds, run.outcome.converged, bool(at_floor.any()) and not problem.mstep.ridge)


def estimates(estimator: Any, problem: Problem, given: Given) -> list[Estimate]:
    """Run every start of an estimator, or go on from its last fit."""
    say = Verbose(int(estimator.verbose), estimator.verbose_interval)
    go_on = estimator.warm_start and hasattr(estimator, "converged_")
    rng = check_random_state(estimator.random_state)
    how = {"tol": estimator.tol, "max_iter": estimator.max_iter, "accelerate": estimator.accelerate, "say": say}
    found = []
    try:
        for number in range(1 if go_on else estimator.n_init):
            say.begin(number)
            k = int(estimator.n_components)
            first = estimator.mixture_ if go_on else start(problem, k, estimator.init_params, given, rng)
            found.append(estimate(problem, first, **how, earlier=estimator.lower_bound_ if go_on else None))
    except ValueError as error:
        single = getattr(problem.source, "array", np.empty(0)).dtype == np.float32
        advice = FLOAT32 if str(error) == ILL_DEFINED and single else ""
        raise ValueError(f"{error}{advice}") from None
    return found


def best_of(estimates: list[Estimate], max_iter: int) -> Estimate:
    """The estimate with the highest bound, with the warnings that are due."""
    best = max(estimates, key=lambda found: found.lower_bound)
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


def resumed(first: Iterate, loglik: float, stop: Sequence[StopRule]) -> Run:
    """The path that goes on from an earlier one, whose last mean log-likelihood per row was ``loglik``.

    It has converged already where a rule finds ``first`` near enough to where the earlier one ended.
    """
    run = Run.started(first)
    earlier = replace(first, stats=replace(first.stats, loglik=loglik * first.stats.total))
    rested = any(rule(earlier, first) for rule in stop)
    return replace(run, outcome=Outcome.CONVERGED) if rested else run
