"""Moments and range of a data set, computed in one pass over its rows; those of parts of the rows can be added."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mixtura._support import EPS, Array, Rows, underflow_to_zero

# A column whose variance is below this counts as constant, since fractions of the variance would be subnormal numbers.
SMALLEST_VARIANCE = 1e-280


@dataclass(frozen=True, slots=True, eq=False)
class Extent:
    """Least and largest value of each column, each (d,); ``+`` gives those of two sets of rows together.

    Examples
    --------
    >>> both = Extent.of(np.array([[1.0], [2.0]])) + Extent.of(np.array([[5.0]]))
    >>> both.least.item(), both.largest.item()
    (1.0, 5.0)
    """

    least: Array
    largest: Array

    @classmethod
    def of(cls, rows: Rows) -> Extent:
        """Extent of rows (n, d)."""
        return cls(rows.min(axis=0).astype(np.float64), rows.max(axis=0).astype(np.float64))

    def __add__(self, other: Extent) -> Extent:
        return Extent(np.minimum(self.least, other.least), np.maximum(self.largest, other.largest))


@dataclass(frozen=True, eq=False)
class Summary:
    """Number, weight, mean, scatter and range of rows; ``+`` gives the summary of two sets of rows together.

    Attributes
    ----------
    n_rows : int
        Number of rows.
    weight, weight_squared : float
        Sums of the rows' weights and of their squares.
    mean : ndarray of shape (d,)
        Weighted mean.
    scatter : ndarray of shape (d,) or (d, d)
        Weighted sum of squared deviations from the mean in each column, or of outer products of the deviations.
    extent : Extent
        Least and largest value of each column; NaN if they were not computed.

    Examples
    --------
    >>> one = Summary(1, 1.0, 1.0, np.array([0.0]), np.array([0.0]), Extent.of(np.array([[0.0]])))
    >>> two = Summary(1, 1.0, 1.0, np.array([4.0]), np.array([0.0]), Extent.of(np.array([[4.0]])))
    >>> both = one + two
    >>> both.n_rows, both.mean.item(), both.variances.item(), both.effective_n_rows
    (2, 2.0, 4.0, 2.0)
    """

    n_rows: int
    weight: float
    weight_squared: float
    mean: Array
    scatter: Array
    extent: Extent

    @underflow_to_zero
    def __add__(self, other: Summary) -> Summary:
        weight = self.weight + other.weight
        delta = other.mean - self.mean
        spread = delta**2 if self.scatter.ndim == 1 else np.multiply.outer(delta, delta)
        return Summary(
            self.n_rows + other.n_rows,
            weight,
            self.weight_squared + other.weight_squared,
            self.mean + other.weight / weight * delta,
            self.scatter + other.scatter + self.weight * (other.weight / weight) * spread,
            self.extent + other.extent,
        )

    @property
    def variances(self) -> Array:
        """Variance of each column, the scatter divided by the weight, (d,)."""
        return (self.scatter if self.scatter.ndim == 1 else np.diagonal(self.scatter)) / self.weight

    @cached_property
    @underflow_to_zero
    def scale(self) -> Array:
        """Variances of the columns, (d,), where a constant column gets the mean of the others'.

        If all are constant, each gets the square of its mean, so that other units give the same in these units; that of
        the largest mean if its own is zero, and 1 if all are zero. A column that varies no more than by rounding counts
        as constant; it gets at least the variance of rounding.
        """
        variance, rounding = self.variances, (8 * EPS * np.abs(self.mean)) ** 2
        varies = variance > np.maximum(rounding, SMALLEST_VARIANCE)
        squares = np.square(self.mean)
        fallback = variance[varies].mean() if varies.any() else np.where(squares > 0, squares, squares.max())
        least = np.maximum(fallback, rounding)
        return np.where(varies, variance, np.where(least > SMALLEST_VARIANCE, least, 1.0))

    @property
    def effective_n_rows(self) -> float:
        """Effective number of weighted rows, (sum w)^2 / sum w^2 (Kish 1965); n where all n weights are equal."""
        return self.weight * (self.weight / self.weight_squared)
