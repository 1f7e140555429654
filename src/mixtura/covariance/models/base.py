"""Protocol of covariance models: how covariance matrices are estimated from sufficient statistics."""

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
    """A family of covariance matrices, and the M-step that maximises the expected log-likelihood over it."""

    @property
    def name(self) -> str:
        """Name of the model, such as mclust's three letters."""

    @property
    def in_kernel(self) -> bool:
        """Whether a kernel's own EM iterations have this M-step, if they know the model's name."""

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

    def least_rows_nonsingular(self, d: int) -> int:
        """Least number of distinct rows with which a component's covariance is not singular."""

    def least_rows_estimable(self, d: int) -> int:
        """Least number of distinct rows that determine the covariance parameters of a single component."""

    def pseudo_rows(self, dof: float, k: int, d: int, *, shrinks_means: bool) -> PseudoRows:
        """Weight and scatter that a penalty with ``dof`` degrees of freedom adds to each of k components.

        ``shrinks_means`` says whether the means are penalised, too.
        """

    @property
    def all_free(self) -> CovarianceModel:
        """The model with no component's covariance held fixed."""

    def is_fixed(self, k: int) -> Mask:
        """Whether each component's covariance is held fixed rather than estimated, (k,)."""

    def keep(self, components: Index) -> CovarianceModel:
        """The model for some of the components (indices or a mask), after others were removed."""
