"""Selection of covariance model and number of components: fits of all cells of a grid, ranked by a criterion."""

from __future__ import annotations

from mixtura.selection.cell import CRITERIA, Cell, TriedStart
from mixtura.selection.grid import as_models
from mixtura.selection.select import select
from mixtura.selection.selection import Selection
from mixtura.selection.selection_file import SELECTION_FORMAT

__all__ = ["CRITERIA", "SELECTION_FORMAT", "Cell", "Selection", "TriedStart", "as_models", "select"]
