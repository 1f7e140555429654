"""How EM moves from iterate to iterate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mixtura.em.mstep import Maximiser
from mixtura.em.run import Iterate
from mixtura.mixture import Mixture


class EMMap(Protocol):
    """What a stepper may ask for; only ``evaluate`` costs a pass over the data."""

    @property
    def mstep(self) -> Maximiser:
        """From statistics to the mixture that EM goes to."""

    def evaluate(self, mixture: Mixture, at_floor: NDArray[np.bool_], memory: Any = None) -> Iterate:
        """The mixture's log-likelihood, and the statistics for the next M-step."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What a stepper has done.

    Attributes
    ----------
    iterate : Iterate
    state : object
        What it wants to be given next time.
    passes : int
        How often the data was read.
    """

    iterate: Iterate
    state: Any
    passes: int


class Stepper(Protocol):
    """Turns the EM map into a path; what it must remember between steps is a value of its own."""

    def init(self, iterate: Iterate) -> Any:
        """What to remember before the first step (also after a repair, which starts a new path)."""

    def step(self, problem: EMMap, iterate: Iterate, state: Any) -> Step:
        """One iteration, which gains at least as much as one EM iteration: a small rise means what it means there."""


def em(problem: EMMap, iterate: Iterate) -> Iterate:
    """One EM iteration: M-step, then the E-step that tells what it gained."""
    return problem.evaluate(*problem.mstep(iterate.stats, iterate.mixture), iterate.memory)


@dataclass(frozen=True, slots=True)
class PlainEM:
    """EM as it is (Dempster, Laird & Rubin 1977)."""

    def init(self, iterate: Iterate) -> None:
        """Nothing to remember."""

    def step(self, problem: EMMap, iterate: Iterate, state: Any) -> Step:
        """One EM iteration."""
        return Step(em(problem, iterate), None, 1)
