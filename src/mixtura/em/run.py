"""Where EM stands, and where one start has led."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura.em.outcome import Action, Outcome, Repair
from mixtura.mixture import Mixture
from mixtura.stats import Stats


@dataclass(frozen=True, eq=False)
class Iterate:
    """A mixture that EM has come to, and what the E-step at that mixture left behind.

    Attributes
    ----------
    make : callable
        Makes the mixture: a kernel's own runs come to many that nobody looks at.
    stats : Stats
        Of the E-step at ``mixture``: it holds the mixture's log-likelihood, and is all the next M-step needs.
    at_floor : ndarray of bool, (k,)
        Components whose covariance has been raised to the floor.
    memory : object
        What the E-step remembers until the next one of the same run.
    """

    make: Callable[[], Mixture]
    stats: Stats
    at_floor: NDArray[np.bool_]
    memory: Any = None

    @classmethod
    def at(cls, mixture: Mixture, stats: Stats, at_floor: NDArray[np.bool_], memory: Any = None) -> Iterate:
        """The iterate at a mixture that is there."""
        return cls(lambda: mixture, stats, at_floor, memory)

    @cached_property
    def mixture(self) -> Mixture:
        """The mixture."""
        return self.make()

    @property
    def loglik(self) -> float:
        """Total weighted log-likelihood of ``mixture``."""
        return self.stats.loglik


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a run has come, in the numbers by which several are compared.

    Attributes
    ----------
    lost : bool
        Whether a component collapsed and was not saved.
    spurious : bool
        Whether a component at the floor holds too few rows (`Problem.spurious`).
    n_components : int
        Those that are left.
    least_weight : float
        The smallest weight of a component, in the units of sample weights.
    loglik : float
        Of the last iterate; minus infinity if there never was a mixture.
    iterations : int
    finished : bool
        Whether there is nothing left to iterate.
    """

    lost: bool
    spurious: bool
    n_components: int
    least_weight: float
    loglik: float
    iterations: int
    finished: bool


@dataclass(frozen=True, eq=False)
class Run:
    """Where one start has led.

    Attributes
    ----------
    make_last : callable
        Makes the last iterate: a search comes to many that nobody looks at.
    trace : tuple of float
        Log-likelihood at the start (or at the last repair) and after each EM iteration since.
    iterations : int
        All EM iterations, repairs included.
    passes : int
        How often the data was read; the start's own search not counted.
    outcome : Outcome
    repairs : tuple of Repair
    components : tuple of int
        Numbers, as at the start, of the components that are left.
    """

    make_last: Callable[[], Iterate]
    trace: tuple[float, ...]
    iterations: int
    passes: int
    outcome: Outcome
    repairs: tuple[Repair, ...]
    components: tuple[int, ...]

    @classmethod
    def started(cls, first: Iterate, repairs: tuple[Repair, ...] = ()) -> Run:
        """The run that has only its first E-step."""
        components = tuple(range(len(first.stats.weight)))
        return cls(lambda: first, (first.loglik,), 0, 1, Outcome.OUT_OF_STEPS, repairs, components)

    def with_facts(self, *, any_at_floor: bool) -> Run:
        """The same run, of which this is known without its last iterate."""
        vars(self).update(any_at_floor=any_at_floor)
        return self

    @cached_property
    def last(self) -> Iterate:
        """The last iterate."""
        return self.make_last()

    @property
    def loglik(self) -> float:
        """Log-likelihood of the last iterate; minus infinity if there never was a mixture."""
        return self.trace[-1] if self.trace else -math.inf

    @cached_property
    def any_at_floor(self) -> bool:
        """Whether a covariance has been raised to the floor."""
        return bool(self.last.at_floor.any())

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to iterate."""
        return self.outcome is not Outcome.OUT_OF_STEPS

    @property
    def lost(self) -> bool:
        """Whether a component collapsed and was not saved."""
        if self.outcome is Outcome.COLLAPSED or not self.repairs:
            return self.outcome is Outcome.COLLAPSED
        return any(repair.action is Action.REMOVED for repair in self.repairs)

    @property
    def rise(self) -> float:
        """By how much the last iteration raised the log-likelihood; NaN at a start and after a repair."""
        return self.trace[-1] - self.trace[-2] if len(self.trace) > 1 else math.nan

    @property
    def rise_per_row(self) -> float:
        """By how much the last iteration raised the mean log-likelihood per row."""
        return self.rise / self.last.stats.total

    def extended(self, new: Iterate, passes: int = 1) -> Run:
        """The run after one more iteration."""
        trace, passes = (*self.trace, new.loglik), self.passes + passes
        return replace(self, make_last=lambda: new, trace=trace, iterations=self.iterations + 1, passes=passes)
