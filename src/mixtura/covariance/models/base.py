"""What every model of covariances answers: how covariances are estimated, from statistics to a stored form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Index
from mixtura.covariance import Covariance
from mixtura.stats import ScatterKind, Stats

Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PriorCounts:
    """What a conjugate prior adds to each component's statistics.

    Attributes
    ----------
    weight : float
        Rows, beside those that pull at the mean.
    scale : float
        Times the prior's scale matrix: scatter.
    isotropic : bool
        Whether the scale is the same in all columns, the mean of the matrix's diagonal.
    """

    weight: float
    scale: float
    isotropic: bool


class CovarianceModel(Protocol):
    """A set of covariance matrices, and the M-step that picks the best of them."""

    @property
    def name(self) -> str:
        """Mclust's name of the covariance model."""

    @property
    def in_kernel(self) -> bool:
        """Whether a kernel's own EM iterations may make its M-step, where they know its name."""

    @property
    def scatter_kind(self) -> ScatterKind:
        """Which scatter its M-step reads."""

    def fit(
        self, stats: Stats, floor: Array, previous: Covariance | None = None
    ) -> tuple[Covariance, NDArray[np.bool_]]:
        """The covariances with the largest expected log-likelihood among those not below the floor variances (d,).

        ``previous`` is where a search may start: if it is in the family, the result is no worse. Also which
        components rest on the floor, (k,).
        """

    def n_parameters(self, k: int, d: int) -> int:
        """Number of free parameters of the covariances of k components in d dimensions."""

    def least_points(self, d: int) -> int:
        """How many points a component needs for a covariance of its own that is not singular."""

    def own_points(self, d: int) -> int:
        """How many points a component needs for what its covariance does not have in common with the others'."""

    def prior_counts(self, dof: float, k: int, d: int, *, shrinks_means: bool) -> PriorCounts:
        """What a conjugate prior with ``dof`` degrees of freedom adds to each component's statistics."""

    @property
    def free(self) -> CovarianceModel:
        """The model that estimates the covariances of all components."""

    def held(self, k: int) -> Mask:
        """Which components' covariances stay as they are given, (k,)."""

    def keep(self, components: Index) -> CovarianceModel:
        """The same for some of the components."""
