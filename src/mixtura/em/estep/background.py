"""The E-step of a mixture with a noise component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array
from mixtura.data import Chunk, Source
from mixtura.em.estep.base import EStep
from mixtura.mixture import Mixture
from mixtura.stats import ScatterKind, Stats


@dataclass(frozen=True, slots=True)
class WithBackground:
    """Another E-step for a mixture whose last component is noise; only the noise's weight is kept of its statistics.

    Attributes
    ----------
    inner : EStep
        The other E-step, which treats the noise as one more component.
    """

    inner: EStep

    in_kernel: ClassVar[bool] = False

    @property
    def left_out(self) -> float:
        """The fraction of the rows' weight that the inner E-step leaves out."""
        return self.inner.left_out

    @property
    def knows_all(self) -> bool:
        """Whether each component has rows with known labels in the inner E-step."""
        return self.inner.knows_all

    @property
    def rows_are_independent(self) -> bool:
        """Whether the rows are independent in the inner E-step."""
        return self.inner.rows_are_independent

    @property
    def of_components(self) -> EStep:
        """The inner E-step."""
        return self.inner

    def __call__(
        self, source: Source, mixture: Mixture, scatter_kind: ScatterKind, memory: Any = None
    ) -> tuple[Stats, Any]:
        # Pooled scatter would contain that of the noise.
        own: ScatterKind = "full" if scatter_kind == "pooled" else scatter_kind
        stats, memory = self.inner(source, mixture, own, memory)
        return stats.without_noise(scatter_kind), memory

    def responsibilities(self, chunk: Chunk, mixture: Mixture, memory: Any = None) -> tuple[Array, Array]:
        """Those of the inner E-step, with one more column for the noise."""
        return self.inner.responsibilities(chunk, mixture, memory)

    def select_rows(self, positions: slice | NDArray[np.intp]) -> WithBackground:
        """The E-step for only the rows at these positions."""
        return WithBackground(self.inner.select_rows(positions))
