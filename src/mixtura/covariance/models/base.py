"""What every model of covariances answers: how covariances are estimated, from statistics to a stored form."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array
from mixtura.covariance import Covariance
from mixtura.stats import ScatterKind, Stats


class CovarianceModel(Protocol):
    """A set of covariance matrices, and the M-step that picks the best of them."""

    @property
    def name(self) -> str:
        """Mclust's name of the covariance model."""

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
