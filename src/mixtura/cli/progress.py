"""How fast a fit goes, and how long it may last at most."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class FitProgress:
    """Progress of several starts of at most ``max_iter`` iterations each.

    Attributes
    ----------
    starts : int
        How many there will be.
    max_iter : int
    began : float
        When this was first known, in seconds of some clock.
    start : int
        The present start, from 0.
    number : int
        Its iterations so far.
    done : int
        Iterations of all starts so far.
    seconds : float
        Time since it began.

    Examples
    --------
    >>> progress = FitProgress(starts=2, max_iter=100, began=0.0).after(start=0, number=1, now=0.5)
    >>> progress.rate, progress.left
    (2.0, 99.5)
    """

    starts: int
    max_iter: int
    began: float
    start: int = 0
    number: int = 0
    done: int = 0
    seconds: float = 0.0

    def after(self, start: int, number: int, now: float) -> FitProgress:
        """The progress after one more iteration, or at a start, whose number is 0."""
        return replace(self, start=start, number=number, done=self.done + (number > 0), seconds=now - self.began)

    @property
    def rate(self) -> float:
        """Iterations per second; 0 while nothing is known."""
        return self.done / self.seconds if self.seconds > 0 else 0.0

    @property
    def left(self) -> float:
        """Seconds if every start runs out of steps: an upper bound, infinite while nothing is known."""
        steps = max(self.max_iter - self.number, 0) + (self.starts - self.start - 1) * self.max_iter
        return steps / self.rate if self.rate else math.inf


def duration(seconds: float) -> str:
    """A duration, rounded up, for people.

    Examples
    --------
    >>> duration(1.2), duration(200.0), duration(20_000.0), duration(1e6)
    ('2 s', '4 min', '6 h', '12 d')
    """
    scales = [(120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h"), (math.inf, 86400, "d")]
    unit, name = next((unit, name) for most, unit, name in scales if seconds <= most)
    return f"{math.ceil(seconds / unit)} {name}"
