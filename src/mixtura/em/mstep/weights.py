"""How the components' weights are estimated: freely, all equal, or some of them held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from mixtura._support import Array, Index
from mixtura.covariance.models import Mask
from mixtura.mixture import rescale_weights


class WeightModel(Protocol):
    """What the M-step may make of the components' weights."""

    @property
    def in_kernel(self) -> bool:
        """Whether a kernel's own EM iterations estimate them in the same way."""

    def __call__(self, weights: Array) -> Array:
        """The best weights, (k,), where ``weights`` would be best if nothing were asked of them; their sum stays."""

    def n_parameters(self, k: int) -> int:
        """Number of free weights."""

    def held(self, k: int) -> Mask:
        """Which components' weights are held, (k,)."""

    def keep(self, components: Index) -> WeightModel:
        """The same for some of the components."""


@dataclass(frozen=True, slots=True)
class FreeWeights:
    """Any weights.

    Examples
    --------
    >>> FreeWeights()(np.array([0.2, 0.8])).tolist(), FreeWeights().n_parameters(2)
    ([0.2, 0.8], 1)
    """

    in_kernel: ClassVar[bool] = True

    def __call__(self, weights: Array) -> Array:
        return weights

    def n_parameters(self, k: int) -> int:
        """All but one, since their sum is given."""
        return k - 1

    def held(self, k: int) -> Mask:
        """None."""
        return np.zeros(k, dtype=bool)

    def keep(self, components: Index) -> FreeWeights:
        """The same."""
        return self


FREE_WEIGHTS = FreeWeights()


@dataclass(frozen=True, slots=True)
class EqualWeights:
    """All components have the same weight (mclust's ``equalPro``).

    Examples
    --------
    >>> EqualWeights()(np.array([0.2, 0.6])).tolist(), EqualWeights().n_parameters(2)
    ([0.4, 0.4], 0)
    """

    in_kernel: ClassVar[bool] = False

    def __call__(self, weights: Array) -> Array:
        return np.full_like(weights, weights.sum() / len(weights))

    def n_parameters(self, k: int) -> int:
        """None."""
        return 0

    def held(self, k: int) -> Mask:
        """None."""
        return np.zeros(k, dtype=bool)

    def keep(self, components: Index) -> EqualWeights:
        """The same."""
        return self


@dataclass(frozen=True, slots=True, eq=False)
class HeldWeights:
    """Some components' weights stay as given; the others share what is left.

    Attributes
    ----------
    which : ndarray of bool, (k,)
    values : ndarray of shape (k,)
        Weights of the components among themselves: beside noise, parts of what noise leaves.

    Examples
    --------
    >>> held = HeldWeights(np.array([True, False, False]), np.array([0.5, 0.25, 0.25]))
    >>> held(np.array([0.2, 0.2, 0.6])).round(12).tolist(), held.n_parameters(3)
    ([0.5, 0.125, 0.375], 1)
    """

    which: Mask
    values: Array

    in_kernel: ClassVar[bool] = False

    def __call__(self, weights: Array) -> Array:
        left = weights.sum()
        new, free = left * self.values, ~self.which
        if free.any():
            new[free] = rescale_weights(weights[free], left * (1 - self.values[self.which].sum()))
        return np.asarray(new)

    def n_parameters(self, k: int) -> int:
        """Those that are not held, but for one."""
        return max(k - 1 - int(self.which.sum()), 0)

    def held(self, k: int) -> Mask:
        """Those that are given."""
        return self.which

    def keep(self, components: Index) -> HeldWeights:
        """The same for some of the components."""
        values = self.values[components]
        return HeldWeights(self.which[components], values / values.sum())
