"""E-steps: how the rows are shared out among the components."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from mixtura.stats import Stats


@runtime_checkable
class ByPosition(Protocol):
    """An E-step that goes by where rows stand in their source."""

    def among(self, positions: slice | NDArray[np.intp]) -> Callable[..., Stats]:
        """The same for rows that stood at these positions, and are now the only ones."""
