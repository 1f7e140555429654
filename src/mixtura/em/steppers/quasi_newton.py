"""A quasi-Newton method for use near an optimum, in coordinates where EM's step is the gradient."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from mixtura._support import Array
from mixtura.em.run import Iterate
from mixtura.em.steppers.base import EMMap, Step
from mixtura.em.steppers.coordinates import FisherCoordinates
from mixtura.em.steppers.squarem import evaluate_at
from mixtura.mixture import Mixture

_TINY = float(np.finfo(np.float64).tiny)

# Least curvature of the mean log-likelihood along a move for the move to be used: below, it has no maximum nearby.
LEAST_CURVATURE = 1e-3

# EM raises the mean log-likelihood per row by at least this times its step's squared length, and at most by all of it.
LEAST_GAIN = 0.5

# Earlier mixtures, each with the mixture that an EM iteration gives there.
Visits: TypeAlias = tuple[tuple[Mixture, Mixture], ...]


@dataclass(frozen=True, slots=True)
class QuasiNewton:
    """Limited-memory BFGS with EM's step as the gradient (Nocedal 1980; Lange 1995).

    In `FisherCoordinates` EM's step is the gradient of the mean log-likelihood per row, so every pass gives a new
    gradient, and an iteration costs one pass. The first estimate of the inverse Hessian is the identity, whose move is
    EM's step. A move is accepted only if it raises the log-likelihood as much as EM's step must by its length; else
    EM's step is taken, for one more pass.

    If the log-likelihood is convex along the last move, EM is leaving a saddle point or a plateau, and its own step is
    taken.

    Attributes
    ----------
    memory : int
        Number of earlier iterates that are kept.
    reach : float
        Longest move at first, in lengths of EM's step.
    growth : float
        Factor by which the longest move grows after it was taken, and shrinks after it failed.
    longest : float
        Longest move in any case, in root-mean-square standard deviations.
    """

    memory: int = 3
    reach: float = 4.0
    growth: float = 4.0
    longest: float = 0.3

    def init(self, iterate: Iterate) -> tuple[Visits, float]:
        """No earlier mixtures, and the longest move in lengths of EM's step."""
        return (), self.reach

    def step(self, problem: EMMap, iterate: Iterate, state: Any) -> Step:
        """One quasi-Newton iteration, or one of EM."""
        visits, reach = state
        target, at_floor = problem.mstep(iterate.stats, iterate.mixture)
        kept: Visits = (*visits, (iterate.mixture, target))[-self.memory - 1 :]
        coordinates = FisherCoordinates(iterate.mixture)
        points = [coordinates.of(mixture) for mixture, _ in kept]
        gradients = [coordinates.of(em_target) - point for (_, em_target), point in zip(kept, points, strict=True)]
        pairs = [(b - a, g - h) for a, b, g, h in zip(points, points[1:], gradients, gradients[1:], strict=False)]
        if not pairs or not is_concave_along(*pairs[-1]):
            return Step(problem.evaluate(target, at_floor, iterate.memory), (kept, self.reach), 1)
        move = ascent_direction(pairs, gradients[-1])
        length, em_length = _length(move), _length(gradients[-1])
        if length < em_length:
            return Step(problem.evaluate(target, at_floor, iterate.memory), (kept, reach), 1)
        allowed = min(reach * em_length, self.longest)
        new = evaluate_at(problem, coordinates, move * min(1.0, allowed / length), iterate)
        if new is None or new.loglik < iterate.loglik + LEAST_GAIN * em_length**2 * iterate.stats.total:
            return Step(
                problem.evaluate(target, at_floor, iterate.memory),
                (kept[-1:], max(self.reach, reach / self.growth)),
                1 + (new is not None),
            )
        return Step(new, (kept, reach * self.growth if length > allowed else reach), 1)


def _length(move: Array) -> float:
    """Euclidean norm of a move, at least the smallest normal number."""
    return max(math.sqrt(float(move @ move)), _TINY)


def is_concave_along(move: Array, fall: Array) -> bool:
    """Whether the log-likelihood is concave along a move, over which the gradient decreased by ``fall``."""
    return bool(move @ fall > LEAST_CURVATURE * (move @ move))


def ascent_direction(pairs: list[tuple[Array, Array]], gradient: Array) -> Array:
    """Direction of ascent by the two-loop recursion of limited-memory BFGS.

    ``pairs`` are moves and the decreases of the gradient along them, from the oldest to the latest.

    Examples
    --------
    >>> ascent_direction([(np.array([1.0, 0.0]), np.array([0.1, 0.0]))], np.array([0.5, 0.5])).tolist()
    [5.0, 0.5]
    """
    pairs = [pair for pair in pairs if is_concave_along(*pair)]
    move, multiples = gradient.copy(), []
    for s, y in reversed(pairs):
        multiples.append((s @ move) / (s @ y))
        move -= multiples[-1] * y
    for (s, y), multiple in zip(pairs, reversed(multiples), strict=True):
        move += s * (multiple - (y @ move) / (s @ y))
    return move
