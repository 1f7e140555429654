"""The current state of a run of EM in C++: its mixture, statistics, log-likelihoods, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array
from mixtura.stats import Stats


class Ending(Enum):
    """How a run of EM in C++ ended; ``OUT_OF_STEPS`` is also the state of a run that has not ended."""

    CONVERGED = "the log-likelihood has ceased to rise"
    OUT_OF_STEPS = "the iterations are done"
    COLLAPSED = "a component holds too few rows, or there is no mixture at all"
    FELL = "the next iteration would lower the log-likelihood"


@dataclass(frozen=True, slots=True, eq=False)
class RunResult:
    """A copy of the current state of a run of EM in C++, which does not change when the run goes on.

    Attributes
    ----------
    native : object
        The copy in C++, which owns the arrays of the properties below.
    ending : Ending
    trace : tuple of float
        Log-likelihood, penalised if the M-step is, after the first M-step and after each iteration; empty if the first
        M-step gave no mixture.
    """

    native: Any
    ending: Ending
    trace: tuple[float, ...]

    @property
    def iterations(self) -> int:
        """EM iterations done."""
        return max(len(self.trace) - 1, 0)

    @property
    def passes(self) -> int:
        """How often the rows were read, those of rejected SQUAREM steps included."""
        return self.native.passes

    @property
    def any_at_floor(self) -> bool:
        """Whether any component's covariance has been raised to the floor."""
        return self.native.any_at_floor

    @property
    def stats(self) -> Stats:
        """Statistics of the E-step at the mixture, from which EM goes on."""
        at = self.native
        return Stats(at.weight, at.mean, at.scatter, at.loglik, at.assignment_logprob)

    @property
    def weights(self) -> Array:
        """Weights of the mixture, (k,); they and the other parameters are NaN if there is no mixture."""
        return self.native.weights

    @property
    def means(self) -> Array:
        """Means of the mixture, (k, d)."""
        return self.native.means

    @property
    def covariances(self) -> Array:
        """Covariances of the mixture, (k, d, d), or (k, d) for diagonal models."""
        return self.native.covariances

    @property
    def at_floor(self) -> NDArray[np.bool_]:
        """Components whose covariance has been raised to the floor, (k,)."""
        return self.native.at_floor.view(np.bool_)
