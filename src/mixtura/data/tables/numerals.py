"""Numbers as people write them: decimal commas, marks between thousands, and words for missing values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mixtura._support import format_list
from mixtura.data.tables.cells import load_polars
from mixtura.data.tables.formulas import MINUS
from mixtura.errors import DataError

if TYPE_CHECKING:
    import polars as pl

# Text that means "missing" to the common readers of tables.
MISSING = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "-nan", "NULL", "null", "None", "none", "<NA>", "NAN")

# Text that means it where all other cells of the column are numbers.
PLACEHOLDERS = ("?", ".", "-", "--", "–", MINUS, "*", "missing", "unknown")

# Text that looks like a number, perhaps of money or a percentage.
NUMBER_LIKE = r"^[€$£¥]?\s*[+\x{2212}-]?\d[\d.,'’\s]*[%€$£¥]?$"

# Other spaces and apostrophes between thousands, and the sign of negative numbers.
ALIKE = {"\u00a0": " ", "\u202f": " ", "\u2009": " ", "’": "'", MINUS: "-"}


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How numbers are written: the mark before decimals, and the mark between thousands, which may be empty.

    Examples
    --------
    >>> german = NumberStyle(",", ".")
    >>> german.parse(load_polars().Series(["1.234,5", "7", "1.5"])).to_list()
    [1234.5, 7.0, None]
    """

    decimal: str = "."
    thousands: str = ""

    def parse(self, text: pl.Series) -> pl.Series:
        """Numbers of a column of text; null where a cell is none in this style."""
        polars = load_polars()
        if self == PLAIN:
            return text.cast(polars.Float64, strict=False)
        plain = text
        if self.thousands:
            plain = plain.str.replace_all(self.thousands, "", literal=True)
        plain = plain.str.replace(self.decimal, ".", literal=True).cast(polars.Float64, strict=False)
        return polars.select(polars.when(text.str.contains(self._pattern())).then(plain)).to_series()

    def _pattern(self) -> str:
        """Regular expression of a number; thousands have groups of two digits in India, three elsewhere."""
        group, mark = re.escape(self.thousands), re.escape(self.decimal)
        grouped = rf"\d{{1,3}}(?:{group}\d{{2,3}})*{group}\d{{3}}|" if self.thousands else ""
        return rf"^[+-]?(?:{grouped}\d*)(?:{mark}\d*)?(?:[eE][+-]?\d+)?$"


PLAIN = NumberStyle()

# The styles that are looked for, in this order.
STYLES = (
    *(NumberStyle(".", mark) for mark in (",", " ", "'")),
    *(NumberStyle(",", mark) for mark in ("", ".", " ", "'")),
)


def with_common_marks(text: pl.Series) -> pl.Series:
    """A column of text with one kind of blank, one of apostrophe and one of minus."""
    return text.str.replace_many(list(ALIKE), list(ALIKE.values()))


def missing_cells(text: pl.Series, more: Iterable[str]) -> pl.Series:
    """Which cells of a column of text are missing: empty, or one of the words for that."""
    words = [*more]
    return text.is_null() | text.is_in([*MISSING, *words]) | with_common_marks(text).is_in(words)


def placeholders(text: pl.Series, numbers: pl.Series, missing: pl.Series) -> list[str]:
    """The one placeholder that all cells which are neither numbers nor missing hold, in a list; else an empty one."""
    others = text.filter(numbers.is_null() & ~missing).unique()
    return others.to_list() if len(others) == 1 and others[0] in PLACEHOLDERS and numbers.count() else []


def detect_style(columns: Sequence[pl.Series], name: str, separator: str | None) -> tuple[NumberStyle, tuple[str, ...]]:
    """The style of a file's numbers, and a note if it is not the plain one.

    A column tells it whose cells are all numbers in one style, or in several styles that mean the same numbers. In
    a file that commas separate, quoted commas in groups of three digits are taken for thousands.

    Parameters
    ----------
    columns : sequence of polars.Series
        Text, null where a cell is missing.
    name : str
        What messages call the file.
    separator : str or None
        Between the cells of the file.

    Raises
    ------
    DataError
        If a comma or point may separate thousands as well as decimals.
    """
    telling = [(column, styles) for column in columns if (styles := _possible_styles(column))]
    common = [style for style in STYLES if telling and all(style in styles for _, styles in telling)]
    if not common:
        return PLAIN, ()
    if separator == ",":
        common = [style for style in common if style.decimal == "."] or common
    style = common[0]
    for column, _ in telling:
        for other in common[1:]:
            _check_same(column, style, other, name)
    for column in columns:
        if style.decimal == "," and all(column is not each for each, _ in telling):
            _check_points(column, name)
    column = telling[0][0]
    place = int((PLAIN.parse(column).is_null() & column.is_not_null()).arg_max() or 0)
    number = f"{style.parse(column[place : place + 1])[0]:.15g}"
    where = f"column{'s' if telling[1:] else ''} {format_list([each.name for each, _ in telling])}"
    return style, (f'{name}: "{column[place]}" is read as {number} ({where})',)


def _possible_styles(column: pl.Series) -> list[NumberStyle]:
    """Styles in which all cells of a column are numbers; none for a column of plain numbers."""
    cells = column.drop_nulls().unique()
    if not len(cells) or not cells.cast(load_polars().Float64, strict=False).has_nulls():
        return []
    return [style for style in STYLES if not style.parse(cells).has_nulls()]


def _check_same(column: pl.Series, style: NumberStyle, other: NumberStyle, name: str) -> None:
    """Raise DataError where a column has other numbers in another style."""
    differs: Any = style.parse(column) != other.parse(column)
    if not differs.any():
        return
    row = int(differs.arg_max())
    cell = column[row]
    meant = " or ".join(f"{each.parse(column)[row]:.10g}" for each in (style, other))
    raise DataError(
        f'{name}, row {row + 1}, column "{column.name}": "{cell}" may be {meant}; '
        "pass --thousands or --decimal with the character that it is"
    )


def _check_points(column: pl.Series, name: str) -> None:
    """Raise DataError for a column whose points may separate thousands, as decimals have commas elsewhere."""
    pointed = column.str.contains(".", literal=True).fill_null(value=False)
    grouped = column.filter(pointed).str.contains(r"^[+-]?\d{1,3}(\.\d{3})+$")
    if len(grouped) and grouped.all():
        row = int(pointed.arg_max() or 0)
        raise DataError(
            f'{name}, row {row + 1}, column "{column.name}": other columns have decimal commas, so "{column[row]}" may '
            "have its point between thousands; pass --decimal , and, if it has, --thousands ."
        )
