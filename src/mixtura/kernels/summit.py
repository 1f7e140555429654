"""Where EM within the kernel ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array
from mixtura.stats import Stats


class Ending(Enum):
    """How a start ended; the values are those of the C++ side. Out of steps is also who was left behind."""

    CONVERGED = 0
    OUT_OF_STEPS = 1
    COLLAPSED = 2
    FELL = 3


@dataclass(frozen=True, slots=True, eq=False)
class Summit:
    """Where a start ended.

    Attributes
    ----------
    ending : Ending
    trace : tuple of float
        Log-likelihood after the first M-step and after each iteration; empty where there was no mixture at all.
    certainty : float
        See `Stats`.
    floored : bool
        Whether any covariance rests on the floor.
    least : float
        The smallest weight of a component.
    passes : int
        How often the rows were read, extrapolations in vain included.
    number : int
        Which of the starts it is.
    places : tuple of ndarray
        Of all starts: weight, mean and scatter of the statistics, weights, means and covariances of the mixture, and
        which covariances rest on the floor. Only those of a start that is asked for are looked at.
    """

    ending: Ending
    trace: tuple[float, ...]
    assignment_logprob: float
    floored: bool
    least: float
    passes: int
    number: int
    places: tuple[Array, ...]

    @property
    def stats(self) -> Stats:
        """Of the E-step at the mixture."""
        weight, mean, scatter = (each[self.number] for each in self.places[:3])
        return Stats(weight, mean, scatter, self.trace[-1] if self.trace else -np.inf, self.assignment_logprob)

    @property
    def weights(self) -> Array:
        """Of the mixture, (k,)."""
        return self.places[3][self.number]

    @property
    def means(self) -> Array:
        """Of the mixture, (k, d)."""
        return self.places[4][self.number]

    @property
    def covariances(self) -> Array:
        """Of the mixture, (k, d, d) or (k, d)."""
        return self.places[5][self.number]

    @property
    def low(self) -> NDArray[np.bool_]:
        """Which covariances rest on the floor, (k,)."""
        return self.places[6][self.number] != 0
