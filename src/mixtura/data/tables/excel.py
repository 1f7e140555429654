"""Sheets of a spreadsheet program."""

from __future__ import annotations

import importlib.util
from typing import Any

from mixtura._support import format_list
from mixtura.data.tables.cells import Cells, FileContent, check_cells, default_column_names, load_polars, rename_columns
from mixtura.data.tables.formulas import is_number
from mixtura.errors import DataError, ParameterError, missing_extra


def read_excel(content: FileContent) -> Cells:
    """Read the cells of a sheet of an .xlsx, .xls or .ods file: the first that has cells, unless told.

    Rows and columns before the first cell that is not empty do not count.
    """
    if importlib.util.find_spec("fastexcel") is None:
        raise missing_extra("fastexcel", "excel")
    polars, name = load_polars(), content.name
    sheets: dict[str, Any] = polars.read_excel(
        content.data,
        sheet_id=0,
        has_header=False,
        infer_schema_length=0,
        drop_empty_rows=True,
        drop_empty_cols=True,
        raise_if_empty=False,
    )
    wanted = content.reading.sheet
    if wanted is not None and wanted not in sheets:
        raise ParameterError(f'{name} has no sheet "{wanted}"; it has {format_list(list(sheets))}')
    used = wanted or next((sheet for sheet, frame in sheets.items() if frame.height), None)
    if used is None:
        raise DataError(f"{name} has no cells")
    frame = sheets[used]
    check_cells(content, frame.height * frame.width)
    more = [sheet for sheet in sheets if sheet != used and sheets[sheet].height]
    note = f'{name}: read sheet "{used}"; it also has {format_list(more)} (--sheet)'
    notes = (note,) if more and wanted is None else ()
    first = [str(cell or "").strip() for cell in frame.row(0)]
    header = content.reading.header
    if all(map(is_number, first)) if header is None else not header:
        return Cells(rename_columns(frame, default_column_names(frame.width), name), has_names=False, notes=notes)
    return Cells(rename_columns(frame[1:], first, name), has_names=True, notes=notes)
