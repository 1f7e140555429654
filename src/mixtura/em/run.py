"""The iterates of EM, and a run: the iterations from one start, their log-likelihoods and how they ended."""

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
    """A mixture that EM has reached, with the statistics of the E-step at that mixture.

    Attributes
    ----------
    make : callable
        Makes the mixture when it is asked for, since most mixtures of a kernel's runs never are.
    stats : Stats
        Statistics of the E-step at ``mixture``: they hold its log-likelihood, and all that the next M-step needs.
    at_floor : ndarray of bool, (k,)
        Components whose covariance has been raised to the floor.
    memory : object
        What the E-step passes on to the next one of the same run, such as a cutoff.
    """

    make: Callable[[], Mixture]
    stats: Stats
    at_floor: NDArray[np.bool_]
    memory: Any = None

    @classmethod
    def at(cls, mixture: Mixture, stats: Stats, at_floor: NDArray[np.bool_], memory: Any = None) -> Iterate:
        """The iterate at a mixture that is known already."""
        return cls(lambda: mixture, stats, at_floor, memory)

    @cached_property
    def mixture(self) -> Mixture:
        """The mixture that EM has reached."""
        return self.make()

    @property
    def loglik(self) -> float:
        """Weighted log-likelihood of the rows under ``mixture``, in nats, plus the M-step's penalty if it has one."""
        return self.stats.loglik

    def with_total_weight(self, total: float) -> Iterate:
        """The same with the log-likelihood that it has where the mixture's weights are multiplied by ``total``."""
        if total == 1:
            return self
        return replace(self, stats=replace(self.stats, loglik=self.loglik + self.stats.total * math.log(total)))


@dataclass(frozen=True, slots=True)
class Standing:
    """The numbers by which a run is compared with others.

    Attributes
    ----------
    lost : bool
        Whether a component collapsed and was removed, or ended the run.
    spurious : bool
        Whether a component at the floor holds too few rows (`Problem.spurious`).
    n_components : int
        Number of components that are left.
    least_weight : float
        The smallest sum of sample weight x responsibility of a component.
    loglik : float
        Log-likelihood of the last iterate; minus infinity if the first M-step gave no mixture.
    iterations : int
        Number of EM iterations made.
    finished : bool
        Whether the run has ended, for another reason than the number of iterations.
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
    """EM from one start, as far as it has been iterated.

    Attributes
    ----------
    make_last : callable
        Makes the last iterate when it is asked for, since most of those in a search never are.
    trace : tuple of float
        Log-likelihood at the start (or at the last repair) and after each EM iteration since.
    iterations : int
        Number of EM iterations, repairs included.
    passes : int
        How often all rows were read, without the search that made the start.
    outcome : Outcome
        How the run ended; OUT_OF_STEPS if it has not.
    repairs : tuple of Repair
    components : tuple of int
        Numbers, as at the start, of the components that are left.
    known_at_floor : bool or None
        What `any_at_floor` is, so that the last iterate need not be made to tell; None where that is not known.
    """

    make_last: Callable[[], Iterate]
    trace: tuple[float, ...]
    iterations: int
    passes: int
    outcome: Outcome
    repairs: tuple[Repair, ...]
    components: tuple[int, ...]
    known_at_floor: bool | None = None

    @classmethod
    def started(cls, first: Iterate, repairs: tuple[Repair, ...] = ()) -> Run:
        """The run without iterations, at the iterate of its first E-step."""
        components = tuple(range(len(first.stats.weight)))
        return cls(lambda: first, (first.loglik,), 0, 1, Outcome.OUT_OF_STEPS, repairs, components)

    def with_any_at_floor(self, *, any_at_floor: bool) -> Run:
        """The run with what `any_at_floor` is, so that the last iterate need not be made to tell."""
        return replace(self, known_at_floor=any_at_floor)

    @cached_property
    def last(self) -> Iterate:
        """The last iterate."""
        return self.make_last()

    @property
    def loglik(self) -> float:
        """Log-likelihood of the last iterate; minus infinity if the first M-step gave no mixture."""
        return self.trace[-1] if self.trace else -math.inf

    @property
    def any_at_floor(self) -> bool:
        """Whether the covariance of any component of the last iterate has been raised to the floor."""
        return bool(self.last.at_floor.any()) if self.known_at_floor is None else self.known_at_floor

    @property
    def finished(self) -> bool:
        """Whether the run has ended, for another reason than the number of iterations."""
        return self.outcome is not Outcome.OUT_OF_STEPS

    @property
    def lost(self) -> bool:
        """Whether a component collapsed and was removed, or ended the run."""
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
        return replace(
            self,
            make_last=lambda: new,
            trace=(*self.trace, new.loglik),
            iterations=self.iterations + 1,
            passes=self.passes + passes,
            known_at_floor=None,
        )
