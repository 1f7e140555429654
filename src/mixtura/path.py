"""Where a start of EM has led."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mixtura.adjust import Repair
from mixtura.iterate import Iterate
from mixtura.result import Outcome
from mixtura.stopping import StopRule


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """Where one start has led.

    Attributes
    ----------
    last : Iterate
    trace : tuple of float
        Log-likelihood at the start (or at the last repair) and after each EM iteration since.
    iterations : int
        All EM iterations, repairs included.
    passes : int
        How often the data was read; the start's own search not counted.
    outcome : Outcome
    repairs : tuple of Repair
    alive : tuple of int
        Numbers, as at the start, of the components that are left.
    """

    last: Iterate
    trace: tuple[float, ...]
    iterations: int
    passes: int
    outcome: Outcome
    repairs: tuple[Repair, ...]
    alive: tuple[int, ...]

    @classmethod
    def at(cls, first: Iterate, repairs: tuple[Repair, ...] = ()) -> Path:
        """The path that has only its start."""
        alive = tuple(range(first.mixture.n_components))
        return cls(first, (first.loglik,), 0, 1, Outcome.OUT_OF_STEPS, repairs, alive)

    @property
    def rise(self) -> float:
        """By how much the last iteration raised the log-likelihood; NaN at a start and after a repair."""
        return self.trace[-1] - self.trace[-2] if len(self.trace) > 1 else math.nan

    @property
    def rise_per_row(self) -> float:
        """The same for the mean log-likelihood per row."""
        return self.rise / self.last.stats.total

    def on(self, new: Iterate, passes: int = 1) -> Path:
        """One iteration further."""
        trace = (*self.trace, new.loglik)
        return replace(self, last=new, trace=trace, iterations=self.iterations + 1, passes=self.passes + passes)


def resumed(first: Iterate, loglik: float, stop: Sequence[StopRule]) -> Path:
    """The path that goes on from an earlier one, whose last mean log-likelihood per row was ``loglik``.

    It has converged already where a rule finds ``first`` near enough to where the earlier one ended.
    """
    path = Path.at(first)
    earlier = replace(first, stats=replace(first.stats, loglik=loglik * first.stats.total))
    rested = any(rule(earlier, first) for rule in stop)
    return replace(path, outcome=Outcome.CONVERGED) if rested else path
