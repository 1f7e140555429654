"""How EM moves from iterate to iterate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mixtura.chart import Chart
from mixtura.errors import DataError
from mixtura.iterate import Iterate
from mixtura.mixture import Mixture
from mixtura.stats import Stats

_TINY = float(np.finfo(np.float64).tiny)


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
        """One iteration, which gains at least as much as one EM iteration: a small rise means what it means there."""


def em(task: Ascent, iterate: Iterate) -> Iterate:
    """One EM iteration: M-step, then the E-step that tells what it gained."""
    return task.estep(*task.mstep(iterate.stats, iterate.mixture))


@dataclass(frozen=True, slots=True)
class Plain:
    """EM as it is (Dempster, Laird & Rubin 1977)."""

    def init(self, iterate: Iterate) -> None:
        """Nothing to remember."""

    def step(self, task: Ascent, iterate: Iterate, state: Any) -> Step:
        """One EM iteration."""
        return Step(em(task, iterate), None, 1)


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

    def step(self, task: Ascent, iterate: Iterate, state: Any) -> Step:
        """One EM iteration and, where it goes slowly, an extrapolation."""
        one = em(task, iterate)
        chart = Chart(one.mixture)
        before, after = chart.of(iterate.mixture), chart.of(task.mstep(one.stats, one.mixture)[0])
        bend = before + after
        wanted = math.sqrt(float(before @ before) / max(float(bend @ bend), _TINY))
        if not wanted >= self.least or after @ after > before @ before:
            return Step(one, state, 1)
        length = min(wanted, state)
        new = tried(task, chart, before - 2 * length * before + length**2 * bend, one.low)
        if new is None or new.loglik < one.loglik:
            return Step(one, max(self.least, length / self.growth), 1 + (new is not None))
        return Step(new, state * self.growth if length == state else state, 2)


def tried(task: Ascent, chart: Chart, point: NDArray[np.float64], low: NDArray[np.bool_]) -> Iterate | None:
    """The E-step at a point of the chart; None where rounding leaves no mixture, or less rests on the floor.

    Bounds that a mixture sets for itself, such as the ceiling of equal volumes, would else be left on the way.
    """
    try:
        mixture, resting = task.admit(chart.at(point))
    except DataError:
        return None
    return None if (low & ~resting).any() else task.estep(mixture, resting)
