"""How the components' weights are estimated: without constraint, all equal, or with some held fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from mixtura._support import Array, Index
from mixtura.covariance.models import Mask
from mixtura.mixture import rescale_weights


class WeightModel(Protocol):
    """How the M-step estimates the components' weights."""

    @property
    def in_kernel(self) -> bool:
        """Whether a kernel's own EM iterations estimate the weights in the same way."""

    def __call__(self, weights: Array) -> Array:
        """The weights of highest likelihood, (k,), given those of highest likelihood without constraint.

        Their sum is that of the given ones.
        """

    def n_parameters(self, k: int) -> int:
        """Number of free parameters of k weights."""

    def is_fixed(self, k: int) -> Mask:
        """Which components' weights are held fixed, (k,)."""

    def keep(self, components: Index) -> WeightModel:
        """The model of some of the components (indices or a mask), after others were removed."""


@dataclass(frozen=True, slots=True)
class FreeWeights:
    """All weights are estimated, without constraint.

    Examples
    --------
    >>> FreeWeights()(np.array([0.2, 0.8])).tolist(), FreeWeights().n_parameters(2)
    ([0.2, 0.8], 1)
    """

    in_kernel: ClassVar[bool] = True

    def __call__(self, weights: Array) -> Array:
        return weights

    def n_parameters(self, k: int) -> int:
        """Number of free parameters, k - 1, since the sum of the weights is given."""
        return k - 1

    def is_fixed(self, k: int) -> Mask:
        """A mask without any component, (k,)."""
        return np.zeros(k, dtype=bool)

    def keep(self, components: Index) -> FreeWeights:
        """Itself, since it treats all components alike."""
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
        """Number of free parameters, 0."""
        return 0

    def is_fixed(self, k: int) -> Mask:
        """A mask without any component, (k,): equal weights are not fixed at given values."""
        return np.zeros(k, dtype=bool)

    def keep(self, components: Index) -> EqualWeights:
        """Itself, since it treats all components alike."""
        return self


@dataclass(frozen=True, slots=True, eq=False)
class FixedWeights:
    """Some components' weights are held fixed; the others are estimated, and sum to what these leave.

    Attributes
    ----------
    which : ndarray of bool, (k,)
        Components whose weights are held fixed.
    values : ndarray of shape (k,)
        Their weights, as fractions of the sum of all components' weights, which noise makes less than one.

    Examples
    --------
    >>> fixed = FixedWeights(np.array([True, False, False]), np.array([0.5, 0.25, 0.25]))
    >>> fixed(np.array([0.2, 0.2, 0.6])).round(12).tolist(), fixed.n_parameters(3)
    ([0.5, 0.125, 0.375], 1)
    """

    which: Mask
    values: Array

    in_kernel: ClassVar[bool] = False

    def __call__(self, weights: Array) -> Array:
        total = weights.sum()
        new, free = total * self.values, ~self.which
        if free.any():
            new[free] = rescale_weights(weights[free], total * (1 - self.values[self.which].sum()))
        return np.asarray(new)

    def n_parameters(self, k: int) -> int:
        """Number of weights that are not fixed, less one, since the sum of the weights is given."""
        return max(k - 1 - int(self.which.sum()), 0)

    def is_fixed(self, k: int) -> Mask:
        """Which components' weights are held fixed, (k,)."""
        return self.which

    def keep(self, components: Index) -> FixedWeights:
        """The model of some of the components (indices or a mask), after others were removed."""
        which, values = self.which[components], self.values[components]
        # The free weights take what a removed component leaves; the fixed ones share it only where none is free.
        return FixedWeights(which, rescale_weights(values, 1.0) if which.all() else values)
