"""Check limits of recording and censored values, as users pass them in beside rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mixtura._support import Array, Rows, format_list
from mixtura.data.intervals import Intervals, Window
from mixtura.errors import DataError, ParameterError

LIMITS_EXPECTED = "expected (low, high), numbers or one for each column, or a dictionary {column: (low, high)}"

CODES_EXPECTED = (
    "expected for each value 'below' or -1 (the true value lies below), 'above' or 1 (above), or '' or 0 (it is exact);"
    " or a tuple (low, high) of the ends of each value's interval"
)

# What a word or code says of a value: -1 that the true one lies below, 1 that it lies above.
SIGNS: dict[Any, int] = {
    "below": -1,
    "above": 1,
    "": 0,
    "exact": 0,
    None: 0,
    -1: -1,
    0: 0,
    1: 1,
    "-1": -1,
    "0": 0,
    "1": 1,
}


def as_intervals(rows: Rows, names: Sequence[str] | None, limits: Any, censored: Any) -> Intervals | None:
    """What limits and censored values say of checked rows, (n, d), in which NaN is a missing value.

    Raises
    ------
    DataError, ParameterError
        If they do not fit the rows; the message names row and column.

    Examples
    --------
    >>> found = as_intervals(np.array([[0.5], [2.0]]), None, (0.0, None), [["below"], [""]])
    >>> found.bounds[0][0].tolist(), found.bounds[1][0].tolist(), found.window.high
    ([0.0], [0.5], array([inf]))
    """
    window = None if limits is None else _as_window(limits, names, rows.shape[1])
    bounds = None if censored is None else _as_bounds(censored, rows, names)
    if window is not None and not np.isfinite(window).any():
        window = None
    if window is None and bounds is None:
        return None
    if window is not None:
        bounds = _within_window(rows, names, bounds, window)
    return Intervals(bounds, None if window is None else Window(*window))


def _label(column: int, names: Sequence[str] | None) -> str:
    """What a message calls a column."""
    return f'column "{names[column]}"' if names else f"column {column}"


def _ends(values: Any, shape: tuple[int, ...], missing: float, what: str) -> Array:
    """Numbers of a shape, with ``missing`` in place of None and NaN."""
    try:
        given = np.array(missing if values is None else values, dtype=np.float64)
        one_column = given.ndim == 1 and shape[1:] == (1,)
        found = np.broadcast_to(given[:, None] if one_column else given, shape)
    except (TypeError, ValueError):
        raise ParameterError(f"{what}; expected numbers, {shape} or fewer dimensions") from None
    return np.where(np.isnan(found), missing, found)


def _as_window(limits: Any, names: Sequence[str] | None, d: int) -> tuple[Array, Array]:
    """Check the limits of recording: two arrays (d,)."""
    if isinstance(limits, Mapping):
        low, high = np.full(d, -np.inf), np.full(d, np.inf)
        for key, pair in limits.items():
            column = _column(key, names, d)
            low[column], high[column] = (float(end[0]) for end in map(np.atleast_1d, _as_window(pair, None, 1)))
        return low, high
    if not (isinstance(limits, Sequence | np.ndarray) and len(limits) == 2):
        raise ParameterError(f"limits is {limits!r}; {LIMITS_EXPECTED}")
    what = f"limits is {limits!r} for {d} columns"
    low, high = (_ends(end, (d,), side, what) for end, side in zip(limits, (-np.inf, np.inf), strict=True))
    bad = ~(low < high)
    if bad.any():
        column = int(bad.argmax())
        raise ParameterError(
            f"limits, {_label(column, names)}: low is {low[column]:g}, high is {high[column]:g}; expected low < high"
        )
    return low, high


def _column(key: Any, names: Sequence[str] | None, d: int) -> int:
    """Number of a column that is given by its name or number."""
    if names and key in names:
        return list(names).index(key)
    if not isinstance(key, str) and key in range(d):
        return int(key)
    raise ParameterError(f"limits: there is no column {key!r}; expected {format_list(names or ()) or f'0 to {d - 1}'}")


def _as_bounds(censored: Any, rows: Rows, names: Sequence[str] | None) -> tuple[Array, Array]:
    """Ends of each value's interval, (n, d) each: equal, or NaN, where it is exact."""
    if isinstance(censored, tuple):
        if len(censored) != 2:
            raise ParameterError(f"censored is a tuple of {len(censored)}; {CODES_EXPECTED}")
        return _as_ends(censored, rows, names)
    values = np.asarray(censored, dtype=object)
    values = values[:, None] if values.ndim == 1 else values
    if values.shape != rows.shape:
        raise ParameterError(f"censored has shape {values.shape}; expected that of X, {rows.shape}")
    try:
        signs = np.array([_sign(value) for value in values.ravel().tolist()]).reshape(rows.shape)
    except (KeyError, TypeError, ValueError) as error:
        raise ParameterError(f"censored has a value {error.args[0]!r}; {CODES_EXPECTED}") from None
    bad = (signs != 0) & np.isnan(rows)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise DataError(f"X, row {row}, {_label(column, names)}: a missing value cannot be censored; give its limit")
    missing = np.isnan(rows)
    low = np.where(missing | (signs < 0), -np.inf, rows).astype(np.float64)
    return low, np.where(missing | (signs > 0), np.inf, rows).astype(np.float64)


def _sign(value: Any) -> int:
    """-1 or 1 where the true value lies below or above the one in the rows, 0 where that is exact."""
    if isinstance(value, float) and math.isnan(value):
        return 0
    try:
        return SIGNS[value.strip().lower() if isinstance(value, str) else value]
    except (KeyError, TypeError):
        raise KeyError(value) from None


def _as_ends(censored: tuple[Any, Any], rows: Rows, names: Sequence[str] | None) -> tuple[Array, Array]:
    """Check given ends of intervals; where neither is given, the value is exact, or missing."""
    what = f"censored does not fit X, {rows.shape}"
    low, high = (_ends(end, rows.shape, np.nan, what) for end in censored)
    neither = np.isnan(low) & np.isnan(high)
    exact = np.where(np.isnan(rows), np.inf, rows)
    low = np.where(neither, np.where(np.isnan(rows), -np.inf, rows), np.where(np.isnan(low), -np.inf, low))
    high = np.where(neither, exact, np.where(np.isnan(high), np.inf, high))
    bad = low > high
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise DataError(
            f"censored, row {row}, {_label(column, names)}: low is {low[row, column]:g}, high is "
            f"{high[row, column]:g}; expected low <= high"
        )
    bad = (low == high) & ~np.isnan(rows) & (low != rows)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise DataError(
            f"censored, row {row}, {_label(column, names)}: low and high are {low[row, column]:g}, but X has "
            f"{rows[row, column]:g}; leave them out (NaN) where a value is exact"
        )
    return low, high


def _within_window(
    rows: Rows, names: Sequence[str] | None, bounds: tuple[Array, Array] | None, window: tuple[Array, Array]
) -> tuple[Array, Array] | None:
    """The intervals as far as they lie within the window; exact values must."""
    missing = np.isnan(rows)
    own = bounds or (np.where(missing, -np.inf, rows), np.where(missing, np.inf, rows))
    low, high = np.maximum(own[0], window[0]), np.minimum(own[1], window[1])
    bad = (low > high) | ((low == high) & (own[0] < own[1]))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        given = f"{own[0][row, column]:g}"
        if own[0][row, column] < own[1][row, column]:
            given = f"the interval from {given} to {own[1][row, column]:g}"
        raise DataError(
            f"X, row {row}, {_label(column, names)}: {given} lies outside of the limits, {window[0][column]:g} to "
            f"{window[1][column]:g}, within which rows were recorded"
        )
    return None if bounds is None and not missing.any() else (low, high)
