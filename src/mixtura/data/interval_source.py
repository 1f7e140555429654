"""The source of rows with intervals, completed for the time being by something likely."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np

from mixtura._support import Array, Rows
from mixtura.data.array import ArraySource
from mixtura.data.intervals import Intervals
from mixtura.data.measured import MeasuredSource, with_means


def interval_source(given: ArraySource, measurement: Intervals) -> MeasuredSource:
    """The source of rows with intervals, completed for the time being by something likely; empty rows weigh nothing."""
    known = ~np.isnan(given.array) | measurement.bounded(given.array)
    some = known.any(axis=1)
    own = given if some.all() else given.reweighted(np.asarray(some, dtype=np.float64))
    return MeasuredSource(own, replace(own, array=likely_rows(own.array, measurement)), measurement)


def likely_rows(rows: Rows, measurement: Intervals) -> Rows:
    """The rows with something likely in place of NaN: middles of intervals, their finite ends, or means."""
    filled, outside = rows, measurement.outside
    if measurement.bounds is not None:
        low, high = measurement.bounds
        near = np.where(np.isfinite(low), low, high)
        with np.errstate(invalid="ignore", over="ignore"):
            middle = np.where(np.isfinite(low) & np.isfinite(high), low + 0.5 * (high - low), near)
        filled = np.where(measurement.bounded(rows), middle.astype(rows.dtype), rows)
        if outside is not None:
            filled[outside] = _beyond(low[outside], high[outside]).astype(rows.dtype)
    return with_means(filled) if np.isnan(filled).any() else filled


def _beyond(low: Array, high: Array) -> Array:
    """Points outside of m boxes: below the lower end in the first column, above the upper, then in the next column."""
    points, (m, d) = low + 0.5 * (high - low), low.shape
    column, side = np.arange(m) // 2 % d, np.arange(m) % 2
    each = np.arange(m)
    points[each, column] = np.where(side[:, None], 1.05 * high - 0.05 * low, 1.05 * low - 0.05 * high)[each, column]
    return points


def arrays_of(source: MeasuredSource) -> tuple[ArraySource, ArraySource]:
    """The rows as they are and completed, of a source of rows with intervals, which lie in memory."""
    return cast("ArraySource", source.given), cast("ArraySource", source.completed)
