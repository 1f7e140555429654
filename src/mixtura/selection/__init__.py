"""Selection of covariance model and number of components: fits of all cells of a grid, ranked by a criterion."""

from __future__ import annotations

from mixtura.selection.cell import CRITERIA, Cell, TriedStart
from mixtura.selection.grid import as_models
from mixtura.selection.select import select
from mixtura.selection.selection import Selection

__all__ = ["CRITERIA", "Cell", "Selection", "TriedStart", "as_models", "select"]
