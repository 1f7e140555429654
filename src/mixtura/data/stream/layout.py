"""Where the numbers are in the lines of a stream."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from mixtura._support import LARGEST_VALUE, as_kind, as_tuple_of
from mixtura.data.tables import MISSING, find_columns, is_number
from mixtura.errors import ParameterError

# Characters between cells, of which the first line tells which is used.
SEPARATORS = (",", "\t", ";", "|")

LINE_FORMATS = ("csv", "ndjson")

# Why a line is left out: the reasons, as counts have them.
WRONG_LENGTH, NOT_JSON, TEXT, NO_NUMBER, BAD_WEIGHT = "cells", "json", "text", "missing", "weight"


@dataclass(frozen=True)
class LineLayout:
    """Where the numbers are in the lines of a stream.

    Attributes
    ----------
    kind : {"csv", "ndjson"}
    names : tuple of str
        All columns of a CSV stream, in their order; of NDJSON, those that are used.
    used : tuple of str
        Columns that are used.
    weight : str or None
        Column of weights.
    separator : str
        Character between the cells of CSV.
    named : bool
        Whether the columns have names of their own.

    Examples
    --------
    >>> layout = LineLayout("csv", ("a", "b", "c"), ("c", "a"), None, ",", named=True)
    >>> layout.numbers("1,x,3"), layout.numbers("1,2"), layout.numbers("1,2,NA"), layout.numbers("x,2,3")
    ([3.0, 1.0], 'cells', 'missing', 'text')
    >>> layout.numbers("1,2,NA", "model"), layout.numbers(",2,NA", "model")
    ([nan, 1.0], 'missing')
    """

    kind: str
    names: tuple[str, ...]
    used: tuple[str, ...]
    weight: str | None
    separator: str
    named: bool

    def numbers(self, line: str, missing: str = "drop") -> list[float] | str:
        """The numbers of a line in the columns that are used, and its weight last if there is one; or what is wrong.

        With ``missing="model"`` a missing number is NaN, where there is another one beside it.
        """
        found = READERS[self.kind](self, line)
        if isinstance(found, str):
            return found
        lacking = [math.isnan(value) for value in found]
        if any(lacking):
            own = lacking[: len(self.used)]
            if missing == "drop" or all(own) or any(lacking[len(own) :]):
                return NO_NUMBER
        if self.weight is not None and found[-1] < 0:
            return BAD_WEIGHT
        return found

    @property
    def wanted(self) -> tuple[str, ...]:
        """The columns that are used, and that of weights last."""
        return self.used if self.weight is None else (*self.used, self.weight)

    @cached_property
    def positions(self) -> tuple[int, ...]:
        """Positions of these columns among the cells of a line."""
        return tuple(self.names.index(name) for name in self.wanted)

    def to_dict(self) -> dict[str, Any]:
        """The layout as plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> LineLayout:
        """Read what `to_dict` wrote."""
        weight = plain["weight"]
        texts = [as_kind(str, plain[name]) for name in ("kind", "separator")]
        names, used = (as_tuple_of(str, plain[name]) for name in ("names", "used"))
        named = as_kind(bool, plain["named"])
        return cls(texts[0], names, used, None if weight is None else as_kind(str, weight), texts[1], named)


def split_cells(line: str, separator: str) -> list[str]:
    """Cells of a line of CSV."""
    if '"' not in line:
        return line.split(separator)
    return next(csv.reader([line], delimiter=separator), [])


def _number_of_text(cell: str) -> float | str:
    """The number that a cell of text holds, NaN if it is missing; or what is wrong."""
    try:
        value = float(cell)
    except ValueError:
        return math.nan if cell.strip() in MISSING else TEXT
    if "_" in cell:  # which Python takes between digits
        return TEXT
    return NO_NUMBER if abs(value) > LARGEST_VALUE else value


def _number_of_json(value: Any) -> float | str:
    """The number that a value of JSON is, NaN if it is missing; or what is wrong."""
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        return TEXT
    return NO_NUMBER if abs(value) > LARGEST_VALUE else float(value)


def _all_numbers(values: Sequence[Any], convert: Callable[[Any], float | str]) -> list[float] | str:
    """All values as numbers; or what is wrong with the first one that is none."""
    found: list[float] = []
    for value in values:
        number = convert(value)
        if isinstance(number, str):
            return number
        found.append(number)
    return found


def _csv_numbers(layout: LineLayout, line: str) -> list[float] | str:
    """The numbers of a line of CSV; or what is wrong."""
    try:
        cells = split_cells(line, layout.separator)
    except csv.Error:
        return WRONG_LENGTH
    if len(cells) != len(layout.names):
        return WRONG_LENGTH
    return _all_numbers([cells[position] for position in layout.positions], _number_of_text)


def _json_numbers(layout: LineLayout, line: str) -> list[float] | str:
    """The numbers of a line of NDJSON; or what is wrong."""
    content = json_object(line)
    if content is None:
        return NOT_JSON
    return _all_numbers([content.get(name) for name in layout.wanted], _number_of_json)


def json_object(line: str) -> dict[str, Any] | None:
    """The object that a line of NDJSON holds; None if it holds none."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


# How the numbers of a line are read, in each format.
READERS: dict[str, Callable[[LineLayout, str], list[float] | str]] = {"csv": _csv_numbers, "ndjson": _json_numbers}


def looks_like_names(cells: Sequence[str]) -> bool:
    """Whether the cells of a first line are names: some is neither a number nor a missing value.

    Examples
    --------
    >>> looks_like_names(["a", "b"]), looks_like_names(["1", "NA"])
    (True, False)
    """
    return any(not is_number(cell) and cell.strip() not in MISSING for cell in cells)


def guess_separator(line: str) -> str:
    r"""The character between the cells of a line: the most frequent of several, a comma if there is none.

    Examples
    --------
    >>> guess_separator("a;b;c,d"), guess_separator("1")
    (';', ',')
    """
    return max(SEPARATORS, key=line.count)


def csv_layout(
    names: Sequence[str],
    first: Sequence[str] | None,
    wanted: Sequence[str] | None,
    weight: str | None,
    separator: str,
    *,
    named: bool,
    source: str,
    missing: str,
) -> LineLayout | None:
    """Layout of CSV with these names; the first row tells which columns hold numbers unless they are asked for.

    Where missing values are modelled, a missing cell stands for a number. None if the row does not tell, since it has
    another number of cells or no number.
    """
    own = [name for name in names if name != weight]
    weights = None if weight is None else find_columns([weight], names, source)[0]
    if wanted is not None:
        used = find_columns(wanted, own, source)
    elif first is None or len(first) != len(names):
        return None
    else:
        others = MISSING if missing == "model" else ()
        numeric = dict(zip(names, (is_number(cell) or cell.strip() in others for cell in first), strict=True))
        used = [name for name in own if numeric[name]]
    return LineLayout("csv", tuple(names), tuple(used), weights, separator, named) if used else None


def json_layout(
    first: Mapping[str, Any], wanted: Sequence[str] | None, weight: str | None, source: str, missing: str
) -> LineLayout | None:
    """Layout of NDJSON: the columns that are asked for, or those that are numbers in the first object.

    Where missing values are modelled, null stands for a number.
    """
    own = {name: value for name, value in first.items() if name != weight}
    numbers = {name: _number_of_json(value) for name, value in own.items()}
    with_null = missing == "model"
    used = [n for n, number in numbers.items() if not isinstance(number, str) and (with_null or not math.isnan(number))]
    if wanted is not None:
        used = _found_or_as_given(wanted, list(own), source)  # the first object may lack some
    return LineLayout("ndjson", tuple(used), tuple(used), weight, ",", named=True) if used else None


def _found_or_as_given(wanted: Sequence[str], available: Sequence[str], source: str) -> list[str]:
    """The columns that are asked for as they are found, or as they are given where one is not."""
    try:
        return find_columns(wanted, available, source)
    except ParameterError:
        return list(wanted)
