"""Print the lines that scikit-learn prints during a fit."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

from mixtura.em import Run


@dataclass(frozen=True, slots=True)
class VerbosePrinter:
    """Printer of scikit-learn's lines about starts and iterations.

    Attributes
    ----------
    level : int
        0 prints nothing, 1 prints iterations, 2 also their times and changes of the log-likelihood.
    interval : int
        Iterations from one line to the next.
    write : callable
        Prints a line.
    times : dict of str to float
        Time of the last line of each kind, in seconds.
    """

    level: int = 0
    interval: int = 10
    write: Callable[[str], object] = print
    times: dict[str, float] = field(default_factory=dict)

    def _seconds_since_last(self, what: str) -> float:
        """Seconds since the last line of this kind; 0 for the first."""
        now = perf_counter()
        before = self.times.get(what, now)
        self.times[what] = now
        return now - before

    def begin(self, number: int) -> None:
        """Print that a start begins."""
        if self.level:
            self.times.clear()
            self._seconds_since_last("start")
            self._seconds_since_last("iteration")
            self.write(f"Initialization {number}")

    def iteration(self, run: Run) -> None:
        """Print the number of an iteration, for every ``interval``-th of them."""
        number = run.iterations + 1
        change = run.rise_per_row if len(run.trace) > 1 else math.inf
        if self.level and number % self.interval == 0:
            more = f"\t time lapse {self._seconds_since_last('iteration'):.5f}s\t ll change {change:.5f}"
            self.write(f"  Iteration {number}" + more * (self.level > 1))

    def end(self, lower_bound: float, converged: bool) -> None:
        """Print how a start ended."""
        if self.level:
            outcome = "converged" if converged else "did not converge"
            more = f" time lapse {self._seconds_since_last('start'):.5f}s\t lower bound {lower_bound:.5f}."
            self.write(f"Initialization {outcome}." + more * (self.level > 1))
