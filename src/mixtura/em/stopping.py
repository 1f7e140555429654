"""Stop rules: each compares two successive iterates and says whether EM ends at the second."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mixtura._support import as_amount
from mixtura.em.run import Iterate
from mixtura.errors import ParameterError


class StopRule(Protocol):
    """A criterion of convergence, on two successive iterates."""

    def __call__(self, old: Iterate, new: Iterate) -> bool:
        """Whether to stop at ``new``."""


@dataclass(frozen=True, slots=True)
class LoglikRises:
    """Stop when the mean log-likelihood per row rises by no more than ``tol``."""

    tol: float

    def __call__(self, old: Iterate, new: Iterate) -> bool:
        """Whether the rise is at most ``tol``."""
        return (new.loglik - old.loglik) / new.stats.total <= self.tol


@dataclass(frozen=True, slots=True)
class LoglikChanges:
    """Stop when the mean log-likelihood per row changes by less than ``tol``, up or down.

    scikit-learn's rule: with its ``reg_covar`` the log-likelihood may fall a little.
    """

    tol: float

    def __call__(self, old: Iterate, new: Iterate) -> bool:
        """Whether the change is below ``tol``."""
        return abs(new.loglik - old.loglik) / new.stats.total < self.tol


@dataclass(frozen=True, slots=True)
class ParametersMove:
    """Stop when the Euclidean norm of the change in all weights, means and covariance matrices is at most ``tol``."""

    tol: float

    def __call__(self, old: Iterate, new: Iterate) -> bool:
        """Whether the norm of the change is at most ``tol``."""
        a, b = old.mixture, new.mixture
        squares = (
            np.sum((a.all_weights - b.all_weights) ** 2)
            + np.sum((a.means - b.means) ** 2)
            + np.sum((a.covariances.dense() - b.covariances.dense()) ** 2)
        )
        return bool(np.sqrt(squares) <= self.tol)


STOPS: dict[str, Callable[[float], StopRule]] = {"loglik": LoglikRises, "parameters": ParametersMove}


def as_stops(stop: str | Sequence[str], tol: float) -> list[StopRule]:
    """The stop rules of these names, "loglik" or "parameters", with the tolerance ``tol``.

    Examples
    --------
    >>> as_stops("loglik", 1e-3)
    [LoglikRises(tol=0.001)]
    """
    names = list(stop) if isinstance(stop, Sequence) and not isinstance(stop, str) else [stop]
    unknown = [name for name in names if name not in STOPS]
    if unknown or not names:
        raise ParameterError(f"stop is {stop!r}; expected {' or '.join(STOPS)}, or both")
    return [STOPS[name](as_amount(tol, "tol")) for name in names]
