"""The cells of columns as numbers: which are numbers, which are missing, and which are neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import format_list
from mixtura.data.tables.cells import load_polars
from mixtura.data.tables.formulas import MINUS, is_number
from mixtura.data.tables.numerals import (
    NUMBER_LIKE,
    PLAIN,
    NumberStyle,
    detect_style,
    missing_cells,
    placeholders,
    with_common_marks,
)
from mixtura.data.tables.reading import Reading
from mixtura.data.usable_rows import usable_rows
from mixtura.errors import DataError

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """Columns as numbers, null where a cell is missing or no number.

    Attributes
    ----------
    frame : polars.DataFrame
        Floats.
    cells : polars.DataFrame
        The same cells as they are in the file.
    missing : polars.DataFrame
        Which cells are missing.
    notes : tuple of str
        What the user should know about how the numbers were read.
    """

    frame: pl.DataFrame
    cells: pl.DataFrame
    missing: pl.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def text_columns(self) -> list[str]:
        """Names of columns most of whose cells are neither missing nor anything like a number."""
        return [series.name for series in self.cells if self._is_text(series)]

    def _is_text(self, series: pl.Series) -> bool:
        """Whether most cells of a column are neither missing nor anything like a number."""
        polars = load_polars()
        missing = self.missing[series.name]
        others = series.filter(self.frame[series.name].is_null() & ~missing)
        if is_text(series):
            others = others.cast(polars.String).filter(~others.cast(polars.String).str.contains(NUMBER_LIKE))
        return 2 * len(others) > len(series) - int(missing.sum())

    def select(self, columns: Sequence[str]) -> Numbers:
        """Some of the columns."""
        return Numbers(self.frame.select(columns), self.cells.select(columns), self.missing.select(columns), self.notes)

    def usable(self, name: str, missing: str, *, weighted: bool) -> NDArray[np.bool_]:
        """Which rows are used, (n,), given what is done about missing values; the last column may hold weights.

        Raises
        ------
        DataError
            For the first cell that is no number, or is refused (`usable_rows`).
        """
        wrong = self.frame.select(load_polars().all().is_null()).to_numpy() & ~self.missing.to_numpy()
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise DataError(f"{self._where(name, row, column)} is not a number{self._advice(column)}")
        values = self.frame.to_numpy()
        rows, refused = usable_rows(values, missing, weighted=weighted)
        if refused.any():
            row, column = np.argwhere(refused)[0]
            raise DataError(f"{self._where(name, row, column)}{self._say_missing(row, column)}; pass --missing drop")
        if not rows.any():
            worst = self.frame.columns[int(np.argmin(np.isfinite(values).sum(axis=0)))]
            raise DataError(
                f'{name}: no row is without missing values; column "{worst}" has most: pass --exclude {worst}'
            )
        return rows

    def _where(self, name: str, row: int, column: int) -> str:
        """Beginning of a message: the place of a cell and what it holds."""
        value = self.cells[int(row), int(column)]
        shown = f'"{format_list([value])}"' if isinstance(value, str) else value
        shown = "the cell" if value is None or not str(value).strip() else shown
        return f'{name}, row {row + 1}, column "{self.cells.columns[column]}": {shown}'

    def _say_missing(self, row: int, column: int) -> str:
        """Middle of a message: why a cell has no finite number."""
        value = self.cells[int(row), int(column)]
        if value is None or not str(value).strip():
            return " is empty"
        return " stands for a missing value" if self.missing[int(row), int(column)] else " is not a finite number"

    def _advice(self, column: int) -> str:
        """End of a message: what to do about cells of a column that are no numbers."""
        cells, polars = self.cells[:, int(column)], load_polars()
        wrong = cells.cast(polars.String).filter(self.frame[:, int(column)].is_null() & ~self.missing[:, int(column)])
        more = f", as {len(wrong) - 1} more of the {len(cells)} cells are not" if len(wrong) > 1 else ""
        if wrong.str.contains(NUMBER_LIKE).all():
            return f"{more}; if it is one, pass --thousands or --decimal, or write it without signs; else --exclude it"
        kinds = wrong.unique().sort()
        known = f" --na {kinds[0]}" if len(kinds) == 1 else " --na TEXT"
        return f"{more}; pass{known} if it means a missing value, or --exclude {self.cells.columns[column]}"


def as_numeric(frame: pl.DataFrame, name: str, reading: Reading, separator: str | None) -> Numbers:
    """Convert columns to numbers; ``name`` is what messages call the file, ``separator`` what its cells are between.

    Raises
    ------
    DataError
        If it is in doubt which number a text means.
    """
    polars = load_polars()
    text = {series.name: series.cast(polars.String).str.strip_chars() for series in frame if is_text(series)}
    parsed = {column: PLAIN.parse(cells) for column, cells in text.items()}
    missing = {
        column: cells.is_null() | parsed[column].is_nan().fill_null(value=False) for column, cells in text.items()
    }
    # The rest takes several times as long, and most columns need none of it.
    doubtful = [column for column, cells in text.items() if parsed[column].null_count() > cells.null_count()]
    notes: tuple[str, ...] = ()
    if doubtful or reading.decimal or reading.thousands or reading.na:
        missing = {column: missing[column] | missing_cells(text[column], reading.na) for column in text}
        parsed, notes = _parse_with_style(text, missing, reading, name, separator)
    for column in doubtful:
        words = placeholders(text[column], parsed[column], missing[column])
        if words:
            missing[column] = missing[column] | text[column].is_in(words)
            notes += (f'{name}, column "{column}": "{words[0]}" is taken for a missing value (--na)',)
    for series in frame:
        if series.name not in parsed:
            parsed[series.name], missing[series.name] = _without_codes(series, reading.na)
    numeric = [parsed[column] for column in frame.columns]
    lost = [missing[column].alias(column) for column in frame.columns]
    return Numbers(polars.DataFrame(numeric), frame, polars.DataFrame(lost), notes)


def is_text(series: pl.Series) -> bool:
    """Whether a column holds text."""
    polars = load_polars()
    return series.dtype in (polars.Categorical, polars.Enum, polars.String)


def _parse_with_style(
    text: dict[str, pl.Series], missing: dict[str, pl.Series], reading: Reading, name: str, separator: str | None
) -> tuple[dict[str, pl.Series], tuple[str, ...]]:
    """Numbers of columns of text, in the style that was told or that they tell; and notes."""
    polars = load_polars()
    present = {
        column: polars.select(polars.when(~missing[column]).then(with_common_marks(cells)).alias(column)).to_series()
        for column, cells in text.items()
    }
    if reading.decimal or reading.thousands:
        told = NumberStyle(reading.decimal or ".", reading.thousands or "")
        return {column: told.parse(cells).alias(column) for column, cells in present.items()}, ()
    style, notes = detect_style(list(present.values()), name, separator)
    return {column: _parse(cells, style).alias(column) for column, cells in present.items()}, notes


def _parse(cells: pl.Series, style: NumberStyle) -> pl.Series:
    """Numbers of a column of text in the file's style, or as plain ones where that gives more."""
    numbers, plain = style.parse(cells), PLAIN.parse(cells)
    return plain if plain.count() > numbers.count() else numbers


def _without_codes(series: pl.Series, na: Sequence[str]) -> tuple[pl.Series, pl.Series]:
    """A column that is no text as floats, null where it has a code of a missing value, and which cells are missing."""
    floats: pl.Series = _as_floats(series)
    codes = [float(code.replace(MINUS, "-")) for code in na if is_number(code)]
    if not codes:
        return floats, series.is_null()
    polars = load_polars()
    lost = series.is_null() | floats.is_in(codes).fill_null(value=False)
    return polars.select(polars.when(~lost).then(floats).alias(series.name)).to_series(), lost


def _as_floats(series: pl.Series) -> Any:
    """A column as floats; a column of other values, such as dates or lists, has no numbers."""
    polars = load_polars()
    kind = series.dtype
    if kind == polars.Float32:
        return series
    if kind.is_numeric() or kind in (polars.Boolean, polars.Null):
        return series.cast(polars.Float64)
    return polars.Series(series.name, [None] * len(series), dtype=polars.Float64)
