"""When to stop: each rule looks at two iterates and says whether the second is near enough to the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mixtura.iterate import Iterate


class StopRule(Protocol):
    """Says whether EM has stopped moving."""

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
    """Stop when all parameters together move by no more than ``tol``.

    The move is the Euclidean norm of the change in weights, means and covariance matrices.
    """

    tol: float

    def __call__(self, old: Iterate, new: Iterate) -> bool:
        """Whether the move is at most ``tol``."""
        a, b = old.mixture, new.mixture
        squares = (
            np.sum((a.weights - b.weights) ** 2)
            + np.sum((a.means - b.means) ** 2)
            + np.sum((a.covariances.dense() - b.covariances.dense()) ** 2)
        )
        return bool(np.sqrt(squares) <= self.tol)
