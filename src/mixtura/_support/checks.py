"""Input becomes checked NumPy arrays here, once; errors name the row and the column."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from mixtura._support.cuts import block_slices
from mixtura._support.types import Array, Rng, Rows
from mixtura.errors import DataError, ParameterError

# Squares of larger numbers overflow float64; float32 data is far below.
LARGEST = 1e150

# BLAS wakes threads for longer dot products, and they stay awake in the way of ours for milliseconds.
SMALL = 8192

# Kinds of NumPy types that are real numbers, or may hold them (strings and objects are converted one by one).
NUMERIC = "biufOUS"


def column_names(data: Any) -> tuple[str, ...] | None:
    """Names of a table's columns when all of them are strings, else None.

    Examples
    --------
    >>> column_names([[1.0, 2.0]]) is None
    True
    """
    columns = getattr(data, "columns", None)
    if columns is None:
        return None
    names = tuple(columns)
    return names if names and all(isinstance(name, str) for name in names) else None


def as_names(names: Sequence[str] | None, count: int, what: str) -> tuple[str, ...] | None:
    """Check names: strings, as many as needed, none twice.

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
        raise DataError(f"{what} are {list(checked)!r}; expected {count} different strings")
    return checked


def as_positions(columns: Sequence[int | str], names: Sequence[str] | None, count: int) -> NDArray[np.int64]:
    """Positions of some of ``count`` columns, given by name or number.

    Examples
    --------
    >>> as_positions(["b", 0], ("a", "b"), 2).tolist()
    [1, 0]
    """
    known = names or ()
    if isinstance(columns, str | int | np.integer):
        raise ParameterError(f"columns is {columns!r}; expected a list of names or numbers, such as [{columns!r}]")
    positions = []
    for column in columns:
        position = known.index(column) if isinstance(column, str) and column in known else column
        if not isinstance(position, int | np.integer) or not 0 <= position < count:
            allowed = ", ".join(known) if known else f"0 to {count - 1}"
            raise ParameterError(f"column {column!r} is not one of {allowed}")
        positions.append(int(position))
    if len(set(positions)) != len(positions):
        raise ParameterError(f"columns {list(columns)!r} name a column twice")
    return np.array(positions, dtype=np.int64)


def as_rows(data: Any, *, name: str = "X", columns: tuple[str, ...] | None = None) -> Rows:
    """Check rows and return them as a float64 or float32 matrix, without a copy where possible.

    Parameters
    ----------
    data : array-like or table of shape (n, d), or (n,) for one column
    name : str
        How messages call the data.
    columns : tuple of str, optional
        Names for messages; taken from the table if it has them.

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
    sparse = sys.modules.get("scipy.sparse")  # who never imported it has no sparse matrix
    if sparse and sparse.issparse(data):
        raise DataError(f"{name} is a sparse matrix; Gaussian mixtures need dense rows: pass {name}.toarray()")
    array = _as_float(data, name)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or 0 in array.shape:
        raise DataError(
            f"{name} has shape {np.shape(data)}; expected (rows, columns) with at least one row and one column"
        )
    _check_finite(array, name, columns or column_names(data))
    return array


def as_matching_rows(data: Any, columns: tuple[str, ...] | None, n_features: int) -> Rows:
    """Check rows whose columns are known: a table's are matched by name, others by position.

    Examples
    --------
    >>> import polars as pl
    >>> as_matching_rows(pl.DataFrame({"b": [1.0], "a": [2.0]}), ("a", "b"), 2).tolist()
    [[2.0, 1.0]]
    """
    names = column_names(data)
    rows = as_rows(data, columns=names or columns)
    if names and columns and names != columns:
        missing = [name for name in columns if name not in names]
        if missing:
            raise DataError(f"X has no column {missing[0]!r}; this mixture has {', '.join(columns)}")
        return rows[:, [names.index(name) for name in columns]]
    if rows.shape[1] != n_features:
        raise DataError(f"X has {rows.shape[1]} columns; this mixture has {n_features} dimensions")
    return rows


def _as_float(data: Any, name: str) -> Rows:
    """Convert to float32 (kept) or float64 (everything else that is a real number)."""
    if np.ma.is_masked(data):
        raise DataError(f"{name} is a masked array with masked values; drop or fill such rows first")
    try:
        array = np.asarray(data)
        if array.dtype.kind not in NUMERIC:
            raise DataError(f"{name} holds {array.dtype} values; expected real numbers")
        return cast(Rows, array) if array.dtype == np.float32 else array.astype(np.float64, copy=False)
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{name} cannot be read as numbers ({error}); pass numeric columns only") from None


def all_finite(array: Rows) -> bool:
    """Whether all numbers are finite and not too large to square; one dot product shows it for few of them."""
    if array.flags.forc and array.size <= SMALL:
        values = array.ravel(order="K")
        with np.errstate(over="ignore", invalid="ignore"):
            if float(values @ values) <= LARGEST**2:  # false for NaN
                return True
    limit = _limit(array)
    parts = (array[block] for block in block_slices(*array.shape))
    return all(-limit <= part.min() and part.max() <= limit for part in parts)  # NaN compares false, too


def _limit(array: Rows) -> float:
    """The largest number that is allowed."""
    return min(LARGEST, float(np.finfo(array.dtype).max))


def _check_finite(array: Rows, name: str, columns: tuple[str, ...] | None) -> None:
    """Refuse NaN, infinities and numbers whose squares overflow; look at one block at a time."""
    if all_finite(array):
        return
    limit = _limit(array)
    looks = ((block.start, np.argwhere(~(np.abs(array[block]) <= limit))) for block in block_slices(*array.shape))
    row, column = next((start + wrong[0][0], wrong[0][1]) for start, wrong in looks if len(wrong))
    value = array[row, column]
    label = f'"{columns[column]}"' if columns else str(column)
    where = f"{name}, row {row}, column {label}: {value:g}"
    if np.isfinite(value):
        raise DataError(f"{where} is too large to square in float64; rescale the column")
    raise DataError(f"{where} is not a finite number; drop or fill such rows first")


def as_sample_weight(sample_weight: Any, n_rows: int) -> Array | None:
    """Check weights of shape (n,): finite, non-negative, not all zero.

    A weight of 3 counts a row three times, a weight of 0 leaves it out.

    Raises
    ------
    DataError
        If the shape differs or a weight is negative or not finite; the message names the row.

    Examples
    --------
    >>> as_sample_weight([1, 0, 2], 3)
    array([1., 0., 2.])
    """
    if sample_weight is None:
        return None
    weight = _as_float(sample_weight, "sample_weight")
    if weight.ndim == 0:
        weight = np.full(n_rows, float(weight))
    if weight.shape != (n_rows,):
        raise DataError(f"sample_weight has shape {weight.shape}; expected one weight for each row, ({n_rows},)")
    bad = np.flatnonzero(~(np.isfinite(weight) & (weight >= 0)))
    if len(bad):
        raise DataError(
            f"sample_weight, row {bad[0]}: {weight[bad[0]]:g}; expected a finite number that is not negative"
        )
    with np.errstate(over="ignore"):
        total = weight.sum()
    if not 0 < total < np.inf:
        raise DataError(f"sample_weight sums to {total:g} (zero for every row, or too large); rescale the weights")
    return weight.astype(np.float64, copy=False)


def as_rng(seed: int | np.integer[Any] | Rng | None) -> Rng:
    """Turn an int, a Generator, a legacy RandomState, or None (fresh entropy) into a source of random numbers.

    Examples
    --------
    >>> as_rng(0).uniform() == as_rng(0).uniform()
    True
    """
    if isinstance(seed, np.random.Generator | np.random.RandomState):
        return seed
    if seed is None or (isinstance(seed, int | np.integer) and seed >= 0):
        return np.random.default_rng(seed)
    raise ParameterError(f"seed is {seed!r}; expected None, an int that is not negative, or a numpy Generator")


def as_count(value: Any, name: str, *, least: int = 1) -> int:
    """Check an integer argument that has a least value.

    Examples
    --------
    >>> as_count(0, "k")
    Traceback (most recent call last):
    mixtura.errors.ParameterError: k is 0; expected an integer of at least 1
    """
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < least:
        raise ParameterError(f"{name} is {value!r}; expected an integer of at least {least}")
    return int(value)


def as_amount(value: Any, name: str) -> float:
    """Check a float argument that is finite and not negative.

    Examples
    --------
    >>> as_amount(-1.0, "tol")
    Traceback (most recent call last):
    mixtura.errors.ParameterError: tol is -1.0; expected a finite number that is not negative
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not (np.isfinite(number) and number >= 0):
        raise ParameterError(f"{name} is {value!r}; expected a finite number that is not negative")
    return number


def as_fraction(value: Any, name: str) -> float:
    """Check a float argument that is at least 0 and below 1."""
    number = as_amount(value, name)
    if number >= 1:
        raise ParameterError(f"{name} is {value!r}; expected a fraction, at least 0 and below 1")
    return number


def frozen(values: Any, name: str = "values") -> Array:
    """A read-only float64 array of its own.

    Examples
    --------
    >>> frozen([[1.0], [1.0, 2.0]], "means")
    Traceback (most recent call last):
    mixtura.errors.DataError: means cannot be read as an array of numbers
    """
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise DataError(f"{name} cannot be read as an array of numbers") from None
    array.setflags(write=False)
    return array
