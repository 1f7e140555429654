"""The covariance model in which the covariances of some components are held fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mixtura._support import Array, Index
from mixtura.covariance import Covariance, DenseCovariance, DiagonalCovariance
from mixtura.covariance.models.base import CovarianceModel, Mask
from mixtura.covariance.models.pseudo_rows import PseudoRows
from mixtura.stats import ScatterKind, Stats


@dataclass(frozen=True, slots=True, eq=False)
class FixedCovariances:
    """A model that estimates the covariances of some components, while those of the others are held fixed.

    What the inner model constrains to be equal, such as volumes, is equal among the estimated components.

    Attributes
    ----------
    inner : CovarianceModel
        Estimates the covariances of the other components.
    which : ndarray of bool, (k,)
        Components whose covariances are held fixed.
    given : Covariance
        Covariances of all k components, of which only the fixed ones are used.
    """

    inner: CovarianceModel
    which: Mask
    given: Covariance

    in_kernel: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """Name of the inner model."""
        return self.inner.name

    @property
    def scatter_kind(self) -> ScatterKind:
        """Kind of scatter that the M-step needs: never pooled, since that would include the fixed components."""
        if self.which.all():
            return "diagonal"
        return "full" if self.inner.scatter_kind == "pooled" else self.inner.scatter_kind

    def fit(self, stats: Stats, floor: Array, previous: Covariance | None = None) -> tuple[Covariance, Mask]:
        """The M-step: fixed covariances as given, and the inner model's estimates of the others."""
        free, at_floor = np.flatnonzero(~self.which), np.zeros(len(self.which), dtype=bool)
        if not len(free):
            return self.given, at_floor
        before = None if previous is None else previous.select(free)
        estimated, at_floor[free] = self.inner.fit(stats.select(free), floor, before)
        return _replace(self.given, estimated, free), at_floor

    def n_parameters(self, k: int, d: int) -> int:
        """Number of free parameters of the covariances that are estimated."""
        free = int((~self.which).sum())
        return self.inner.n_parameters(free, d) if free else 0

    def least_rows_nonsingular(self, d: int) -> int:
        """Least number of distinct rows with which a component's covariance is not singular."""
        return self.inner.least_rows_nonsingular(d)

    def least_rows_estimable(self, d: int) -> int:
        """Least number of distinct rows that determine the covariance parameters of a single component."""
        return self.inner.least_rows_estimable(d)

    def pseudo_rows(self, dof: float, k: int, d: int, *, shrinks_means: bool) -> PseudoRows:
        """What the inner model's penalty adds to the statistics of each estimated component."""
        return self.inner.pseudo_rows(dof, k, d, shrinks_means=shrinks_means)

    @property
    def all_free(self) -> CovarianceModel:
        """The inner model, which estimates all covariances."""
        return self.inner

    def is_fixed(self, k: int) -> Mask:
        """Whether each component's covariance is held fixed, (k,)."""
        return self.which

    def keep(self, components: Index) -> FixedCovariances:
        """The model for some of the components (indices or a mask), after others were removed."""
        return FixedCovariances(self.inner, self.which[components], self.given.select(components))


def _replace(given: Covariance, estimated: Covariance, free: Index) -> Covariance:
    """The given covariances, with those of some components replaced by estimated ones."""
    k, d = given.n_components, given.n_features
    if isinstance(given, DiagonalCovariance) and isinstance(estimated, DiagonalCovariance):
        variances = given.variances().copy()
        variances[free] = estimated.variances()
        return DiagonalCovariance(variances, k, d)
    matrices = given.dense().copy()
    matrices[free] = estimated.dense()
    return DenseCovariance(matrices, k)
