"""Covariances S_k = lambda_k D_k A_k D_k' (Celeux & Govaert 1995, Pattern Recognition 28, 781-793).

Volume lambda, shape A and axes D are each equal in all components (E), variable (V) or the identity (I); a
model's name says which, in that order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixtura.covariance import Covariance, Dense, Diagonal
from mixtura.data import Array
from mixtura.stats import Needs, Stats

# Divides instead of zero where a component holds no rows at all; its covariance comes out as 0, to be floored.
_TINY = np.finfo(np.float64).tiny


def _per_weight(values: Array, weight: Array) -> Array:
    """Divide each component's values by its weight."""
    return values / np.maximum(weight, _TINY).reshape((-1,) + (1,) * (values.ndim - 1))


@dataclass(frozen=True, slots=True)
class VVV:
    """A full matrix for each component: S_k = W_k / n_k.

    Examples
    --------
    >>> VVV().n_parameters(k=2, d=3)
    12
    """

    name: str = "VVV"
    needs: Needs = "full"

    def fit(self, stats: Stats, previous: Covariance | None) -> Dense:
        """W_k / n_k."""
        return Dense(_per_weight(stats.scatter, stats.weight), len(stats.weight))

    def n_parameters(self, k: int, d: int) -> int:
        """K d (d + 1) / 2."""
        return k * d * (d + 1) // 2

    def least_points(self, d: int) -> int:
        """D + 1 points in general position span d dimensions."""
        return d + 1


@dataclass(frozen=True, slots=True)
class EEE:
    """One full matrix that all components share: S = sum_k W_k / n.

    Examples
    --------
    >>> EEE().n_parameters(k=2, d=3)
    6
    """

    name: str = "EEE"
    needs: Needs = "pooled"

    def fit(self, stats: Stats, previous: Covariance | None) -> Dense:
        """The pooled scatter divided by the total weight."""
        return Dense(stats.scatter / stats.total, len(stats.weight))

    def n_parameters(self, k: int, d: int) -> int:
        """D (d + 1) / 2."""
        return d * (d + 1) // 2

    def least_points(self, d: int) -> int:
        """The shared matrix lives on all points."""
        return 1


@dataclass(frozen=True, slots=True)
class VVI:
    """A diagonal matrix for each component: S_k = diag(W_k) / n_k.

    Examples
    --------
    >>> VVI().n_parameters(k=2, d=3)
    6
    """

    name: str = "VVI"
    needs: Needs = "diagonal"

    def fit(self, stats: Stats, previous: Covariance | None) -> Diagonal:
        """diag(W_k) / n_k."""
        return Diagonal(_per_weight(stats.scatter, stats.weight), *stats.mean.shape)

    def n_parameters(self, k: int, d: int) -> int:
        """K d."""
        return k * d

    def least_points(self, d: int) -> int:
        """Two different points have a variance in every dimension."""
        return 2


@dataclass(frozen=True, slots=True)
class VII:
    """One variance for each component: S_k = tr(W_k) / (n_k d) I.

    Examples
    --------
    >>> VII().n_parameters(k=2, d=3)
    2
    """

    name: str = "VII"
    needs: Needs = "diagonal"

    def fit(self, stats: Stats, previous: Covariance | None) -> Diagonal:
        """tr(W_k) / (n_k d)."""
        variances = _per_weight(stats.scatter.mean(axis=1, keepdims=True), stats.weight)
        return Diagonal(variances, *stats.mean.shape)

    def n_parameters(self, k: int, d: int) -> int:
        """One for each component."""
        return k

    def least_points(self, d: int) -> int:
        """Two different points have a variance."""
        return 2
