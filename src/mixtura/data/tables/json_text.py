"""JSON: an array of objects or of rows, an object of columns, or one object on each line."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from mixtura.data.tables.cells import Cells, FileContent, default_column_names, load_polars
from mixtura.data.tables.encoding import as_utf8
from mixtura.errors import DataError


def read_ndjson(content: FileContent) -> Cells:
    """Read the cells of a file with one JSON object on each line."""
    content.check_text()
    return Cells(load_polars().read_ndjson(content.data, infer_schema_length=None), has_names=True)


def read_json(content: FileContent) -> Cells:
    """Read the cells of a JSON file, which may also be a model file by mistake."""
    content.check_text()
    content, notes = as_utf8(content)
    with content.open() as stream:
        value = json.loads(stream.read().decode("utf-8-sig"))
    if isinstance(value, dict) and {"weights", "means"} <= value.keys():
        raise DataError(f"{content.name} is a model file; expected a table of data")
    return replace(_as_cells(value, content.name), notes=notes)


def _as_cells(value: Any, name: str) -> Cells:
    """The cells of a JSON value: objects, rows, numbers, or lists by the names of the columns."""
    polars = load_polars()
    if isinstance(value, list) and value and not isinstance(value[0], dict):
        rows = [row if isinstance(row, list) else [row] for row in value]
        width = len(rows[0])
        wrong = next((number for number, row in enumerate(rows, start=1) if len(row) != width), None)
        if wrong is not None:
            raise DataError(f"{name}, row {wrong} has {len(rows[wrong - 1])} cells; the first has {width}")
        # All rows decide what a column is: unless told, the first hundred do, and later decimals are cut off.
        names = default_column_names(width)
        frame = polars.DataFrame(rows, schema=names, orient="row", strict=False, infer_schema_length=None)
        return Cells(frame, has_names=False)
    if not value or not isinstance(value, list | dict):
        raise DataError(f"{name} has no rows; expected an array of objects, an array of arrays, or an object of arrays")
    return Cells(polars.DataFrame(value, strict=False, infer_schema_length=None), has_names=True)
