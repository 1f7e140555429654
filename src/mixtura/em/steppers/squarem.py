"""SQUAREM: EM accelerated by extrapolation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import TINY
from mixtura.em.coordinates import FisherCoordinates
from mixtura.em.run import Iterate
from mixtura.em.steppers.base import EMMap, Step, em_iteration
from mixtura.errors import DataError


@dataclass(frozen=True, slots=True)
class Squarem:
    """Squared extrapolation of two EM iterations (Varadhan & Roland 2008, Scand. J. Stat. 35, 335-353; scheme S3).

    The second iteration needs only its M-step, which costs no pass over the data; so an extrapolation costs one pass.
    If it would lower the log-likelihood, the first iteration is taken, which is known already. While EM's steps grow,
    EM is leaving a saddle point, where a small deviation may change the optimum that it reaches: then there is no
    extrapolation.

    Attributes
    ----------
    least : float
        Least step length, where EM itself has 1: shorter ones gain less than their pass costs.
    growth : float
        Factor by which the longest step allowed grows after it was taken, and shrinks after it failed.
    """

    least: float = 2.0
    growth: float = 4.0

    def init(self, iterate: Iterate) -> float:
        """The longest step allowed, where EM itself has length 1."""
        return self.least

    def step(self, problem: EMMap, iterate: Iterate, state: Any) -> Step:
        """One EM iteration and, if EM converges slowly there, an extrapolation."""
        one = em_iteration(problem, iterate)
        coordinates = FisherCoordinates(one.mixture)
        before, after = coordinates.of(iterate.mixture), coordinates.of(problem.mstep(one.stats, one.mixture)[0])
        bend = before + after
        wanted = math.sqrt(float(before @ before) / max(float(bend @ bend), TINY))
        if not wanted >= self.least or after @ after > before @ before:
            return Step(one, state, 1)
        length = min(wanted, state)
        new = evaluate_at(problem, coordinates, before - 2 * length * before + length**2 * bend, one)
        if new is None or new.loglik < one.loglik:
            return Step(one, max(self.least, length / self.growth), 1 + (new is not None))
        return Step(new, state * self.growth if length == state else state, 2)


def evaluate_at(
    problem: EMMap, coordinates: FisherCoordinates, point: NDArray[np.float64], near: Iterate
) -> Iterate | None:
    """The E-step at a point near an iterate; None if there is no mixture, for rounding.

    Also None if a component at the floor would leave it: limits that depend on the mixture, such as the largest
    variance of models with equal volumes, would not hold there.
    """
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # far along coordinates of a component that dies out
            mixture, at_floor = problem.mstep.admit(coordinates.at(point))
    except DataError:
        return None
    return None if (near.at_floor & ~at_floor).any() else problem.evaluate(mixture, at_floor, near.memory)
