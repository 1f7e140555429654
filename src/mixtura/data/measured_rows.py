"""Rows with how they were measured, as a user passes them in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura._support import Rows, as_incomplete_rows, column_names
from mixtura.data.histogram import Histogram
from mixtura.data.interval_checks import as_intervals
from mixtura.data.measurement import Measurement
from mixtura.data.row_noise import as_row_noise
from mixtura.data.source import is_source
from mixtura.data.tables import Table
from mixtura.errors import ParameterError


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Rows with how they were measured, which `mixtura.fit`, `mixtura.select` and others accept as data.

    Parameters
    ----------
    X : array-like or table of shape (n, d)
        The measured values; missing ones are NaN, None or the table's own.
    noise_covariance : array-like of shape (d, d), (n, d) or (n, d, d), or a number, optional
        Covariance of the errors of measurement, which are normal with mean zero: one matrix for all rows, variances of
        each row, or a matrix for each row. A number is the variance in all rows and columns.
    projections : array-like of shape (n, e, d), or (e, d) for all rows, optional
        Matrices that take the true values, in d columns, to what was measured, X of shape (n, e).
    limits : tuple (low, high), or dictionary, optional
        Limits within which rows were recorded; of rows beyond nothing is known, not even their number (truncation).
        Each is a number, or one for each column; None or an infinite one is no limit. A dictionary has a pair for the
        name or number of each limited column.
    censored : array-like of shape (n, d), or tuple (low, high) of such, optional
        What is known of values that are not exact. For each value ``"below"`` or -1 if the true value lies below the
        one in ``X``, ``"above"`` or 1 if it lies above, and ``""`` or 0 if it is exact. Or the ends of each value's
        interval: both NaN, or both equal, where it is exact, one of them NaN or infinite where it is open.

    Examples
    --------
    >>> from mixtura import Measured
    >>> Measured([[1.0], [2.0]]).X
    [[1.0], [2.0]]
    >>> times = Measured([1.0, 5.0, 5.0], censored=["", "above", "above"])  # the study ended at 5
    >>> import mixtura
    >>> mixtura.Mixture([1.0], [[4.0]], [[[1.0]]]).logpdf(times).round(3).tolist()
    [-5.419, -1.841, -1.841]
    """

    X: Any
    noise_covariance: Any = None
    projections: Any = None
    limits: Any = None
    censored: Any = None

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of the columns, if they have any."""
        return None if self.projections is not None else column_names(self.X)

    def measurement(self, rows: Rows, columns: Sequence[str] | None = None) -> Measurement | None:
        """How the checked rows, (n, d), were measured; None where nothing is said of it.

        ``columns`` are the names of the rows' columns, if these may be others than those of ``X``, or in another order.

        Raises
        ------
        DataError, ParameterError
            If what is said cannot be used, or both errors of measurement and limits or censored values are given.
        """
        own, how = self.columns, (self.limits, self.censored)
        noisy = self.noise_covariance is not None or self.projections is not None
        bounded = any(one is not None for one in how)
        if bounded and (noisy or getattr(self.X, "noise_variance", None) is not None):
            raise ParameterError(
                "noise_covariance: errors of measurement are not possible with limits or censored values; leave one out"
            )
        if noisy:
            return as_row_noise(self.noise_covariance, rows, self.projections)
        if not bounded:
            return None
        if not (own and columns) or tuple(columns) == tuple(own):
            return as_intervals(rows, own, *how)
        found = as_intervals(as_incomplete_rows(self.X)[0], own, *how)
        return None if found is None else found.in_columns([own.index(name) for name in columns])


def measurement_of(X: Any, rows: Rows, columns: tuple[str, ...] | None = None) -> Measurement | None:
    """How checked rows, (n, d), of a `Measured`, `Histogram` or `Table` were measured; None where nothing is said.

    ``columns`` are the names of the columns that were chosen of a table, if they are known.
    """
    if isinstance(X, Measured | Histogram):
        return X.measurement(rows, columns)
    if not isinstance(X, Table) or X.noise_variance is None:
        return None
    variance = X.noise_variance if None in (columns, X.columns) else X.select(columns or ()).noise_variance
    return as_row_noise(variance, rows, shared=False)


def as_measured(X: Any, **how: Any) -> Any:
    """Rows with how they were measured, if anything is said of it; otherwise the rows as they are.

    Examples
    --------
    >>> as_measured([1.0, 2.0])
    [1.0, 2.0]
    """
    given = {name: value for name, value in how.items() if value is not None}
    if not given:
        return X
    names = ", ".join(given)
    if isinstance(X, Histogram):
        raise ParameterError(f"{names}: X is a Histogram, whose edges are limits; leave {names} out")
    if isinstance(X, Measured):
        raise ParameterError(f"{names}: X is a Measured, which says how its rows were measured; leave {names} out")
    if isinstance(X, Table) and X.noise_variance is not None:
        raise ParameterError(f"{names}: the table has columns of its errors; leave {names} or noise_columns out")
    if is_source(X):
        raise ParameterError(f"{names}: X is a Source, of which rows are read in turn; give rows in memory instead")
    return Measured(X, **given)


def plain_rows(X: Any) -> Any:
    """The array or table of a `Measured` or `Histogram`; other data as it is.

    Examples
    --------
    >>> plain_rows(Measured([[1.0]])), plain_rows([[1.0]])
    ([[1.0]], [[1.0]])
    """
    if isinstance(X, Histogram):
        return X.X
    if not isinstance(X, Measured):
        return X
    return X.X if X.projections is None else np.asarray(X.X, dtype=np.float64)  # its columns are not the mixture's
