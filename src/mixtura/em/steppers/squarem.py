"""EM extrapolated: SQUAREM."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura.em.run import Iterate
from mixtura.em.steppers.base import EMMap, Step, em
from mixtura.em.steppers.coordinates import FisherCoordinates
from mixtura.errors import DataError

_TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, slots=True)
class Squarem:
    """Squared extrapolation of two EM iterations (Varadhan & Roland 2008, Scand. J. Stat. 35, 335-353; scheme S3).

    The second iteration needs no pass, only the M-step that was due anyway; so an extrapolation costs one pass, and
    one that would lower the log-likelihood is given up for the first iteration, which is already known. As long as
    EM's steps grow it is on its way from a saddle point, where a small change of its path may change its goal: then
    it is left alone.

    Attributes
    ----------
    least : float
        Shorter steps (EM itself has 1) are not worth their pass.
    growth : float
        By which the longest step allowed grows when it was taken, and shrinks when it failed.
    """

    least: float = 2.0
    growth: float = 4.0

    def init(self, iterate: Iterate) -> float:
        """The longest step allowed."""
        return self.least

    def step(self, problem: EMMap, iterate: Iterate, state: Any) -> Step:
        """One EM iteration and, where it goes slowly, an extrapolation."""
        one = em(problem, iterate)
        chart = FisherCoordinates(one.mixture)
        before, after = chart.of(iterate.mixture), chart.of(problem.mstep(one.stats, one.mixture)[0])
        bend = before + after
        wanted = math.sqrt(float(before @ before) / max(float(bend @ bend), _TINY))
        if not wanted >= self.least or after @ after > before @ before:
            return Step(one, state, 1)
        length = min(wanted, state)
        new = evaluate_at(problem, chart, before - 2 * length * before + length**2 * bend, one)
        if new is None or new.loglik < one.loglik:
            return Step(one, max(self.least, length / self.growth), 1 + (new is not None))
        return Step(new, state * self.growth if length == state else state, 2)


def evaluate_at(
    problem: EMMap, coordinates: FisherCoordinates, point: NDArray[np.float64], near: Iterate
) -> Iterate | None:
    """The E-step at a point near an iterate; None if rounding leaves no mixture there, or fewer at the floor.

    Limits that a mixture sets for itself, such as the ceiling of equal volumes, would otherwise be left on the way.
    """
    try:
        mixture, at_floor = problem.mstep.admit(coordinates.at(point))
    except DataError:
        return None
    return None if (near.at_floor & ~at_floor).any() else problem.evaluate(mixture, at_floor, near.memory)
