"""Tables of numbers in files."""

from __future__ import annotations

from mixtura.data.tables.cells import Cells, load_polars, numbered
from mixtura.data.tables.formats import FORMATS, SUFFIXES, display_name, load
from mixtura.data.tables.table import Table, read_table

__all__ = ["FORMATS", "SUFFIXES", "Cells", "Table", "display_name", "load", "load_polars", "numbered", "read_table"]
