"""Stop rules: each compares a run before and after an iteration and says whether EM has converged."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mixtura._support import EPS, Array, as_amount
from mixtura.em.information import FEW_ROWS, remaining_rise
from mixtura.em.run import Run
from mixtura.em.steppers import EMMap
from mixtura.errors import ParameterError
from mixtura.mixture import Mixture

# Iterations from one estimate of the remaining rise to the next: an estimate costs as much as a few iterations.
EVERY = 10

# What may remain, as a fraction of the tolerance, where passes cost next to nothing.
FEW_ROWS_FRACTION = 0.01


class StopRule(Protocol):
    """A criterion of convergence."""

    def __call__(self, problem: EMMap, old: Run, new: Run) -> bool:
        """Whether to stop at ``new``, one iteration after ``old``."""


@dataclass(frozen=True, slots=True)
class LoglikRises:
    """Stop when the mean log-likelihood per row rises by no more than ``tol``."""

    tol: float

    def __call__(self, problem: EMMap, old: Run, new: Run) -> bool:
        """Whether the rise is at most ``tol``."""
        return (new.loglik - old.loglik) / new.last.stats.total <= self.tol


@dataclass(frozen=True, slots=True)
class LoglikChanges:
    """Stop when the mean log-likelihood per row changes by less than ``tol``, up or down.

    scikit-learn's rule: with its ``reg_covar`` the log-likelihood may fall a little.
    """

    tol: float

    def __call__(self, problem: EMMap, old: Run, new: Run) -> bool:
        """Whether the change is below ``tol``."""
        return abs(new.loglik - old.loglik) / new.last.stats.total < self.tol


@dataclass(frozen=True, slots=True)
class ParametersMove:
    """Stop when the Euclidean norm of the change in all weights, means and covariance matrices is at most ``tol``.

    Of t components one over the degrees of freedom counts, too.
    """

    tol: float

    def __call__(self, problem: EMMap, old: Run, new: Run) -> bool:
        """Whether the norm of the change is at most ``tol``."""
        a, b = old.last.mixture, new.last.mixture
        squares = (
            np.sum((a.all_weights - b.all_weights) ** 2)
            + np.sum((a.means - b.means) ** 2)
            + np.sum((a.covariances.dense() - b.covariances.dense()) ** 2)
            + np.sum((_reciprocal_tails(a) - _reciprocal_tails(b)) ** 2)
        )
        return bool(np.sqrt(squares) <= self.tol)


def _reciprocal_tails(mixture: Mixture) -> Array:
    """One over the degrees of freedom, (k,); 0 of Gaussian components."""
    return np.zeros(mixture.n_components) if mixture.degrees_of_freedom is None else 1 / mixture.degrees_of_freedom


# Rounding moves a log-likelihood by no more than so many units in its last place.
ROUNDING_UNITS = 4.0


@dataclass(frozen=True, slots=True)
class NoRise:
    """Stop when the last two iterations have raised the log-likelihood by no more than rounding does.

    Accelerated EM judges by itself what remains, but not where a weight falls to zero, which it approaches for ever.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> [NoRise()(None, None, SimpleNamespace(trace=trace)) for trace in ([-5.0, -4.0, -4.0], [-4.0, -4.0, -4.0])]
    [False, True]
    """

    def __call__(self, problem: EMMap, old: Run, new: Run) -> bool:
        """Whether neither iteration counts."""
        trace = new.trace
        return len(trace) > 2 and trace[-1] - trace[-3] <= ROUNDING_UNITS * EPS * abs(trace[-1])


@dataclass(frozen=True, slots=True)
class LittleRemains:
    """Stop when the log-likelihood of all rows will rise by no more than ``tol`` nats yet.

    The rise is estimated by Aitken's extrapolation of the last iterations, and, since this misses directions in which
    EM has hardly begun to move, by the observed information (`remaining_rise`).
    """

    tol: float

    def __call__(self, problem: EMMap, old: Run, new: Run) -> bool:
        """Whether `holds` at ``new``; with many rows it is only asked at some iterations."""
        asked = new.iterations % EVERY == 0 or new.last.stats.total <= FEW_ROWS
        return asked and self.holds(problem, new)

    def holds(self, problem: EMMap, run: Run) -> bool:
        """Whether both estimates are at most ``tol``, or a hundredth of it with few rows."""
        enough = self.tol * (FEW_ROWS_FRACTION if run.last.stats.total <= FEW_ROWS else 1.0)
        if extrapolated_rise(run.trace) > enough:
            return False
        target, _ = problem.mstep(run.last.stats, run.last.mixture)
        return remaining_rise(problem.source, problem.estep, run.last, target) <= enough


def extrapolated_rise(trace: Sequence[float]) -> float:
    """What the log-likelihood will rise yet if each rise is the same multiple of the one before (Aitken 1926).

    Examples
    --------
    >>> extrapolated_rise([0.0, 1.0, 1.5]), extrapolated_rise([0.0, 1.0])
    (0.5, inf)
    """
    if len(trace) < 3:
        return math.inf
    earlier, last = trace[-2] - trace[-3], trace[-1] - trace[-2]
    if last <= 0:
        return 0.0
    return last**2 / (earlier - last) if earlier > last else math.inf


def expected_iterations(rises: Sequence[float], nats: float) -> int | None:
    """Iterations until the log-likelihood can rise by ``nats`` only, if the rises shrink as they did.

    Each rise is the same multiple of the one before; None where the given ones, the newest last, do not shrink, or
    are not all positive.

    Examples
    --------
    >>> expected_iterations([8.0, 4.0], nats=0.5), expected_iterations([1.0, 1.0], nats=0.5)
    (3, None)
    >>> expected_iterations([1.0, 0.0], nats=0.5) is None
    True
    """
    if len(rises) < 2 or not 0 < rises[-1] < rises[0]:
        return None
    factor = (rises[-1] / rises[0]) ** (1 / (len(rises) - 1))
    remaining = factor / (1 - factor) * rises[-1]
    return max(math.ceil(math.log(nats / remaining) / math.log(factor)), 0)


STOPS: dict[str, Callable[[float], StopRule]] = {
    "remaining": LittleRemains,
    "loglik": LoglikRises,
    "parameters": ParametersMove,
}


def as_stops(stop: str | Sequence[str], tol: float) -> list[StopRule]:
    """The stop rules of these names, "remaining", "loglik" or "parameters", with the tolerance ``tol``.

    Examples
    --------
    >>> as_stops("loglik", 1e-3)
    [LoglikRises(tol=0.001)]
    """
    names = list(stop) if isinstance(stop, Sequence) and not isinstance(stop, str) else [stop]
    unknown = [name for name in names if name not in STOPS]
    if unknown or not names:
        raise ParameterError(f"stop is {stop!r}; expected {', '.join(map(repr, STOPS))}, or several of them")
    return [STOPS[name](as_amount(tol, "tol")) for name in names]
