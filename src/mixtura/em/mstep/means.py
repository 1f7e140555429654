"""How the components' means are estimated: freely, or some of them held."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

import numpy as np

from mixtura._support import Array, Index
from mixtura.covariance.models import Mask
from mixtura.stats import Stats, outer


class MeanModel(Protocol):
    """What the M-step may make of the components' means."""

    @property
    def in_kernel(self) -> bool:
        """Whether a kernel's own EM iterations estimate them in the same way."""

    def __call__(self, stats: Stats) -> Stats:
        """The statistics with the best means, and with the scatter about these."""

    def admit(self, means: Array) -> Array:
        """The nearest means that may be, (k, d)."""

    def n_parameters(self, k: int, d: int) -> int:
        """Number of free coordinates."""

    def held(self, k: int) -> Mask:
        """Which components' means are held, (k,)."""

    def keep(self, components: Index) -> MeanModel:
        """The same for some of the components."""


@dataclass(frozen=True, slots=True)
class FreeMeans:
    """Any means: those of the rows.

    Examples
    --------
    >>> FreeMeans().n_parameters(k=2, d=3)
    6
    """

    in_kernel: ClassVar[bool] = True

    def __call__(self, stats: Stats) -> Stats:
        return stats

    def admit(self, means: Array) -> Array:
        """The same."""
        return means

    def n_parameters(self, k: int, d: int) -> int:
        """All coordinates."""
        return k * d

    def held(self, k: int) -> Mask:
        """None."""
        return np.zeros(k, dtype=bool)

    def keep(self, components: Index) -> FreeMeans:
        """The same."""
        return self


FREE_MEANS = FreeMeans()


@dataclass(frozen=True, slots=True, eq=False)
class HeldMeans:
    """Some components' means stay as given.

    Attributes
    ----------
    which : ndarray of bool, (k,)
    values : ndarray of shape (k, d)

    Examples
    --------
    >>> held = HeldMeans(np.array([True, False]), np.array([[0.0], [9.0]]))
    >>> new = held(Stats(np.ones(2), np.array([[1.0], [5.0]]), np.ones((2, 1)), 0.0, 0.0))
    >>> new.mean.tolist(), new.scatter.tolist()
    ([[0.0], [5.0]], [[2.0], [1.0]])
    """

    which: Mask
    values: Array

    in_kernel: ClassVar[bool] = False

    def __call__(self, stats: Stats) -> Stats:
        means = self.admit(stats.mean)
        # Steiner's theorem: the scatter about another point than the mean.
        scatter = stats.scatter + outer(stats.weight, stats.mean - means, stats.scatter_kind)
        return replace(stats, mean=means, scatter=scatter)

    def admit(self, means: Array) -> Array:
        """The means with those that are held put in."""
        return np.where(self.which[:, None], self.values, means)

    def n_parameters(self, k: int, d: int) -> int:
        """Coordinates of the means that are not held."""
        return (k - int(self.which.sum())) * d

    def held(self, k: int) -> Mask:
        """Those that are given."""
        return self.which

    def keep(self, components: Index) -> HeldMeans:
        """The same for some of the components."""
        return HeldMeans(self.which[components], self.values[components])
