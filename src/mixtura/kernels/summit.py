"""Where EM within the kernel ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from mixtura.data import Array
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
    stats : Stats
        Of the E-step at the mixture.
    weights, means, covariances : ndarray of shape (k,), (k, d), (k, d, d) or (k, d)
        The mixture.
    low : ndarray of bool, (k,)
        Which covariances rest on the floor.
    floored : bool
        Whether any does.
    least : float
        The smallest weight of a component.
    """

    ending: Ending
    trace: tuple[float, ...]
    stats: Stats
    weights: Array
    means: Array
    covariances: Array
    low: NDArray[np.bool_]
    floored: bool
    least: float
