"""Tables of numbers read from files.

To add a file format, write a function from `FileContent` to `Cells` and register it in ``formats.py``, in `FORMATS`
and `SUFFIXES`.
"""

from __future__ import annotations

from mixtura.data.tables.cells import Cells, default_column_names, load_polars
from mixtura.data.tables.columns import find_columns
from mixtura.data.tables.formats import DELIMITERS, FORMATS, SUFFIXES, display_name, read_cells
from mixtura.data.tables.formulas import guard, is_number
from mixtura.data.tables.numerals import MISSING
from mixtura.data.tables.read_table import read, read_as
from mixtura.data.tables.reading import Reading
from mixtura.data.tables.table import Table

__all__ = [
    "DELIMITERS",
    "FORMATS",
    "MISSING",
    "SUFFIXES",
    "Cells",
    "Reading",
    "Table",
    "default_column_names",
    "display_name",
    "find_columns",
    "guard",
    "is_number",
    "load_polars",
    "read",
    "read_as",
    "read_cells",
]
