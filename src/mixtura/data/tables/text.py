"""Cells of CSV and TSV files as text; unless told, whether the first row is a header is guessed from its cells.

Numbers that blanks separate, as `numpy.savetxt` and R's ``write.table`` write them, are read as CSV, too. Comments and
empty lines before the first row are left out.
"""

from __future__ import annotations

import csv
import re
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from mixtura._support import format_count, format_list
from mixtura.data.tables.cells import Cells, FileContent, default_column_names, load_polars, rename_columns
from mixtura.data.tables.encoding import as_utf8, with_line_feeds
from mixtura.data.tables.formulas import is_number, unguard
from mixtura.errors import DataError

if TYPE_CHECKING:
    import polars as pl


# The separator of a CSV file is the comma, or, if the first line has none or it is that of decimals, the most frequent
# of the others there.
SEPARATORS = (",", ";", "\t", "|")
DECIMAL_COMMA = re.compile(r"[+\u2212-]?\d*,?\d+")

BLANK = " "
COMMENT = "#"

# Ends of a line and of a blank one after it.
BLANK_LINES = (b"\n\n", b"\n\r\n")

# Lines before the first row that are looked at.
MOST_COMMENTS = 10_000


def read_csv(content: FileContent) -> Cells:
    """Read the cells of a CSV file, separated by commas, semicolons, tabs, bars or blanks."""
    content, notes = _prepared(content)
    lines = [line.strip("\r\n ") for line in islice(content.lines(), 2)]
    separator = _find_separator(lines)
    if separator is not None:
        return _read(content, notes, separator)
    widths = [len(_blank_separated(line)) for line in lines]
    if len(lines) == 2 and widths[1] > 1 and widths[1] - widths[0] in (0, 1):
        return _read_blank_separated(content, notes, has_row_names=widths[0] < widths[1])
    # A single column, where a blank line is a missing value.
    return _read(content, notes, SEPARATORS[0])


def read_tsv(content: FileContent) -> Cells:
    """Read the cells of a TSV file."""
    content, notes = _prepared(content)
    return _read(content, notes, "\t")


def _find_separator(lines: list[str]) -> str | None:
    """What separates cells, by the first lines; None for blanks, or for a single column."""
    first, last = (lines[0], lines[-1]) if lines else ("", "")
    marks = [mark for mark in SEPARATORS[1:] if mark in first]
    if "," not in first:
        return max(marks, key=first.count, default=None)
    decimal = [mark for mark in (*marks, BLANK) if _has_decimal_commas(last, mark)]
    return next((mark if mark != BLANK else None for mark in decimal), ",")


def _has_decimal_commas(line: str, separator: str) -> bool:
    """Whether a line is numbers with decimal commas between separators, such as ``1,5;2``."""
    cells = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    return len(cells) > 1 and all(DECIMAL_COMMA.fullmatch(cell.strip()) for cell in cells)


def _prepared(content: FileContent) -> tuple[FileContent, tuple[str, ...]]:
    """The content as UTF-8 from its first row on, and notes; a comment with a name for each cell is the header."""
    content.check_text()
    content, notes = as_utf8(content)
    content = with_line_feeds(content)
    skipped: list[str] = []
    lines = islice(content.lines(), MOST_COMMENTS)
    for line in lines:
        if line.strip() and not line.startswith(COMMENT):
            break
        skipped.append(line)
    else:
        return content, notes  # nothing else: what begins with # are values, such as colours
    if not skipped:
        return content, notes
    with content.open() as stream:
        rest = b"".join(islice(stream, len(skipped), None))
    comments = [line for line in skipped if line.startswith(COMMENT)]
    names = comments[-1].lstrip(COMMENT).strip() if comments else ""
    if _names_columns(names, line.strip()):
        return replace(content, data=names.encode() + b"\n" + rest), notes
    told = (f"{content.name}: left out {format_count(len(comments), 'comment')} before the first row",)
    return replace(content, data=rest), (*notes, *(told if comments else ()))


def _names_columns(comment: str, row: str) -> bool:
    """Whether a comment has a name for each cell of the row of numbers after it."""
    for separator in (*SEPARATORS, BLANK):
        names, cells = (next(csv.reader([text], delimiter=separator), []) for text in (comment, row))
        if len(cells) == len(names) and all(is_number(cell) for cell in cells):
            return not any(is_number(name) for name in names) and (len(cells) > 1 or BLANK not in comment)
    return False


def _blank_separated(line: str) -> list[str]:
    """Cells of a line that are separated by one or more blanks; quotes protect blanks."""
    return next(csv.reader([line], delimiter=BLANK, skipinitialspace=True), [])


def _read_blank_separated(content: FileContent, notes: tuple[str, ...], *, has_row_names: bool) -> Cells:
    """Read all rows of a file whose cells are separated by blanks.

    Where the first line has one cell less than the others, R wrote the names of the rows, which are left out.
    """
    with content.open() as stream:
        text = re.sub(rb"(?m)^ +| +(?=\r?$)", b"", stream.read())
    text = re.sub(rb" {2,}", b" ", text.removeprefix(b"\xef\xbb\xbf"))
    if not has_row_names:
        return _read(replace(content, data=text), notes, BLANK)
    named = replace(content, data=b'"row names" ' + text, reading=replace(content.reading, header=True))
    cells = _read(named, notes, BLANK)
    note = f"{content.name}: the first column, which has no name, is taken as the names of the rows and left out"
    return replace(cells, frame=cells.frame[:, 1:], notes=(*cells.notes, note))


def _without_comments(content: FileContent, separator: str) -> tuple[FileContent, tuple[str, ...]]:
    """The content without comments among the rows, and a note on them.

    Between blanks any line that begins with # is one, as in R and NumPy, and between other signs one without any. In
    files with quotes, which may protect ends of lines, there are none.
    """
    with content.open() as stream:
        if not any(line.startswith(COMMENT.encode()) for line in stream):
            return content, ()
        stream.seek(0)
        lines = stream.readlines()
    if any(b'"' in line for line in lines):
        return content, ()
    mark = separator.encode()
    rows = [line for line in lines if not line.startswith(COMMENT.encode()) or (separator != BLANK and mark in line)]
    count = len(lines) - len(rows)
    if not count or not any(mark in line for line in rows):
        return content, ()
    note = f"{content.name}: left out {format_count(count, 'comment')} among the rows"
    return replace(content, data=b"".join(rows)), (note,)


def _read(content: FileContent, notes: tuple[str, ...], separator: str) -> Cells:
    """Read all rows; the first has the names of the columns if it is a header."""
    content, more = _without_comments(content, separator)
    notes, name, header = (*notes, *more), content.name, content.reading.header
    frame = _without_blank_lines(_parse(content, separator), content, separator)
    cells = [unguard(str(cell or "").strip()) for cell in frame.row(0)]
    if not any(cells):
        raise DataError(f"{name}: the first line is empty")
    commas = separator != SEPARATORS[0]
    numeric = [cell for cell in cells if is_number(cell) or (commas and DECIMAL_COMMA.fullmatch(cell))]
    has_header = len(numeric) < len(cells) if header is None else header
    if not has_header:
        called = "column is called x1" if len(cells) == 1 else f"columns are called x1 to x{len(cells)}"
        told = f"{name} has no header; its {called}"
        notes += (told,) if header is None else ()
    elif header is None and numeric:
        told = f'{name}: the first row is taken as names, though "{format_list(numeric[:1])}" is a number (--no-header)'
        notes += (told,)
    frame = frame[1:] if has_header else frame
    names = cells if has_header else default_column_names(len(cells))
    return Cells(rename_columns(frame, names, name), has_header, separator, notes)


def _parse(content: FileContent, separator: str) -> pl.DataFrame:
    """All lines as rows of text, null where a cell is empty."""
    polars = load_polars()
    try:
        frame: pl.DataFrame = polars.read_csv(
            content.data, has_header=False, infer_schema=False, encoding="utf8-lossy", separator=separator
        )
    except polars.exceptions.ComputeError:
        _check_widths(content, separator)
        raise
    return frame


def _without_blank_lines(frame: pl.DataFrame, content: FileContent, separator: str) -> pl.DataFrame:
    """The rows without those of blank lines, which in a single column are missing values, unless they are the last.

    Editors and spreadsheets leave empty lines at the end of files. A line of separators alone is a row.
    """
    polars = load_polars()
    used = frame.select(polars.any_horizontal(polars.all().is_not_null()))[:, 0].arg_true()
    frame = frame[: int(used[-1]) + 1 if len(used) else 1]
    if frame.width == 1 or len(used) == frame.height:
        return frame
    with content.open() as stream:
        data = stream.read()
    blank = any(pair in data for pair in BLANK_LINES) and b'"' not in data  # quotes may protect them
    if not blank:
        return frame
    lines = replace(content, data=re.sub(rb"(?m)^[ \t]*\r?\n", b"", data))
    return _without_blank_lines(_parse(lines, separator), lines, separator)


def _check_widths(content: FileContent, separator: str) -> None:
    """Raise DataError for the first line with more cells than the first one has."""
    rows = csv.reader(content.lines(), delimiter=separator)
    with suppress(csv.Error):  # a cell longer than the module reads
        width = len(next(rows, []))
        for number, row in enumerate(rows, start=2):
            if len(row) > width:
                raise DataError(f"{content.name}, line {number} has {len(row)} cells; the first line has {width}")
