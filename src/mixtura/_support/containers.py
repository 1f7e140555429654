"""What a user brings as numbers, arrays, lists and tables of any library, as a NumPy array; errors name the cell."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from mixtura._support.device_arrays import from_device
from mixtura._support.labels import is_missing
from mixtura._support.types import Array, Rows
from mixtura.errors import CellError, DataError

# Kinds of NumPy types that are real numbers, and those that may hold them, cell by cell: objects and text.
NUMERIC, CELLS = "biuf", "OUS"


def column_names(data: Any) -> tuple[str, ...] | None:
    """Names of a table's columns, or None where there are none or some are not strings.

    Examples
    --------
    >>> column_names([[1.0, 2.0]]) is None
    True
    """
    check_not_lazy(data, "X")
    columns = getattr(data, "column_names", None)  # of pyarrow's tables, whose columns are arrays
    if not isinstance(columns, list | tuple):
        columns = getattr(data, "columns", None)
    if columns is None:
        return None
    names = tuple(columns)
    return check_writable(names, "columns") if names and all(isinstance(name, str) for name in names) else None


def check_writable(names: tuple[str, ...], what: str) -> tuple[str, ...]:
    r"""Names that can be written as UTF-8; DataError for halves of characters, which a broken file may have.

    Examples
    --------
    >>> check_writable(("age", "\ud800"), "columns")
    Traceback (most recent call last):
    mixtura.errors.DataError: columns: '\ud800' is half of a character, which no file can hold; rename it
    """
    for name in names:
        try:
            name.encode()
        except UnicodeEncodeError:
            raise DataError(f"{what}: {name!r} is half of a character, which no file can hold; rename it") from None
    return names


def check_not_lazy(data: Any, name: str) -> None:
    """Raise DataError for a query whose rows are not there yet, such as polars' LazyFrame."""
    if hasattr(data, "collect") and not hasattr(data, "__array__"):
        raise DataError(f"{name} is a {type(data).__name__}, whose rows are not there yet; pass {name}.collect()")


def check_unmasked(data: Any, name: str, columns: tuple[str, ...] | None = None) -> None:
    """Raise DataError for a masked array with a masked value, which NumPy would unmask without a word.

    Examples
    --------
    >>> check_unmasked(np.ma.masked_array([[1.0, 2.0]], mask=[[False, True]]), "X")
    Traceback (most recent call last):
    mixtura.errors.DataError: X, row 0, column 1: the value is masked; drop or fill such rows first
    """
    if np.ma.is_masked(data):
        where = name_cell(name, np.argwhere(np.ma.getmaskarray(data))[0], columns)
        raise DataError(f"{where}: the value is masked; drop or fill such rows first")


def name_cell(name: str, position: NDArray[np.intp], columns: tuple[str, ...] | None = None) -> str:
    """How messages call the cell at a position, (row,) or (row, column).

    Examples
    --------
    >>> name_cell("X", np.array([3, 1]), ("a", "b")), name_cell("sample_weight", np.array([3]))
    ('X, row 3, column "b"', 'sample_weight, row 3')
    """
    row, *rest = position.tolist()
    labels = [f', column "{columns[column]}"' if columns else f", column {column}" for column in rest]
    return f"{name}, row {row}{''.join(labels)}"


def as_numbers(data: Any, name: str, columns: tuple[str, ...] | None = None) -> Rows:
    """Data as an array of numbers: float32 is kept, every other real type becomes float64, a missing cell NaN.

    Examples
    --------
    >>> import pandas as pd
    >>> as_numbers(pd.Series([1, None, 3], dtype="Int64"), "X").tolist()
    [1.0, nan, 3.0]
    >>> as_numbers([[1.0, "two"]], "X")
    Traceback (most recent call last):
    mixtura.errors.CellError: X, row 0, column 1: 'two' is not a number; pass numeric columns only
    """
    columns = columns or column_names(data)
    check_not_lazy(data, name)
    check_unmasked(data, name, columns)
    try:
        array = np.asarray(from_device(data))
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} cannot be read as numbers ({error}); pass an array, a list or a table") from None
    if array.dtype == np.float32:
        return cast(Rows, array)
    if array.dtype.kind in NUMERIC:
        return array.astype(np.float64, copy=False)
    if array.dtype.kind not in CELLS:
        raise DataError(f"{name} holds {array.dtype} values; expected real numbers")
    if array.ndim == 0 and data is not None:
        raise DataError(f"{name} is of type {type(data).__name__}; pass an array, a list or a table")
    return _cells_as_numbers(data if array.dtype.kind != "O" else array, name, columns)


def _cells_as_numbers(data: Any, name: str, columns: tuple[str, ...] | None) -> Array:
    """Objects and text as numbers, cell by cell; a missing cell is NaN."""
    cells = np.asarray(data, dtype=object)
    try:
        return cells.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        pass
    numbers = np.empty(cells.shape)
    for position in np.ndindex(*cells.shape):
        cell = cells[position]
        try:
            numbers[position] = np.nan if is_missing(cell) else float(cell)
        except (TypeError, ValueError, OverflowError):
            where = name_cell(name, np.array(position), columns)
            raise CellError(f"{where}: {shortened(cell)} is not a number; pass numeric columns only") from None
    return numbers


def shortened(value: Any, longest: int = 40) -> str:
    """A value as text, cut off where it is long.

    Examples
    --------
    >>> shortened("a" * 50, longest=9)
    "'aaaaa..."
    """
    try:
        text = repr(value)
    except ValueError:  # Python writes no integer of thousands of digits
        text = "a number of thousands of digits"
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def same_value(one: Any, other: Any) -> bool:
    """Whether two values are equal, dataclasses and arrays by what they hold.

    Examples
    --------
    >>> same_value((1, np.arange(2)), (1, np.arange(2))), same_value([1], [2])
    (True, False)
    """
    if one is other:
        return True
    if type(one) is type(other) and is_dataclass(one):
        return all(same_value(getattr(one, each.name), getattr(other, each.name)) for each in fields(one))
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    if isinstance(one, list | tuple) and type(one) is type(other):
        return len(one) == len(other) and all(map(same_value, one, other))
    return bool(one == other)
