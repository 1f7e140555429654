"""The protocol of covariance models: how covariances are estimated from sufficient statistics."""

from __future__ import annotations

from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Index
from mixtura.covariance import Covariance
from mixtura.covariance.models.pseudo_rows import PseudoRows
from mixtura.stats import ScatterKind, Stats

Mask: TypeAlias = NDArray[np.bool_]


class CovarianceModel(Protocol):
    """A set of covariance matrices, and the M-step that finds the best of them."""

    @property
    def name(self) -> str:
        """Name of the model, such as mclust's three letters."""

    @property
    def in_kernel(self) -> bool:
        """Whether a kernel that iterates EM by itself can do this model's M-step, if it knows the name."""

    @property
    def scatter_kind(self) -> ScatterKind:
        """Kind of scatter that the M-step needs."""

    def fit(
        self, stats: Stats, floor: Array, previous: Covariance | None = None
    ) -> tuple[Covariance, NDArray[np.bool_]]:
        """The M-step: the covariances of largest expected log-likelihood, and which components are at the floor, (k,).

        No variance in any direction is below the floor variances (d,). An iterative search starts at ``previous``; if
        that belongs to the model, the result is no worse.
        """

    def n_parameters(self, k: int, d: int) -> int:
        """Number of free parameters of the covariances of k components in d dimensions."""

    def least_points(self, d: int) -> int:
        """Number of distinct rows that a component needs for its covariance not to be singular."""

    def own_points(self, d: int) -> int:
        """Number of distinct rows that a component needs to determine the parameters that it alone has."""

    def pseudo_rows(self, dof: float, k: int, d: int, *, shrinks_means: bool) -> PseudoRows:
        """What a penalty on covariances with ``dof`` degrees of freedom adds to the statistics of each of k components.

        ``shrinks_means`` says whether the means are penalised, too.
        """

    @property
    def free(self) -> CovarianceModel:
        """The model that estimates the covariances of all components, none of them held fixed."""

    def is_held(self, k: int) -> Mask:
        """Whether each component's covariance is held fixed rather than estimated, (k,)."""

    def keep(self, components: Index) -> CovarianceModel:
        """The model for some of the components (indices or a mask), after others were removed."""
