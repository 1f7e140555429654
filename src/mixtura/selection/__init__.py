"""The choice of model and number of components: every cell of a grid is fitted, and the best by a criterion is kept."""

from __future__ import annotations

from mixtura.selection.cell import CRITERIA, Cell, Found
from mixtura.selection.grid import as_models
from mixtura.selection.select import select
from mixtura.selection.selection import Selection

__all__ = ["CRITERIA", "Cell", "Found", "Selection", "as_models", "select"]
