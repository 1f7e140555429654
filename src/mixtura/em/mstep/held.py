"""Parameters that EM leaves as they are: weights, means or covariances, of all components or of some; equal weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mixtura._support import Array
from mixtura.covariance.models import CovarianceModel, Held, Mask
from mixtura.mixture import Mixture, rescaled
from mixtura.stats import Stats, outer


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """What an M-step may not change.

    Attributes
    ----------
    equal : bool
        Whether the weights of all components are equal.
    given : Mixture, or None
        Where parameters are held, and which, as masks (k,). Weights are the components' shares of what noise leaves.
    weights, means, covariances : ndarray of bool, (k,), or None
    """

    equal: bool = False
    given: Mixture | None = None
    weights: Mask | None = None
    means: Mask | None = None
    covariances: Mask | None = None

    def shares(self, weights: Array) -> Array:
        """Weights of the components, (k,), where these would be best if nothing were held; their sum stays."""
        left = weights.sum()
        if self.equal:
            return np.full_like(weights, left / len(weights))
        if self.given is None or self.weights is None:
            return weights
        shares, free = left * self.given.weights, ~self.weights
        if free.any():
            shares[free] = rescaled(weights[free], left * (1 - self.given.weights[self.weights].sum()))
        return np.asarray(shares)

    def about(self, stats: Stats) -> Stats:
        """The same statistics with the means that are held; the scatter is about these (Steiner's theorem)."""
        means = self.placed(stats.mean)
        if means is stats.mean:
            return stats
        scatter = stats.scatter + outer(stats.weight, stats.mean - means, stats.scatter_kind)
        return replace(stats, mean=means, scatter=scatter)

    def placed(self, means: Array) -> Array:
        """The means with those that are held put in."""
        if self.given is None or self.means is None:
            return means
        return np.where(self.means[:, None], self.given.means, means)

    def over(self, family: CovarianceModel) -> CovarianceModel:
        """The family with the covariances that are held."""
        if self.given is None or self.covariances is None:
            return family
        inner = family.family if isinstance(family, Held) else family
        return Held(inner, self.covariances, self.given.covariances)

    def n_parameters(self, k: int, d: int) -> int:
        """Free weights and coordinates of means."""
        weights = 0 if self.equal else max(k - 1 - _count(self.weights), 0)
        return weights + (k - _count(self.means)) * d

    def touched(self, k: int) -> Mask:
        """Which components are held in part at least, (k,): these are neither moved nor removed."""
        masks = [mask for mask in (self.weights, self.means, self.covariances) if mask is not None]
        return np.asarray(np.logical_or.reduce([np.zeros(k, dtype=bool), *masks]))

    def select(self, components: Any) -> Fixed:
        """The same for some of the components."""
        if self.given is None:
            return self
        masks = (self.weights, self.means, self.covariances)
        left = (None if mask is None else mask[components] for mask in masks)
        return Fixed(self.equal, self.given.select(components), *left)


def _count(mask: Mask | None) -> int:
    """How many components are held."""
    return 0 if mask is None else int(mask.sum())


FREE = Fixed()
