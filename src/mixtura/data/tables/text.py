"""Cells of CSV and TSV files as text; unless told, whether the first row is a header is guessed from its cells.

Numbers that blanks separate, as `numpy.savetxt` and R's ``write.table`` write them, are read as CSV, too.
"""

from __future__ import annotations

import csv
import re
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from mixtura._support import format_list
from mixtura.data.tables.cells import Cells, FileContent, default_column_names, load_polars, rename_columns
from mixtura.data.tables.formulas import is_number, unguard
from mixtura.errors import DataError

if TYPE_CHECKING:
    import polars as pl


# The separator of a CSV file is the comma, or, if the first line has none, the most frequent of the others there.
SEPARATORS = (",", ";", "\t", "|")

BLANK = " "


def read_csv(content: FileContent) -> Cells:
    """Read the cells of a CSV file, separated by commas, semicolons, tabs, bars or blanks."""
    lines = [line.strip("\r\n ") for line in islice(content.lines(), 2)]
    first = lines[0] if lines else ""
    if not any(separator in first for separator in SEPARATORS):
        widths = [len(_blank_separated(line)) for line in lines]
        if len(lines) == 2 and widths[1] > 1 and widths[1] - widths[0] in (0, 1):
            return _read_blank_separated(content, has_row_names=widths[0] < widths[1])
    return _read(content, "," if "," in first else max(SEPARATORS, key=first.count))


def read_tsv(content: FileContent) -> Cells:
    """Read the cells of a TSV file."""
    return _read(content, "\t")


def _blank_separated(line: str) -> list[str]:
    """Cells of a line that are separated by one or more blanks; quotes protect blanks."""
    return next(csv.reader([line], delimiter=BLANK, skipinitialspace=True), [])


def _read_blank_separated(content: FileContent, *, has_row_names: bool) -> Cells:
    """Read all rows of a file whose cells are separated by blanks.

    Where the first line has one cell less than the others, R wrote the names of the rows, which are left out.
    """
    with content.open() as stream:
        text = re.sub(rb"(?m)^ +| +(?=\r?$)", b"", stream.read())
    text = re.sub(rb" {2,}", b" ", text.removeprefix(b"\xef\xbb\xbf"))
    if not has_row_names:
        return _read(replace(content, data=text), BLANK)
    cells = _read(replace(content, data=b'"row names" ' + text, header=True), BLANK)
    note = f"{content.name}: the first column, which has no name, is taken as the names of the rows and left out"
    return replace(cells, frame=cells.frame[:, 1:], notes=(*cells.notes, note))


def _read(content: FileContent, separator: str) -> Cells:
    """Read all rows; the first has the names of the columns if it is a header."""
    polars = load_polars()
    name, header = content.name, content.header
    content.check_text()
    try:
        frame = polars.read_csv(
            content.data, has_header=False, infer_schema=False, encoding="utf8-lossy", separator=separator
        )
    except polars.exceptions.ComputeError:
        _check_widths(content, separator)
        raise
    cells = [unguard(str(cell or "").strip()) for cell in frame.row(0)]
    if not any(cells):
        raise DataError(f"{name}: the first line is empty")
    numeric = [cell for cell in cells if is_number(cell)]
    has_header = len(numeric) < len(cells) if header is None else header
    # Editors and spreadsheets leave empty lines at the end of files.
    frame = frame[: _used_rows(frame)]
    if has_header:
        doubtful = header is None and numeric
        note = f'{name}: the first row is taken as names, though "{format_list(numeric[:1])}" is a number (--no-header)'
        return Cells(
            rename_columns(frame[1:], cells, name), has_names=True, guarded=True, notes=(note,) if doubtful else ()
        )
    note = f"{name} has no header; its columns are called x1 to x{len(cells)}"
    notes = (note,) if header is None else ()
    return Cells(
        rename_columns(frame, default_column_names(len(cells)), name), has_names=False, guarded=True, notes=notes
    )


def _used_rows(frame: pl.DataFrame) -> int:
    """Number of rows up to the last one that is not empty, at least 1."""
    polars = load_polars()
    used = frame.select(polars.any_horizontal(polars.all().is_not_null()))[:, 0].arg_true()
    return int(used[-1]) + 1 if len(used) else 1


def _check_widths(content: FileContent, separator: str) -> None:
    """Raise DataError for the first line with more cells than the first one has."""
    rows = csv.reader(content.lines(), delimiter=separator)
    with suppress(csv.Error):  # a cell longer than the module reads
        width = len(next(rows, []))
        for number, row in enumerate(rows, start=2):
            if len(row) > width:
                raise DataError(f"{content.name}, line {number} has {len(row)} cells; the first line has {width}")
