"""The choice of model and number of components: every cell of a grid is fitted, and the best by a criterion is kept."""

from __future__ import annotations

from mixtura.selection.cell import Cell, Found
from mixtura.selection.choose import select
from mixtura.selection.result import Selection

__all__ = ["Cell", "Found", "Selection", "select"]
