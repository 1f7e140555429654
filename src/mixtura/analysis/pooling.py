"""Rubin's rules: estimates from several completed data sets as one, with its error (Rubin 1987, chapter 3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixtura._support import TINY, Array, LazyModule

stats = LazyModule("scipy.stats")

# With less missing information the t distribution is next to normal.
LEAST_INFORMATION = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class PooledEstimates:
    """Estimates of parameters from n completed data sets, and from each with random weights of its rows.

    Attributes
    ----------
    values : ndarray of shape (n, ...)
        Estimates from the completed rows.
    again : ndarray of shape (n, ...)
        Estimates from the same rows with random weights: their squared distances are the variance within a data set.

    Examples
    --------
    >>> pooled = PooledEstimates(np.array([1.0, 2.0, 3.0]), np.array([2.0, 1.0, 4.0]))
    >>> pooled.within.item(), pooled.between.item(), round(pooled.standard_error.item(), 3)
    (1.0, 1.0, 1.528)
    >>> round(pooled.missing_information.item(), 3)
    0.571
    """

    values: Array
    again: Array

    @property
    def within(self) -> Array:
        """Mean variance within a completed data set."""
        return np.asarray(((self.again - self.values) ** 2).mean(axis=0))

    @property
    def between(self) -> Array:
        """Variance between completed data sets."""
        return np.asarray((self.values - self.values[:1]).var(axis=0, ddof=1))

    @property
    def added(self) -> Array:
        """What missing values add to the variance: (1 + 1 / n) times that between data sets."""
        return (1 + 1 / len(self.values)) * self.between

    @property
    def standard_error(self) -> Array:
        """Root of the total variance."""
        return np.sqrt(self.within + self.added)

    @property
    def missing_information(self) -> Array:
        """Fraction of the total variance that is due to missing values."""
        return self.added / np.maximum(self.within + self.added, TINY)

    def interval(self, level: float) -> Array:
        """Ends (2, ...) of the interval of t with Rubin's degrees of freedom around the mean estimate."""
        freedom = (len(self.values) - 1) / np.maximum(self.missing_information, LEAST_INFORMATION) ** 2
        reach = stats.t.ppf((1 + level) / 2, freedom) * self.standard_error
        centre = self.values.mean(axis=0)
        return np.stack([centre - reach, centre + reach])
