"""What an E-step is: how the rows are shared out among the components."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mixtura.data import Source
from mixtura.mixture import Mixture
from mixtura.stats import ScatterKind, Stats


class EStep(Protocol):
    """From rows and a mixture to the statistics that the next M-step needs."""

    @property
    def left_out(self) -> float:
        """The fraction of the rows' weight, that of the least likely ones, that it leaves out."""

    @property
    def in_kernel(self) -> bool:
        """Whether a kernel's own EM iterations make the same E-step."""

    @property
    def knows_all(self) -> bool:
        """Whether each component has rows that are known to be its own, so that none is moved elsewhere or removed."""

    @property
    def of_components(self) -> EStep:
        """The same E-step of a mixture without noise."""

    def __call__(
        self, source: Source, mixture: Mixture, scatter_kind: ScatterKind, memory: Any = None
    ) -> tuple[Stats, Any]:
        """One pass, or a few: the statistics, and what to remember until the next E-step.

        ``memory`` is what the last E-step of the same run left; None at its start.
        """

    def on(self, positions: slice | NDArray[np.intp]) -> EStep:
        """The same for the rows that stood at these positions, and are now all there are."""
