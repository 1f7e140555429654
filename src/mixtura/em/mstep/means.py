"""How the components' means are estimated: all of them, or with some held fixed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

import numpy as np

from mixtura._support import Array, Index
from mixtura.covariance.models import Mask
from mixtura.stats import Stats, outer


class MeanModel(Protocol):
    """How the M-step estimates the components' means."""

    @property
    def in_kernel(self) -> bool:
        """Whether a kernel's own EM iterations estimate the means in the same way."""

    def __call__(self, stats: Stats) -> Stats:
        """The statistics with the means of highest likelihood, and with the scatter about these."""

    def admit(self, means: Array) -> Array:
        """The nearest means that the M-step could give, (k, d)."""

    def n_parameters(self, k: int, d: int) -> int:
        """Number of estimated coordinates of k means in d dimensions."""

    def is_fixed(self, k: int) -> Mask:
        """Which components' means are held fixed, (k,)."""

    def keep(self, components: Index) -> MeanModel:
        """The model of some of the components (indices or a mask), after others were removed."""


@dataclass(frozen=True, slots=True)
class FreeMeans:
    """All means are estimated: they are the weighted means of the rows.

    Examples
    --------
    >>> FreeMeans().n_parameters(k=2, d=3)
    6
    """

    in_kernel: ClassVar[bool] = True

    def __call__(self, stats: Stats) -> Stats:
        return stats

    def admit(self, means: Array) -> Array:
        """The means as given, (k, d)."""
        return means

    def n_parameters(self, k: int, d: int) -> int:
        """Number of coordinates of k means in d dimensions, k d."""
        return k * d

    def is_fixed(self, k: int) -> Mask:
        """A mask without any component, (k,)."""
        return np.zeros(k, dtype=bool)

    def keep(self, components: Index) -> FreeMeans:
        """Itself, since it treats all components alike."""
        return self


FREE_MEANS = FreeMeans()


@dataclass(frozen=True, slots=True, eq=False)
class FixedMeans:
    """Some components' means are held fixed, the others estimated.

    Attributes
    ----------
    which : ndarray of bool, (k,)
        Components whose means are held fixed.
    values : ndarray of shape (k, d)
        Their means; the rows of other components are not used.

    Examples
    --------
    >>> fixed = FixedMeans(np.array([True, False]), np.array([[0.0], [9.0]]))
    >>> new = fixed(Stats(np.ones(2), np.array([[1.0], [5.0]]), np.ones((2, 1)), 0.0, 0.0))
    >>> new.mean.tolist(), new.scatter.tolist()
    ([[0.0], [5.0]], [[2.0], [1.0]])
    """

    which: Mask
    values: Array

    in_kernel: ClassVar[bool] = False

    def __call__(self, stats: Stats) -> Stats:
        means = self.admit(stats.mean)
        # By Steiner's theorem, the scatter about a point other than the mean.
        scatter = stats.scatter + outer(stats.moment_weight, stats.mean - means, stats.scatter_kind)
        return replace(stats, mean=means, scatter=scatter)

    def admit(self, means: Array) -> Array:
        """The given means, (k, d), with the fixed ones in their places."""
        return np.where(self.which[:, None], self.values, means)

    def n_parameters(self, k: int, d: int) -> int:
        """Number of coordinates of the means that are not fixed."""
        return (k - int(self.which.sum())) * d

    def is_fixed(self, k: int) -> Mask:
        """Which components' means are held fixed, (k,)."""
        return self.which

    def keep(self, components: Index) -> FixedMeans:
        """The model of some of the components (indices or a mask), after others were removed."""
        return FixedMeans(self.which[components], self.values[components])
