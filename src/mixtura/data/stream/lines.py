"""Lines of a stream as rows of numbers; lines that hold none are counted, by what is wrong with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mixtura._support import Array
from mixtura.data.stream.layout import (
    BAD_WEIGHT,
    NO_NUMBER,
    NOT_JSON,
    TEXT,
    WRONG_LENGTH,
    LineLayout,
    csv_layout,
    guess_separator,
    json_layout,
    json_object,
    looks_like_names,
    split_cells,
)
from mixtura.data.tables import default_column_names

# What is wrong with lines that are left out, in words.
BAD_LINES = {
    WRONG_LENGTH: "with another number of cells",
    NOT_JSON: "that are no JSON object",
    TEXT: "with text in place of a number",
    NO_NUMBER: "with a missing or infinite value",
    BAD_WEIGHT: "with a negative weight",
}


@dataclass(frozen=True, slots=True, eq=False)
class ParsedLines:
    """Rows of some lines.

    Attributes
    ----------
    rows : ndarray of shape (n, d)
    weight : ndarray of shape (n,), or None
    bad : Counter
        Number of lines that were left out, by what is wrong with them.
    used : int
        Number of lines that were read.
    """

    rows: Array
    weight: Array | None
    bad: Counter[str]
    used: int


@dataclass(frozen=True, slots=True)
class LineParser:
    """What is known of a stream's lines so far.

    Attributes
    ----------
    kind : {"csv", "ndjson"}
    wanted : tuple of str, or None
        Columns that are asked for; None for those that hold numbers in the first row.
    weight : str or None
        Column of weights.
    header : bool or None
        Whether the first line has names; None if it is to tell.
    source : str
        What messages call the stream.
    layout : LineLayout or None
        Where the numbers are, once it is known.
    began : bool
        Whether the first line has been read.
    names : tuple of str
        Names of the columns, as far as they are known before the layout.
    separator : str
        Character between cells.
    missing : {"drop", "model"}
        What is done about rows with missing values: they are left out, or are rows with NaN.
    left_out : tuple of str
        Columns that are not used since the first row has no numbers there.
    """

    kind: str
    wanted: tuple[str, ...] | None
    weight: str | None
    header: bool | None
    source: str
    layout: LineLayout | None = None
    began: bool = False
    names: tuple[str, ...] = ()
    separator: str = ","
    missing: str = "drop"
    left_out: tuple[str, ...] = ()

    def parse(self, lines: Sequence[str], most: int) -> tuple[LineParser, ParsedLines]:
        """Read lines until they have given ``most`` rows.

        Examples
        --------
        >>> parser = LineParser("csv", None, None, None, "standard input")
        >>> parser, found = parser.parse(["a,b,c", "1,x,2", "3,4", "5,y,6", "7,z,8"], 2)
        >>> parser.layout.used, found.rows.tolist(), dict(found.bad), found.used
        (('a', 'c'), [[1.0, 2.0], [5.0, 6.0]], {'cells': 1}, 4)
        """
        parser, bad, used = self, Counter[str](), 0
        found: list[list[float]] = []
        for line in lines:
            if len(found) >= most:
                break
            used += 1
            if not line.strip():
                continue
            parser, is_row = parser.after_line(line)
            if not is_row:
                continue
            numbers = parser.layout.numbers(line, self.missing) if parser.layout else parser.complaint(line)
            if isinstance(numbers, str):
                bad[numbers] += 1
            else:
                found.append(numbers)
        width = len(found[0]) if found else 1
        rows = np.array(found, dtype=np.float64).reshape(len(found), width)
        if self.weight is None:
            return parser, ParsedLines(rows, None, bad, used)
        return parser, ParsedLines(rows[:, :-1], rows[:, -1], bad, used)

    def complaint(self, line: str) -> str:
        """What is wrong with a line before the layout is known."""
        if self.kind == "ndjson":
            return NOT_JSON if json_object(line) is None else TEXT
        return TEXT if len(split_cells(line, self.separator)) == len(self.names) else WRONG_LENGTH

    def after_line(self, line: str) -> tuple[LineParser, bool]:
        """What is known after a line, and whether the line is a row."""
        if self.began and self.layout is not None:
            return self, True
        if self.kind == "ndjson":
            return self.with_object(line), True
        return self.with_cells(line) if self.began else self.with_first(line)

    def with_object(self, line: str) -> LineParser:
        """What is known after a line of NDJSON."""
        content = json_object(line)
        if self.layout is not None or not content:
            return replace(self, began=True)
        layout = json_layout(content, self.wanted, self.weight, self.source, self.missing)
        return replace(self, began=True).with_layout(layout, tuple(content))

    def with_layout(self, layout: LineLayout | None, columns: tuple[str, ...]) -> LineParser:
        """With the layout to which the first row has led, whose columns are given, if it has led to one."""
        if layout is None or self.wanted is not None:
            return replace(self, layout=layout)
        return replace(self, layout=layout, left_out=tuple(name for name in columns if name not in layout.wanted))

    def with_first(self, line: str) -> tuple[LineParser, bool]:
        """What is known after the first line, and whether it is a row."""
        text = line.removeprefix("\ufeff")
        separator = self.layout.separator if self.layout else guess_separator(text)
        cells = [cell.strip() for cell in split_cells(text, separator)]
        begun = replace(self, began=True, separator=separator)
        known = self.layout.wanted if self.layout else self.names
        if self.header is not None:
            has_names = self.header
        else:  # names that are known already are those of the stream before this one
            has_names = set(known) <= set(cells) if known else looks_like_names(cells)
        if has_names:
            wanted = self.layout.used if self.layout else self.wanted
            layout = csv_layout(cells, None, wanted, self.weight, separator, **self.csv_options(named=True))
            return replace(begun, names=tuple(cells), layout=layout), False
        if self.layout is not None:
            return begun, True
        return replace(begun, names=self.names or tuple(default_column_names(len(cells)))).with_cells(line)

    def with_cells(self, line: str) -> tuple[LineParser, bool]:
        """What is known after a row that is to tell which columns hold numbers."""
        cells, named = split_cells(line, self.separator), self.names != tuple(default_column_names(len(self.names)))
        options = self.csv_options(named=named)
        layout = csv_layout(self.names, cells, self.wanted, self.weight, self.separator, **options)
        return self.with_layout(layout, self.names), True

    def csv_options(self, *, named: bool) -> dict[str, Any]:
        """Arguments of `csv_layout` by name; ``named`` says whether the columns have names of their own."""
        return {"named": named, "source": self.source, "missing": self.missing}
