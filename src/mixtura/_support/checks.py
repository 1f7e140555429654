"""Checks that turn what a user passes in into NumPy arrays and numbers; errors name the row and the column."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support.containers import as_numbers, check_unmasked, check_writable, column_names, name_cell, shortened
from mixtura._support.slices import block_slices
from mixtura._support.types import Array, Rows
from mixtura._support.words import format_count, format_list
from mixtura.errors import DataError, ParameterError

# The largest magnitude allowed in data: squares of larger numbers overflow float64 when they are summed.
LARGEST_VALUE = 1e150

# As many components fit no data; matrices of so many rows and columns can still be asked for.
MOST_COMPONENTS = 1_000_000

# Longest dot product (in elements) that BLAS computes without waking its threads, which then spin for milliseconds.
SINGLE_THREAD_DOT = 8192


def as_names(names: Sequence[str] | None, count: int, what: str) -> tuple[str, ...] | None:
    """Check that ``names`` are ``count`` different strings; ``what`` is how the message calls them.

    Examples
    --------
    >>> as_names(["a", "b"], 2, "columns")
    ('a', 'b')
    """
    if names is None:
        return None
    checked = tuple(names) if isinstance(names, Sequence) and not isinstance(names, str) else (names,)
    strings = all(isinstance(name, str) for name in checked)
    if len(checked) != count or not strings or len(set(checked)) != count:
        raise DataError(f"{what} are {format_list([*map(repr, checked)])}; expected {count} different strings")
    return check_writable(checked, what)


def as_column_positions(columns: Sequence[int | str], names: Sequence[str] | None, count: int) -> NDArray[np.int64]:
    """Positions from 0 of columns given by name or number, among ``count`` columns.

    Examples
    --------
    >>> as_column_positions(["b", 0], ("a", "b"), 2).tolist()
    [1, 0]
    """
    known = {name: position for position, name in enumerate(names or ())}
    if isinstance(columns, str) or not isinstance(columns, Iterable):
        raise ParameterError(f"columns is {columns!r}; expected a list of names or numbers, such as [{columns!r}]")
    positions = []
    for column in columns:
        position = known.get(column, column) if isinstance(column, str) else column
        # A mask, whose booleans are integers to Python, has no positions.
        if isinstance(position, bool) or not isinstance(position, int | np.integer) or not 0 <= position < count:
            allowed = format_list(list(known)) if known else f"0 to {count - 1}"
            raise ParameterError(f"column {shortened(column)} is not one of {allowed}")
        positions.append(int(position))
    if len(set(positions)) != len(positions):
        raise ParameterError(f"columns {format_list(columns)} name a column twice")
    return np.array(positions, dtype=np.int64)


def as_rows(data: Any, *, name: str = "X", columns: tuple[str, ...] | None = None) -> Rows:
    """Check data and return it as a float64 or float32 matrix (n, d), without a copy where possible.

    Parameters
    ----------
    data : array-like or table of shape (n, d), or (n,) for one column
    name : str
        How messages call the data.
    columns : tuple of str, optional
        Names of the columns in messages; by default those of the table, if it has any.

    Returns
    -------
    ndarray of shape (n, d)
        float32 stays float32, everything else becomes float64.

    Raises
    ------
    DataError
        If the data is sparse, complex, not numeric, not one- or two-dimensional, empty, or holds NaN,
        infinities, or numbers whose squares overflow. The message names the first such row and column.

    Examples
    --------
    >>> as_rows([1.0, 2.0, 3.0]).shape
    (3, 1)
    >>> as_rows([[1.0, 2.0], [3.0, float("nan")]])
    Traceback (most recent call last):
    mixtura.errors.DataError: X, row 1, column 1: nan is not a finite number; drop or fill such rows first
    """
    return _checked_rows(data, name, columns, missing=False)[0]


def as_incomplete_rows(data: Any, *, name: str = "X", columns: tuple[str, ...] | None = None) -> tuple[Rows, bool]:
    """Check data like `as_rows`, of which values may be missing: rows with NaN for these, and whether there are any.

    Examples
    --------
    >>> as_incomplete_rows([[1.0, None]]), as_incomplete_rows([[1.0, 2.0]])[1]
    ((array([[ 1., nan]]), True), False)
    """
    return _checked_rows(data, name, columns, missing=True)


def _checked_rows(data: Any, name: str, columns: tuple[str, ...] | None, *, missing: bool) -> tuple[Rows, bool]:
    """Checked rows, and whether some of their values are missing, which is an error unless they may be ``missing``."""
    sparse = sys.modules.get("scipy.sparse")  # no sparse matrix can exist before this is imported
    if sparse and sparse.issparse(data):
        raise DataError(f"{name} is a sparse matrix; Gaussian mixtures need dense rows: pass {name}.toarray()")
    columns = columns or column_names(data)
    array = as_numbers(data, name, columns)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or 0 in array.shape:
        raise DataError(
            f"{name} has shape {np.shape(data)}; expected (rows, columns) with at least one row and one column"
        )
    return array, _check_finite(array, name, columns, missing=missing)


def as_matching_rows(data: Any, columns: tuple[str, ...] | None, n_features: int) -> Rows:
    """Check data against known columns: a table's columns are matched by name, an array's by position.

    A table's other columns may hold anything.

    Examples
    --------
    >>> import polars as pl
    >>> as_matching_rows(pl.DataFrame({"b": [1.0], "a": [2.0]}), ("a", "b"), 2).tolist()
    [[2.0, 1.0]]
    """
    return _matching_rows(data, columns, n_features, missing=False)[0]


def as_matching_incomplete_rows(data: Any, columns: tuple[str, ...] | None, n_features: int) -> tuple[Rows, bool]:
    """Check data like `as_matching_rows`, of which values may be missing; see `as_incomplete_rows`."""
    return _matching_rows(data, columns, n_features, missing=True)


def _matching_rows(data: Any, columns: tuple[str, ...] | None, n_features: int, *, missing: bool) -> tuple[Rows, bool]:
    """Rows of the known columns, and whether some of their values are missing; see `_checked_rows`."""
    names = column_names(data)
    if not (names and columns) or names == columns:
        rows, incomplete = _checked_rows(data, "X", names or columns, missing=missing)
    else:
        check_columns_present(names, columns)
        rows, incomplete = _checked_rows(choose_columns(data, list(columns)), "X", columns, missing=missing)
    check_n_columns(rows.shape[1], n_features)
    return rows, incomplete


def check_columns_present(names: Sequence[str], expected: Sequence[str]) -> None:
    """Raise DataError if one of a mixture's columns is not among the names of the data's.

    Examples
    --------
    >>> check_columns_present(("a", "b"), ("a", "c"))
    Traceback (most recent call last):
    mixtura.errors.DataError: X has no column 'c'; this mixture has a, c
    """
    absent = [name for name in expected if name not in names]
    if absent:
        raise DataError(f"X has no column {shortened(absent[0])}; this mixture has {format_list(expected)}")


def check_n_columns(count: int, n_features: int) -> None:
    """Raise DataError if the data has another number of columns than a mixture has dimensions."""
    if count != n_features:
        given, expected = format_count(count, "column"), format_count(n_features, "dimension")
        raise DataError(f"X has {given}; this mixture has {expected}")


def choose_columns(table: Any, names: list[str]) -> Any:
    """A table of some columns of another one, in this order; others are not looked at if it can leave them out.

    Examples
    --------
    >>> import polars as pl
    >>> choose_columns(pl.DataFrame({"a": [1.0], "b": ["x"], "c": [2.0]}), ["c", "a"]).rows()
    [(2.0, 1.0)]
    """
    kind = type(table)  # columns of pandas' tables are attributes of the table, and one may be called "select"
    if hasattr(kind, "select"):
        return table.select(names)
    if hasattr(kind, "__getitem__"):
        return table[names]
    known = column_names(table) or ()
    return np.asarray(table)[:, [known.index(name) for name in names]]


def all_finite(array: Rows) -> bool:
    """Whether all numbers are finite and small enough to square without overflow."""
    if array.flags.forc and array.size <= SINGLE_THREAD_DOT:  # for small arrays a single dot product decides
        values = array.ravel(order="K")
        if float(np.vdot(values, values)) <= LARGEST_VALUE**2:  # false for NaN; vdot never warns of an overflow
            return True
    limit = _largest_allowed(array)
    parts = (array[block] for block in block_slices(*array.shape))
    return all(-limit <= part.min() and part.max() <= limit for part in parts)  # NaN compares false, too


def _largest_allowed(array: Rows) -> float:
    """The largest magnitude that is allowed in an array of its dtype."""
    return min(LARGEST_VALUE, float(np.finfo(array.dtype).max))


def _check_finite(array: Rows, name: str, columns: tuple[str, ...] | None, *, missing: bool) -> bool:
    """Whether there is a NaN, if values may be ``missing``; DataError for the first number that cannot be used."""
    if all_finite(array):
        return False
    limit = _largest_allowed(array)

    def bad_cells(part: Rows) -> NDArray[np.bool_]:
        bad = np.asarray(~(np.abs(part) <= limit))
        return np.asarray(bad & ~np.isnan(part)) if missing else bad

    blocks = ((block.start, np.argwhere(bad_cells(array[block]))) for block in block_slices(*array.shape))
    found = next(((start + cells[0][0], cells[0][1]) for start, cells in blocks if len(cells)), None)
    if found is None:
        return True
    row, column = found
    value = array[row, column]
    where = f"{name_cell(name, np.array([row, column]), columns)}: {value:g}"
    if np.isfinite(value):
        raise DataError(f"{where} is too large to square in float64; rescale the column")
    raise DataError(f"{where} is not a finite number; drop or fill such rows first")


def as_mask(given: Any, length: int) -> NDArray[np.bool_] | None:
    """Booleans (length,), or numbers from 0 to length - 1, as a mask; None for anything else.

    Examples
    --------
    >>> as_mask([2, 0], 3).tolist(), as_mask([3], 3)
    ([True, False, True], None)
    """
    values = np.asarray(given)
    if values.dtype == np.bool_ and values.shape == (length,):
        return values
    numbers = values.ndim == 1 and (values.dtype.kind in "iu" or not values.size)
    if not numbers or not ((values >= 0) & (values < length)).all():
        return None
    return np.isin(np.arange(length), values)


def frozen_array(values: Any, name: str = "values") -> Array:
    """A read-only float64 copy of ``values``; ``name`` is how the message calls them.

    Examples
    --------
    >>> frozen_array([[1.0], [1.0, 2.0]], "means")
    Traceback (most recent call last):
    mixtura.errors.DataError: means cannot be read as an array of numbers
    """
    check_unmasked(values, name)
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise DataError(f"{name} cannot be read as an array of numbers") from None
    array.setflags(write=False)
    return array
