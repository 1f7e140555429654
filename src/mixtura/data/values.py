"""The values of each column: the number of distinct ones, the most frequent one, and the unit they are rounded to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixtura._support import TINY, Array, Rng, Rows
from mixtura.data.source import Source

# Largest number of rows whose values are examined; more rows are sampled.
SAMPLE_ROWS = 5000

# Values with more decimals than this do not count as rounded.
MAX_DECIMALS = 9

# A column can count as rounded if some value occurs at least this often. In one column a component at the floor with
# fewer rows is spurious in any case.
MIN_REPEATS = 4

# Units in the last place by which a value may differ from a multiple of the rounding unit.
SLACK_ULPS = 4.0

# Largest such difference, as a fraction of the rounding unit.
MAX_SLACK = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class ColumnValues:
    """Repeated and rounded values of each column, found on a sample of the rows.

    Attributes
    ----------
    rows : ndarray of shape (n, d)
        The sample; missing values are NaN.
    distinct : ndarray of int, (d,)
        Number of distinct values.
    common : ndarray of shape (d,)
        The most frequent value.
    common_fraction : ndarray of shape (d,)
        The fraction of the sample that has the most frequent value.
    median_fraction : ndarray of shape (d,)
        The fraction of the sample that has a value, its median over the distinct values.
    unit : ndarray of shape (d,)
        Rounding unit: the largest unit of which all differences of values are multiples, a decimal number (0.1, 5,
        0.25) or the smallest difference; 0 where there is none. A column has none if no value occurs four times, since
        then rounding can be ignored, or if it has one or two distinct values, which always are multiples of a unit
        apart.

    Examples
    --------
    >>> from mixtura.data import ArraySource
    >>> rows = np.array([[1.5, 2.0, 4.5, 4.5, 4.5, 4.5], [7.0, 7.0, 7.0, 7.0, 3.0, 3.25]]).T
    >>> found = ColumnValues.of(ArraySource.of(rows))
    >>> found.distinct.tolist(), found.common.tolist(), found.unit.tolist()
    ([3, 3], [4.5, 7.0], [0.5, 0.25])
    """

    rows: Rows
    distinct: Array
    common: Array
    common_fraction: Array
    median_fraction: Array
    unit: Array

    @classmethod
    def of(cls, source: Source) -> ColumnValues:
        """The values of at most `SAMPLE_ROWS` random rows of a source, each as often as its count says."""
        sample = getattr(source, "given_rows", source.rows)(SAMPLE_ROWS, np.random.default_rng(0))
        rows = sample.rows
        counted = getattr(source, "weights_are", None) == "counts"
        times = sample.weigh(np.ones(len(rows))) if counted else np.ones(len(rows))
        seen = ~np.isnan(rows)
        total = np.maximum(times @ seen, TINY)  # a column may have no exact value
        columns = [_count_values(x[ok], times[ok]) for x, ok in zip(rows.T.astype(np.float64), seen.T, strict=True)]
        return cls(
            rows,
            np.array([len(values) for values, _ in columns]),
            np.array([values[counts.argmax()] if len(values) else np.nan for values, counts in columns]),
            np.array([counts.max(initial=0) for _, counts in columns]) / total,
            np.array([np.median(counts) if len(counts) else 0.0 for _, counts in columns]) / total,
            _known_unit(source)
            + np.array([_rounding_unit(x) if counts.max(initial=0) >= MIN_REPEATS else 0.0 for x, counts in columns]),
        )

    def column(self, j: int) -> Rows:
        """The values of a column in the sample that are not missing."""
        values = self.rows[:, j]
        return values[~np.isnan(values)]


def first_values(rows: Rows) -> Array:
    """A value of each column, (d,): the first that is not missing.

    Examples
    --------
    >>> first_values(np.array([[np.nan, 2.0], [3.0, 4.0]])).tolist()
    [3.0, 2.0]
    """
    return rows[(~np.isnan(rows)).argmax(axis=0), np.arange(rows.shape[1])].astype(np.float64)


def with_holes_of(drawn: Rows, rows: Rows, times: Array, rng: Rng) -> Rows:
    """Drawn rows (m, d) in which values are missing as in other rows (n, d), of which each counts ``times`` (n,).

    The i-th drawn row lacks what the i-th row lacks, if each counts once, and else what a random one lacks.
    """
    holes = np.isnan(rows)
    if not holes.any():
        return drawn
    same = len(drawn) == len(rows) and bool((times == 1).all())
    which = np.arange(len(drawn)) if same else rng.choice(len(rows), len(drawn), p=times / times.sum())
    masked = drawn.copy()
    masked[holes[which]] = np.nan
    return masked


def _known_unit(source: Source) -> Array | float:
    """Half the width of the narrowest bin of each column, (d,), where rows are bins; else 0.

    A component with a quarter of that as its standard deviation cannot be told from narrower ones.
    """
    width = getattr(getattr(source, "measurement", None), "bin_width", None)
    return 0.0 if width is None else 0.5 * width


def _count_values(column: Array, times: Array) -> tuple[Array, Array]:
    """The distinct values of a column (n,), and how often each occurs if rows count ``times`` (n,)."""
    values, numbers = np.unique(column, return_inverse=True)
    return values, np.bincount(numbers, times).astype(np.float64)


def round_to_units(rows: Array, unit: Array, origin: Array) -> Array:
    """Rows (n, d) rounded to ``origin`` (d,) plus multiples of ``unit`` (d,); columns of unit 0 are left as they are.

    Examples
    --------
    >>> round_to_units(np.array([[1.2, 1.2], [1.3, 1.3]]), np.array([0.5, 0.0]), np.array([2.0, 2.0])).tolist()
    [[1.0, 1.2], [1.5, 1.3]]
    """
    step = np.where(unit > 0, unit, 1.0)
    return np.where(unit > 0, origin + np.rint((rows - origin) / step) * step, rows)


def _rounding_unit(values: Array) -> float:
    """The rounding unit of sorted distinct values; 0 if they have none."""
    if len(values) < 3:
        return 0.0
    largest = np.abs(values).max()
    unit = _unit_within(values, SLACK_ULPS * float(np.spacing(largest)))
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    if unit or not (single == values).all():
        return unit
    # Decimals in float32, and those that were float32 before, are as far from multiples as its last digit tells.
    return _unit_within(values, SLACK_ULPS * float(np.spacing(np.float32(largest))))


def _unit_within(values: Array, slack: float) -> float:
    """The rounding unit of sorted distinct values that differ from its multiples by at most ``slack``; else 0."""
    for decimals in range(MAX_DECIMALS + 1):
        scale = 10.0**decimals
        if slack * scale > MAX_SLACK:  # any value is as close to a multiple of so small a unit
            break
        whole = np.rint(values * scale)
        if np.abs(whole).max() < 2**53 and np.abs(values - whole / scale).max() <= slack:
            return float(np.gcd.reduce(np.diff(whole).astype(np.int64)) / scale)
    steps = np.diff(values)
    least = float(steps.min())
    multiples = np.rint(steps / least)
    return least if least > 1e3 * slack and np.abs(steps - multiples * least).max() <= slack * len(steps) else 0.0
