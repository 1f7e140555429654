"""The values of each column: how many differ, which is the most frequent, and to what unit they are rounded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixtura._support import Array, Rows
from mixtura.data.source import Source

# Values are looked at in so many random rows.
SAMPLE = 5000

# Values with more decimals than this are not taken for rounded ones.
DECIMALS = 9

# A column counts as rounded if some value is there so often. In one column a component of fewer rows at the floor is
# spurious in any case.
REPEATED = 4

# By how many units in the last place a value may differ from a multiple of the rounding unit.
SLACK = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class ColumnValues:
    """What the values of each column are like, on a sample of the rows.

    Attributes
    ----------
    rows : ndarray of shape (n, d)
        The sample.
    distinct : ndarray of int, (d,)
        Number of different values.
    common : ndarray of shape (d,)
        The most frequent value.
    share : ndarray of shape (d,)
        The fraction of the rows that have it.
    usual_share : ndarray of shape (d,)
        The median of that fraction over all different values.
    unit : ndarray of shape (d,)
        The largest unit of which all differences are multiples; 0 where there is none. Units are decimal ones (0.1, 5,
        0.25) or the smallest difference. A column has none if no value is there four times, since then rounding can be
        ignored, or if it has one or two values, which are always a multiple of some unit apart.

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
    share: Array
    usual_share: Array
    unit: Array

    @classmethod
    def of(cls, source: Source) -> ColumnValues:
        """Look at a sample of a source's rows."""
        rows = source.rows(SAMPLE, np.random.default_rng(0)).rows
        columns = [np.unique(column, return_counts=True) for column in rows.T.astype(np.float64)]
        return cls(
            rows,
            np.array([len(values) for values, _ in columns]),
            np.array([values[counts.argmax()] for values, counts in columns]),
            np.array([counts.max() for _, counts in columns]) / len(rows),
            np.array([np.median(counts) for _, counts in columns]) / len(rows),
            np.array([_unit(values) if counts.max() >= REPEATED else 0.0 for values, counts in columns]),
        )


def _unit(values: Array) -> float:
    """The rounding unit of sorted distinct values."""
    steps = np.diff(values)
    if len(steps) < 2:
        return 0.0
    slack = SLACK * float(np.spacing(np.abs(values).max()))
    for decimals in range(DECIMALS + 1):
        scale = 10.0**decimals
        whole = np.rint(values * scale)
        if np.abs(whole).max() < 2**53 and np.abs(values - whole / scale).max() <= slack:
            return float(np.gcd.reduce(np.diff(whole).astype(np.int64)) / scale)
    least = float(steps.min())
    multiples = np.rint(steps / least)
    return least if least > 1e3 * slack and np.abs(steps - multiples * least).max() <= slack * len(steps) else 0.0
