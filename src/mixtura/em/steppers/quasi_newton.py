"""A quasi-Newton method near an optimum: EM's step as gradient, its history as curvature."""

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

# Pairs of steps along which the log-likelihood bends less than this say nothing about its maximum.
CURVATURE = 1e-3

# EM raises the mean log-likelihood per row by between half of the squared length of its step and all of it.
EXPECTED = 0.5

# Iterates where EM was asked, and where it would have gone from there.
Visits: TypeAlias = tuple[tuple[Mixture, Mixture], ...]


@dataclass(frozen=True, slots=True)
class QuasiNewton:
    """EM's step as gradient, and its history as curvature: limited-memory BFGS (Nocedal 1980; Lange 1995).

    In the coordinates of `FisherCoordinates`, EM's step is the gradient of the mean log-likelihood per row, so every
    pass brings a new one, and an iteration costs one pass. The first estimate of the inverse information is the
    identity: EM itself. An iteration counts only if it gains as much as EM's own would, by that gradient; else EM's
    step is taken, for one pass more.

    Where the log-likelihood bends upwards along EM's last step, EM is on its way from a saddle point or a plateau to
    a higher place, and is left alone.

    Attributes
    ----------
    memory : int
        Number of earlier iterates that are remembered.
    reach : float
        Longest first move, in lengths of EM's step.
    growth : float
        By which the longest move grows when it was taken, and shrinks when it failed.
    longest : float
        Longest move at all, in root-mean-square standard deviations.
    """

    memory: int = 3
    reach: float = 4.0
    growth: float = 4.0
    longest: float = 0.3

    def init(self, iterate: Iterate) -> tuple[Visits, float]:
        """What has been visited, and the longest move in lengths of EM's step."""
        return (), self.reach

    def step(self, problem: EMMap, iterate: Iterate, state: Any) -> Step:
        """One quasi-Newton iteration, or one of EM."""
        visits, reach = state
        target, at_floor = problem.mstep(iterate.stats, iterate.mixture)
        kept: Visits = (*visits, (iterate.mixture, target))[-self.memory - 1 :]
        chart = FisherCoordinates(iterate.mixture)
        places = [chart.of(place) for place, _ in kept]
        gradients = [chart.of(goal) - place for (_, goal), place in zip(kept, places, strict=True)]
        pairs = [(b - a, g - h) for a, b, g, h in zip(places, places[1:], gradients, gradients[1:], strict=False)]
        if not pairs or not bends(*pairs[-1]):
            return Step(problem.evaluate(target, at_floor, iterate.memory), (kept, self.reach), 1)
        move = direction(pairs, gradients[-1])
        length, ems = _length(move), _length(gradients[-1])
        if length < ems:
            return Step(problem.evaluate(target, at_floor, iterate.memory), (kept, reach), 1)
        allowed = min(reach * ems, self.longest)
        new = evaluate_at(problem, chart, move * min(1.0, allowed / length), iterate)
        if new is None or new.loglik < iterate.loglik + EXPECTED * ems**2 * iterate.stats.total:
            return Step(
                problem.evaluate(target, at_floor, iterate.memory),
                (kept[-1:], max(self.reach, reach / self.growth)),
                1 + (new is not None),
            )
        return Step(new, (kept, reach * self.growth if length > allowed else reach), 1)


def _length(move: Array) -> float:
    """The norm, never zero."""
    return max(math.sqrt(float(move @ move)), _TINY)


def bends(way: Array, change: Array) -> bool:
    """Whether the gradient falls along the way, as it does below a maximum."""
    return bool(way @ change > CURVATURE * (way @ way))


def direction(pairs: list[tuple[Array, Array]], gradient: Array) -> Array:
    """The two-loop recursion of limited-memory BFGS, for ascent; pairs are moves and falls of the gradient.

    Examples
    --------
    >>> direction([(np.array([1.0, 0.0]), np.array([0.1, 0.0]))], np.array([0.5, 0.5])).tolist()
    [5.0, 0.5]
    """
    pairs = [pair for pair in pairs if bends(*pair)]
    move, shares = gradient.copy(), []
    for s, y in reversed(pairs):
        shares.append((s @ move) / (s @ y))
        move -= shares[-1] * y
    for (s, y), share in zip(pairs, reversed(shares), strict=True):
        move += s * (share - (y @ move) / (s @ y))
    return move
