"""Tables of numbers read from files.

To add a file format, write a function from `FileContent` to `Cells` and register it in ``formats.py``, in `FORMATS`
and `SUFFIXES`.
"""

from __future__ import annotations

from mixtura.data.tables.cells import Cells, default_column_names, load_polars
from mixtura.data.tables.formats import FORMATS, SUFFIXES, display_name, read_cells
from mixtura.data.tables.formulas import guard
from mixtura.data.tables.table import Table, read_table

__all__ = [
    "FORMATS",
    "SUFFIXES",
    "Cells",
    "Table",
    "default_column_names",
    "display_name",
    "guard",
    "load_polars",
    "read_cells",
    "read_table",
]
