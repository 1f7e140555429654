"""Covariances of some components that stay as they are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixtura._support import Array, Index
from mixtura.covariance import Covariance, DenseCovariance, DiagonalCovariance
from mixtura.covariance.models.base import CovarianceModel, Mask, PriorCounts
from mixtura.stats import ScatterKind, Stats


@dataclass(frozen=True, slots=True, eq=False)
class HeldCovariances:
    """A family that estimates the covariances of some components, and leaves those of the others as they are given.

    What the family has in common, such as equal volumes, is common to the components that it estimates.

    Attributes
    ----------
    inner : CovarianceModel
    which : ndarray of bool, (k,)
    given : Covariance
    """

    inner: CovarianceModel
    which: Mask
    given: Covariance

    in_kernel: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """Of the family that estimates."""
        return self.inner.name

    @property
    def scatter_kind(self) -> ScatterKind:
        """A scatter that is pooled would hold that of the others, too; where nothing is estimated the least will do."""
        if self.which.all():
            return "diagonal"
        return "full" if self.inner.scatter_kind == "pooled" else self.inner.scatter_kind

    def fit(self, stats: Stats, floor: Array, previous: Covariance | None = None) -> tuple[Covariance, Mask]:
        """The covariances with the largest expected log-likelihood, but for those that are given."""
        free, low = np.flatnonzero(~self.which), np.zeros(len(self.which), dtype=bool)
        if not len(free):
            return self.given, low
        before = None if previous is None else previous.select(free)
        own, low[free] = self.inner.fit(stats.select(free), floor, before)
        return _together(self.given, own, free), low

    def n_parameters(self, k: int, d: int) -> int:
        """Free parameters of the covariances that are estimated."""
        free = int((~self.which).sum())
        return self.inner.n_parameters(free, d) if free else 0

    def least_points(self, d: int) -> int:
        """As the inner model says."""
        return self.inner.least_points(d)

    def own_points(self, d: int) -> int:
        """As the inner model says."""
        return self.inner.own_points(d)

    def prior_counts(self, dof: float, k: int, d: int, *, shrinks_means: bool) -> PriorCounts:
        """As the inner model says."""
        return self.inner.prior_counts(dof, k, d, shrinks_means=shrinks_means)

    @property
    def free(self) -> CovarianceModel:
        """The inner model."""
        return self.inner

    def held(self, k: int) -> Mask:
        """Those that are given."""
        return self.which

    def keep(self, components: Index) -> HeldCovariances:
        """The same for some of the components."""
        return HeldCovariances(self.inner, self.which[components], self.given.select(components))


def _together(given: Covariance, own: Covariance, free: Index) -> Covariance:
    """The given covariances with those of some components put in."""
    k, d = given.n_components, given.n_features
    if isinstance(given, DiagonalCovariance) and isinstance(own, DiagonalCovariance):
        variances = given.variances().copy()
        variances[free] = own.variances()
        return DiagonalCovariance(variances, k, d)
    matrices = given.dense().copy()
    matrices[free] = own.dense()
    return DenseCovariance(matrices, k)
