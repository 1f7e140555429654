"""Values known by intervals, drawn from one Gaussian."""

from __future__ import annotations

import numpy as np

from mixtura._support import Array, Rows
from mixtura.data import ArraySource, Intervals, MeasuredSource, arrays_of, weights_of
from mixtura.kernels import quantile_within
from mixtura.mixture import Mixture

# About so many draws of all bins together.
MOST_DRAWS = 2000

# Sweeps of Gibbs sampling, in which each value is drawn in turn given all others of its row.
SWEEPS = 5


def draw_within(start: Rows, given: Rows, measurement: Intervals, gaussian: Mixture) -> Rows:
    """Completed rows in which each inexact value is drawn within its interval given the others (Geman & Geman 1984).

    ``start`` are the completed rows of the first sweep, (n, d), and ``given`` the rows as they are. Rows known to lie
    outside of their boxes stay there.
    """
    unknown = np.isnan(given)
    if measurement.outside is not None:
        unknown &= ~measurement.outside[:, None]
    bounds, rows, rng = measurement.ends(start.shape), start.astype(np.float64), np.random.default_rng(0)
    precision = np.linalg.inv(gaussian.covariances.dense()[0])
    for _ in range(SWEEPS if gaussian.affine.form != "diagonal" else 1):
        for column in np.flatnonzero(unknown.any(axis=0)).tolist():
            own = np.flatnonzero(unknown[:, column])
            scale = precision[column, column] ** -0.5
            mean = _expected(rows[own], gaussian.means[0], precision, column)
            low, high = ((ends[own, column] - mean) / scale for ends in bounds)
            drawn = mean + scale * quantile_within(low, high, rng.random(len(own)))
            rows[own, column] = np.clip(drawn, bounds[0][own, column], bounds[1][own, column])
    return rows if start.dtype == np.float64 else rows.astype(np.float32)


def draws_of_bins(source: MeasuredSource, gaussian: Mixture) -> ArraySource | None:
    """Several draws within each bin, by which its count is divided; None if rows are no bins.

    Starts from a single point with the weight of a bin would end with a component on that point.
    """
    measurement = source.measurement
    if not isinstance(measurement, Intervals) or measurement.bin_width is None:
        return None
    counts = weights_of(source)
    counts = np.ones(source.length) if counts is None else counts
    times = np.ceil(np.minimum(counts, MOST_DRAWS * counts / counts.sum())).astype(np.intp)
    rows = np.repeat(np.arange(source.length), times)
    start, given = (own.array[rows] for own in arrays_of(source)[::-1])
    drawn = draw_within(start, given, measurement.take(rows), gaussian)
    return ArraySource(drawn, (counts / np.maximum(times, 1))[rows], source.threads, source.weights_are)


def _expected(rows: Array, mean: Array, precision: Array, column: int) -> Array:
    """Mean of a column given the others, (n,)."""
    slopes = -precision[column] / precision[column, column]
    slopes[column] = 0.0
    return np.asarray(mean[column] + (rows - mean) @ slopes)
