"""A rival of SQUAREM that was not taken: EM's step as gradient, its history as curvature.

It is far ahead where EM is slowest, but on one of the problems measured here it leaves EM's optimum for a worse one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from mixtura.chart import Chart
from mixtura.data import Array
from mixtura.iterate import Iterate
from mixtura.mixture import Mixture
from mixtura.steppers import Ascent, Step, tried

TINY = float(np.finfo(np.float64).tiny)

# Pairs of steps along which the log-likelihood bends less than this say nothing about its maximum.
CURVATURE = 1e-3

# EM raises the mean log-likelihood per row by between half of the squared length of its step and all of it.
EXPECTED = 0.5


Visits: TypeAlias = tuple[tuple[Mixture, Mixture], ...]


@dataclass(frozen=True, slots=True)
class QuasiNewton:
    """EM's step as gradient, and its history as curvature: limited-memory BFGS (Nocedal 1980; Lange 1995).

    In the coordinates of `Chart`, EM's step is the gradient of the mean log-likelihood per row, so every pass brings
    a new one, and an iteration costs one pass. Its first estimate of the inverse information is the identity: EM
    itself. An iteration counts only if it gains as much as EM's own would, by that gradient; else EM's step is
    taken, for one pass more. So a rise below a tolerance means at least what it means for EM.

    EM is left alone as long as it is fast, and as long as it is far from where it goes: there another optimum, not
    always a better one, would be found.

    Attributes
    ----------
    memory : int
        Number of earlier iterates that are remembered.
    slow : float
        EM is slow when its step is at least this long compared with the one before.
    near : float
        EM is near when its step promises to raise the mean log-likelihood by less than this.
    longest : float
        Longest move, in root-mean-square standard deviations.
    """

    memory: int = 5
    slow: float = 0.5
    near: float = 0.01
    longest: float = 0.5

    def init(self, iterate: Iterate) -> Visits:
        """Nothing is known yet."""
        return ()

    def step(self, task: Ascent, iterate: Iterate, state: Any) -> Step:
        """One quasi-Newton iteration, or one of EM."""
        target, low = task.mstep(iterate.stats, iterate.mixture)
        visits: Visits = (*state, (iterate.mixture, target))
        kept = visits[-self.memory - 1 :]
        chart = Chart(iterate.mixture)
        places = [chart.of(place) for place, _ in kept]
        gradients = [chart.of(goal) - place for (_, goal), place in zip(kept, places, strict=True)]
        gain = gradients[-1] @ gradients[-1]
        if len(kept) < 2 or gain > self.near or gain < self.slow**2 * (gradients[-2] @ gradients[-2]):
            return Step(task.estep(target, low), kept, 1)
        new = tried(task, chart, self._shortened(_direction(places, gradients)))
        if new is None or new.loglik < iterate.loglik + EXPECTED * gain * iterate.stats.total:
            return Step(task.estep(target, low), (), 2)
        return Step(new, kept, 1)

    def _shortened(self, move: Array) -> Array:
        """No longer than allowed."""
        return move * min(1.0, self.longest / max(math.sqrt(float(move @ move)), TINY))


def _direction(places: list[Array], gradients: list[Array]) -> Array:
    """The two-loop recursion of limited-memory BFGS, for ascent."""
    pairs = [(places[i + 1] - places[i], gradients[i] - gradients[i + 1]) for i in range(len(places) - 1)]
    pairs = [(s, y) for s, y in pairs if s @ y > CURVATURE * (s @ s)]
    move, shares = gradients[-1].copy(), []
    for s, y in reversed(pairs):
        shares.append((s @ move) / (s @ y))
        move -= shares[-1] * y
    for (s, y), share in zip(pairs, reversed(shares), strict=True):
        move += s * (share - (y @ move) / (s @ y))
    return move
