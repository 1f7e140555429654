"""How EM moves from iterate to iterate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixtura.chart import Chart
from mixtura.data import Array
from mixtura.errors import DataError
from mixtura.iterate import Iterate
from mixtura.mixture import Mixture
from mixtura.stats import Stats

_TINY = float(np.finfo(np.float64).tiny)

# Pairs of steps along which the log-likelihood bends less than this say nothing about its maximum.
CURVATURE = 1e-3

# EM raises the mean log-likelihood per row by between half and all of the squared length of its step.
EXPECTED = 0.75


class Ascent(Protocol):
    """What a stepper may ask for; only ``estep`` costs a pass over the data."""

    def mstep(self, stats: Stats, previous: Mixture | None = None) -> tuple[Mixture, NDArray[np.bool_]]:
        """The mixture that EM goes to from these statistics, and which covariances rest on the floor."""

    def admit(self, start: Mixture) -> tuple[Mixture, NDArray[np.bool_]]:
        """The member of the family nearest to any mixture, and which covariances rest on the floor."""

    def estep(self, mixture: Mixture, low: NDArray[np.bool_]) -> Iterate:
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

    def step(self, task: Ascent, iterate: Iterate, state: Any) -> Step:
        """One iteration; its log-likelihood is at least that of one EM iteration."""


@dataclass(frozen=True, slots=True)
class Plain:
    """EM as it is (Dempster, Laird & Rubin 1977)."""

    def init(self, iterate: Iterate) -> None:
        """Nothing to remember."""

    def step(self, task: Ascent, iterate: Iterate, state: Any) -> Step:
        """One EM iteration."""
        return Step(task.estep(*task.mstep(iterate.stats, iterate.mixture)), None, 1)


@dataclass(frozen=True, slots=True)
class Squarem:
    """Squared extrapolation of two EM iterations (Varadhan & Roland 2008, Scand. J. Stat. 35, 335-353; scheme S3).

    The second iteration needs no pass, only the M-step that was due anyway; so an extrapolation costs one pass, and
    one that would lower the log-likelihood is given up for the first iteration, which is already known.

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

    def step(self, task: Ascent, iterate: Iterate, state: Any) -> Step:
        """One EM iteration and, where it goes slowly, an extrapolation."""
        one = task.estep(*task.mstep(iterate.stats, iterate.mixture))
        chart = Chart(one.mixture)
        before, after = chart.of(iterate.mixture), chart.of(task.mstep(one.stats, one.mixture)[0])
        bend = before + after
        wanted = math.sqrt(float(before @ before) / max(float(bend @ bend), _TINY))
        if not wanted >= self.least:
            return Step(one, state, 1)
        length = min(wanted, state)
        new = _tried(task, chart, before - 2 * length * before + length**2 * bend)
        if new is None or new.loglik < one.loglik:
            return Step(one, max(self.least, length / self.growth), 2)
        return Step(new, state * self.growth if length == state else state, 2)


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
        new = _tried(task, chart, self._shortened(_direction(places, gradients)))
        if new is None or new.loglik < iterate.loglik + EXPECTED * gain * iterate.stats.total:
            return Step(task.estep(target, low), (), 2)
        return Step(new, kept, 1)

    def _shortened(self, move: Array) -> Array:
        """No longer than allowed."""
        return move * min(1.0, self.longest / max(math.sqrt(float(move @ move)), _TINY))


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


def _tried(task: Ascent, chart: Chart, point: Array) -> Iterate | None:
    """The E-step at a point of the chart; None where rounding leaves no mixture there."""
    try:
        return task.estep(*task.admit(chart.at(point)))
    except DataError:
        return None
