"""Covariances of some components that stay as they are given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Index
from mixtura.covariance import Covariance, DenseCovariance, DiagonalCovariance
from mixtura.covariance.models.base import CovarianceModel
from mixtura.stats import ScatterKind, Stats

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A family that estimates the covariances of some components, and leaves those of the others as they are given.

    What the family has in common, such as equal volumes, is common to the components that it estimates.

    Attributes
    ----------
    family : Family
    held : ndarray of bool, (k,)
    given : Covariance
    """

    family: CovarianceModel
    held: Mask
    given: Covariance

    @property
    def name(self) -> str:
        """Of the family that estimates."""
        return self.family.name

    @property
    def scatter_kind(self) -> ScatterKind:
        """A scatter that is pooled would hold that of the others, too; where nothing is estimated the least will do."""
        if self.held.all():
            return "diagonal"
        return "full" if self.family.scatter_kind == "pooled" else self.family.scatter_kind

    def fit(self, stats: Stats, floor: Array, previous: Covariance | None = None) -> tuple[Covariance, Mask]:
        """The covariances with the largest expected log-likelihood, but for those that are given."""
        free, low = np.flatnonzero(~self.held), np.zeros(len(self.held), dtype=bool)
        if not len(free):
            return self.given, low
        before = None if previous is None else previous.select(free)
        own, low[free] = self.family.fit(stats.select(free), floor, before)
        return _together(self.given, own, free), low

    def n_parameters(self, k: int, d: int) -> int:
        """Free parameters of the covariances that are estimated."""
        free = int((~self.held).sum())
        return self.family.n_parameters(free, d) if free else 0

    def least_points(self, d: int) -> int:
        """As the family says."""
        return self.family.least_points(d)


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
