"""Rows of which some values are known to lie within intervals alone, or that were recorded within a window alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rows
from mixtura.data.measurement import Measurement, SomeRows
from mixtura.data.patterns import Patterns


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Limits within which rows were recorded at all.

    Attributes
    ----------
    low, high : ndarray of shape (d,)
        Infinite where there is no limit.
    """

    low: Array
    high: Array


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """Rows whose values are exact, or NaN and known to lie within an interval.

    Attributes
    ----------
    bounds : tuple of two ndarray of shape (n, d), or None
        Lower and upper ends of the intervals of values that are NaN in the rows; those of exact values do not matter.
        A missing value has infinite ones. None where all values are exact.
    window : Window or None
        Of rows beyond it nothing is known, not even their number. All intervals lie within.
    outside : ndarray of bool, (n,), or None
        Rows that are known to lie not within their intervals, but anywhere else.
    bin_width : ndarray of shape (d,), or None
        Width of the narrowest bin in each column, where rows are bins that count for many; else None.
    """

    bounds: tuple[Array, Array] | None
    window: Window | None = None
    outside: NDArray[np.bool_] | None = None
    bin_width: Array | None = None

    def take(self, rows: SomeRows) -> Intervals:
        """The measurement of some of the rows."""
        bounds = None if self.bounds is None else (self.bounds[0][rows], self.bounds[1][rows])
        return replace(self, bounds=bounds, outside=None if self.outside is None else self.outside[rows])

    def in_columns(self, columns: Sequence[int]) -> Intervals:
        """The measurement of some of the columns, in this order."""
        chosen = list(columns)
        bounds = None if self.bounds is None else (self.bounds[0][:, chosen], self.bounds[1][:, chosen])
        window = None if self.window is None else Window(self.window.low[chosen], self.window.high[chosen])
        width = None if self.bin_width is None else self.bin_width[chosen]
        return replace(self, bounds=bounds, window=window, bin_width=width)

    def order(self, rows: Rows) -> NDArray[np.intp]:
        """Numbers of the rows, (n,), in the order of their patterns of values that are exact, bounded and unbounded."""
        return self.patterns(rows).order

    def bounded(self, rows: Rows) -> NDArray[np.bool_]:
        """Which values lie within an interval that is not the whole line, (n, d)."""
        if self.bounds is None:
            return np.zeros(rows.shape, dtype=bool)
        low, high = self.bounds
        return np.isnan(rows) & (np.isfinite(low) | np.isfinite(high))

    def most_bounded(self, rows: Rows) -> int:
        """The largest number of values of one row that lie within intervals."""
        inside = rows if self.outside is None else rows[~self.outside]
        measurement = self if self.outside is None else self.take(~self.outside)
        return int(measurement.bounded(inside).sum(axis=1).max(initial=0))

    def patterns(self, rows: Rows) -> Patterns:
        """The rows in the order of their patterns: `Patterns.seen` are exact columns, then unbounded ones, (p, 2 d)."""
        marks = np.concatenate([np.isnan(rows), self.bounded(rows)], axis=1)
        return Patterns.of(np.where(marks, np.nan, 0.0))

    def ends(self, shape: tuple[int, ...]) -> tuple[Array, Array]:
        """Lower and upper ends of the intervals of all values, (n, d) each."""
        return self.bounds or (np.full(shape, -np.inf), np.full(shape, np.inf))

    @property
    def without_window(self) -> Intervals:
        """The measurement as if rows had been recorded everywhere."""
        return replace(self, window=None)


def exact_rows(rows: Rows, measurement: Measurement | None) -> Rows:
    """The rows with NaN for values of which an interval alone is known."""
    if not isinstance(measurement, Intervals) or measurement.bounds is None:
        return rows
    low, high = measurement.bounds
    return np.where(low < high, np.asarray(np.nan, rows.dtype), np.where(np.isnan(rows), low.astype(rows.dtype), rows))
