"""The protocol of steppers, and plain EM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mixtura.data import Source
from mixtura.em.estep import EStep
from mixtura.em.mstep import Maximiser
from mixtura.em.run import Iterate
from mixtura.mixture import Mixture


class EMMap(Protocol):
    """The M-step and the E-step, as a stepper uses them; only ``evaluate`` costs a pass over the data."""

    @property
    def source(self) -> Source:
        """The rows."""

    @property
    def estep(self) -> EStep:
        """The E-step."""

    @property
    def mstep(self) -> Maximiser:
        """The M-step: from statistics to a mixture."""

    def evaluate(self, mixture: Mixture, at_floor: NDArray[np.bool_], memory: Any = None) -> Iterate:
        """The iterate at a mixture, by an E-step: its log-likelihood and the statistics for the next M-step."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """The result of one iteration of a stepper.

    Attributes
    ----------
    iterate : Iterate
        The new iterate.
    state : object
        What the stepper gets as ``state`` in its next iteration.
    passes : int
        How often the data was read; 0 if EM has converged at the iterate before, which this is.
    """

    iterate: Iterate
    state: Any
    passes: int


class Stepper(Protocol):
    """Makes iterations from E-steps and M-steps; what it passes from one to the next is a value, its state."""

    def init(self, iterate: Iterate) -> Any:
        """The state before the first iteration, and before the first one after a repair."""

    def step(self, problem: EMMap, iterate: Iterate, state: Any) -> Step:
        """One iteration, which raises the log-likelihood about as much as one of EM, or more.

        So a small rise means convergence, as it does in EM.
        """


def em_iteration(problem: EMMap, iterate: Iterate) -> Iterate:
    """One EM iteration: an M-step, then the E-step at its mixture."""
    return problem.evaluate(*problem.mstep(iterate.stats, iterate.mixture), iterate.memory)


@dataclass(frozen=True, slots=True)
class PlainEM:
    """EM without acceleration (Dempster, Laird & Rubin 1977)."""

    def init(self, iterate: Iterate) -> None:
        """No state."""

    def step(self, problem: EMMap, iterate: Iterate, state: Any) -> Step:
        """One EM iteration."""
        return Step(em_iteration(problem, iterate), None, 1)
