"""Files in and out: tables of numbers, models, and whatever else a command writes."""

from __future__ import annotations

from mixtura._support import replacing, write_text
from mixtura.io.files import check_outputs, read_model, table_text, write_table
from mixtura.io.formats import FORMATS
from mixtura.io.pace import Pace, spoken
from mixtura.io.table import Table, column_labels, component_labels, deviations, read_table, row_labels

__all__ = [
    "FORMATS",
    "Pace",
    "Table",
    "check_outputs",
    "column_labels",
    "component_labels",
    "deviations",
    "read_model",
    "read_table",
    "replacing",
    "row_labels",
    "spoken",
    "table_text",
    "write_table",
    "write_text",
]
