"""Lines of JSON: a block of lines at a time, and once more line by line where one cannot be read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mixtura._support import LazyModule, map_ahead
from mixtura.data.files.arrow import as_matrix
from mixtura.data.files.batches import AvailableColumns, BadRow, Format, Part
from mixtura.data.files.text import no_number, shown, text_blocks
from mixtura.errors import DataError

pa = LazyModule("pyarrow")
arrow_json = LazyModule("pyarrow.json")


def _describe(source: Any) -> AvailableColumns:
    """The columns of the objects of the first block of lines, which tells whether they hold numbers."""
    objects = [found for line in _lines(next(text_blocks(source, quoted=False), b"")) if (found := _object(line))]
    if not objects:
        raise DataError("there are no rows")
    names = tuple(dict.fromkeys(name for each in objects for name in each))
    values = {name: [each[name] for each in objects if each.get(name) is not None] for name in names}
    numeric = tuple(name for name in names if 2 * sum(map(_is_number, values[name])) >= len(values[name]))
    return AvailableColumns(names, numeric)


def _parts(source: Any, columns: Sequence[str], dtype: np.dtype[Any]) -> Iterator[Part]:
    """Parts of the rows of an open file."""
    schema = pa.schema([(name, pa.float64()) for name in columns])
    options = arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")

    def part(text: bytes) -> Part:
        read = arrow_json.ReadOptions(block_size=len(text) + 1, use_threads=False)
        try:
            table = arrow_json.read_json(pa.py_buffer(text), read, options)
        except pa.ArrowInvalid:  # it says what is wrong with the first such line only
            return _line_by_line(text, columns, dtype)
        return as_matrix(table, columns, dtype), ()

    yield from map_ahead(part, filter(bytes.strip, text_blocks(source, quoted=False)))


def _line_by_line(text: bytes, columns: Sequence[str], dtype: np.dtype[Any]) -> Part:
    """The rows of some lines, of which some cannot be read."""
    lines = _lines(text)
    rows = np.full((len(lines), len(columns)), np.nan, dtype, order="F")
    bad: list[BadRow] = []
    for i, line in enumerate(lines):
        found = _object(line)
        if found is None:
            bad.append(BadRow(i, f": {shown(line.strip())} is no object of JSON"))
            continue
        values = [found.get(column) for column in columns]
        wrong = [j for j, value in enumerate(values) if not (value is None or _is_number(value))]
        if wrong:
            bad.append(BadRow(i, no_number(columns[wrong[0]], json.dumps(values[wrong[0]]).strip('"'))))
        else:
            rows[i] = [np.nan if value is None else _as_float(value) for value in values]
    return rows, tuple(bad)


def _lines(text: bytes) -> list[bytes]:
    """The lines that are not blank."""
    return [line for line in text.splitlines() if line.strip()]


def _object(line: bytes) -> dict[str, Any] | None:
    """The object that a line holds; None if it holds something else or cannot be read."""
    try:
        found = json.loads(line.decode(errors="replace"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_float(value: float) -> float:
    """A number of JSON, infinite where it is too large."""
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf


NDJSON = Format(_describe, _parts)
