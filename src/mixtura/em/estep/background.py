"""The E-step of a mixture with noise: of the noise, only its weight is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mixtura.data import Source
from mixtura.em.estep.base import EStep
from mixtura.mixture import Mixture
from mixtura.stats import ScatterKind, Stats


@dataclass(frozen=True, slots=True)
class WithBackground:
    """Another E-step, of a mixture whose last component is noise.

    Attributes
    ----------
    inner : EStep
    """

    inner: EStep

    in_kernel: ClassVar[bool] = False

    @property
    def left_out(self) -> float:
        """As the inner E-step says."""
        return self.inner.left_out

    @property
    def knows_all(self) -> bool:
        """As the inner E-step says."""
        return self.inner.knows_all

    @property
    def of_components(self) -> EStep:
        """The inner E-step."""
        return self.inner

    def __call__(
        self, source: Source, mixture: Mixture, scatter_kind: ScatterKind, memory: Any = None
    ) -> tuple[Stats, Any]:
        # A scatter that is pooled would hold the noise's, too.
        own: ScatterKind = "full" if scatter_kind == "pooled" else scatter_kind
        stats, memory = self.inner(source, mixture, own, memory)
        return stats.without_noise(scatter_kind), memory

    def on(self, positions: slice | NDArray[np.intp]) -> WithBackground:
        """The same for some of the rows."""
        return WithBackground(self.inner.on(positions))
