"""The protocol of E-steps."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array
from mixtura.data import Chunk, Source
from mixtura.mixture import Mixture
from mixtura.stats import ScatterKind, Stats


class EStep(Protocol):
    """Computes the sufficient statistics of rows under a mixture, which the next M-step needs."""

    @property
    def left_out(self) -> float:
        """The fraction of the rows' weight that is left out, with the rows of least density; 0 if none is."""

    @property
    def in_kernel(self) -> bool:
        """Whether a kernel's own EM iterations have the same E-step."""

    @property
    def knows_all(self) -> bool:
        """Whether each component has rows with known labels, so that none may be re-seeded or removed."""

    @property
    def rows_are_independent(self) -> bool:
        """Whether each row has a density of its own, so that the log-likelihood is a sum over rows."""

    @property
    def of_components(self) -> EStep:
        """The E-step for mixtures without noise."""

    def __call__(
        self, source: Source, mixture: Mixture, scatter_kind: ScatterKind, memory: Any = None
    ) -> tuple[Stats, Any]:
        """The statistics, and what the next E-step of the same run gets as ``memory``.

        ``memory`` is what the previous E-step of the run returned; None at the start.
        """

    def responsibilities(self, chunk: Chunk, mixture: Mixture, memory: Any = None) -> tuple[Array, Array]:
        """Responsibilities of rows, (m, k), noise included, and the weights with which they count, (m,)."""

    def select_rows(self, positions: slice | NDArray[np.intp]) -> EStep:
        """The E-step for only the rows at these positions, whose positions are then counted from 0."""
