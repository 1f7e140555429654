"""The lines that scikit-learn prints while it fits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

from mixtura.em import Run


@dataclass(frozen=True, slots=True)
class Verbose:
    """Prints nothing (level 0), that an iteration was done (1), or also its time and gain (2).

    ``marks`` are the times of the last lines printed.
    """

    level: int = 0
    interval: int = 10
    write: Callable[[str], object] = print
    marks: dict[str, float] = field(default_factory=dict)

    def _lap(self, what: str) -> float:
        """Seconds since the last lap of this kind."""
        now = perf_counter()
        before = self.marks.get(what, now)
        self.marks[what] = now
        return now - before

    def begin(self, number: int) -> None:
        """Announce a start."""
        if self.level:
            self.marks.clear()
            self._lap("start")
            self._lap("iteration")
            self.write(f"Initialization {number}")

    def iteration(self, run: Run) -> None:
        """Report an iteration, every ``interval`` of them."""
        number = run.iterations + 1
        change = run.rise_per_row if len(run.trace) > 1 else math.inf
        if self.level and number % self.interval == 0:
            more = f"\t time lapse {self._lap('iteration'):.5f}s\t ll change {change:.5f}"
            self.write(f"  Iteration {number}" + more * (self.level > 1))

    def end(self, lower_bound: float, converged: bool) -> None:
        """Report how a start ended."""
        if self.level:
            said = "converged" if converged else "did not converge"
            more = f" time lapse {self._lap('start'):.5f}s\t lower bound {lower_bound:.5f}."
            self.write(f"Initialization {said}." + more * (self.level > 1))
