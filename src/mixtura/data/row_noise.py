"""Errors of measurement whose covariances are known, one for all rows or one for each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rng, Rows, block_slices
from mixtura.data.measurement import SomeRows
from mixtura.data.patterns import Patterns
from mixtura.errors import DataError

# Covariances are grouped if there are at most so many different ones for each row.
MOST_DIFFERENT = 0.25

# Rows of which it is looked whether many have the same covariance.
TRIED_ROWS = 2000

# How far, relative to the largest element, a matrix may be from symmetric or positive semidefinite.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class RowNoise:
    """Rows that were measured with normal errors of known covariance; missing values are NaN.

    Attributes
    ----------
    covariances : ndarray of shape (u, e, e), or, of errors that are independent in the e columns, (u, e)
        Different covariances of the errors, or variances.
    numbers : ndarray of int, (n,)
        Which of them is that of each row.
    projections : ndarray of shape (n, e, d), or None
        Matrices R: a row is R times a true value in d columns, plus its error. None: the true value plus its error.
    """

    covariances: Array
    numbers: NDArray[np.intp]
    projections: Array | None = None

    @property
    def is_diagonal(self) -> bool:
        """Whether the errors are independent in all columns."""
        return self.covariances.ndim == 2

    def take(self, rows: SomeRows) -> RowNoise:
        """The errors of some of the rows."""
        projections = None if self.projections is None else self.projections[rows]
        return replace(self, numbers=self.numbers[rows], projections=projections)

    def order(self, rows: Rows) -> NDArray[np.intp]:
        """Order by pattern of missing values, and within it by covariance, as they were given."""
        by_number = np.argsort(self.numbers, kind="stable")
        return by_number[Patterns.of(rows[by_number]).order]

    def of_rows(self) -> Array:
        """Covariance of each row's error, (n, e, e), or variances, (n, e)."""
        return self.covariances[self.numbers]

    def measure(self, values: Array, rng: Rng) -> Array:
        """What is measured of true values, (n, d), with errors drawn at random, (n, e)."""
        maps = self.projections
        exact = values if maps is None else np.einsum("nij,nj->ni", maps, values)
        return exact + self.sample(rng)

    def sample(self, rng: Rng) -> Array:
        """Draws of the errors of all rows, (n, e)."""
        draws = rng.standard_normal((len(self.numbers), self.covariances.shape[1]))
        if self.is_diagonal:
            return np.asarray(np.sqrt(self.covariances)[self.numbers] * draws)
        values, axes = np.linalg.eigh(self.covariances)
        roots = axes * np.sqrt(np.maximum(values, 0.0))[:, None, :]
        return np.einsum("nij,nj->ni", roots[self.numbers], draws)

    def first_guess(self, rows: Rows) -> Rows:
        """True values, (n, d), of least squares and least norm; the rows themselves without projections."""
        if self.projections is None:
            return rows
        seen = ~np.isnan(rows)
        maps = np.where(seen[:, :, None], self.projections, 0.0)
        guess = np.linalg.pinv(maps) @ np.where(seen, rows, 0.0)[:, :, None]
        found: Rows = guess[:, :, 0] if rows.dtype == np.float64 else guess[:, :, 0].astype(np.float32)
        return found


def as_row_noise(noise_covariance: Any, rows: Rows, projections: Any = None, *, shared: bool = True) -> RowNoise | None:
    """The errors of rows (n, e) as a user describes them; None if all are zero and there are no projections.

    Parameters
    ----------
    noise_covariance : array-like of shape (e, e), (n, e) or (n, e, e), or a number
        One matrix for all rows, variances of each row, or a matrix for each row; a number is the variance in all rows
        and columns. What belongs to a missing value may be anything.
    rows : ndarray of shape (n, e)
    projections : array-like of shape (n, e, d), or (e, d) for all rows, optional
    shared : bool
        Whether (n, e) can be a matrix for all rows where n is e.

    Raises
    ------
    DataError
        If shapes do not fit, or a matrix is no covariance; the message names the row.

    Examples
    --------
    >>> found = as_row_noise([[1.0, 1.0], [2.0, 2.0], [1.0, 1.0]], np.zeros((3, 2)))
    >>> found.covariances.shape, as_row_noise(0.0, np.zeros((3, 2)))
    ((3, 2), None)
    >>> as_row_noise([[1.0], [-1.0]], np.zeros((2, 1)))
    Traceback (most recent call last):
    mixtura.errors.DataError: noise_covariance, row 1, column 0: -1.0; expected a variance, 0 or more
    """
    maps = _as_projections(projections, rows)
    given = 0.0 if noise_covariance is None else noise_covariance
    covariances, shared = _as_covariances(given, rows) if shared else (np.asarray(given, dtype=np.float64), False)
    if not shared:
        covariances = _without_missing(covariances, rows)
    _check(covariances, shared)
    if covariances.ndim == 3 and _are_diagonal(covariances):
        covariances = np.ascontiguousarray(np.diagonal(covariances, axis1=1, axis2=2))
    if maps is None and not covariances.any():
        return None
    if shared:
        return RowNoise(covariances, np.zeros(len(rows), dtype=np.intp), maps)
    return RowNoise(*_grouped(covariances), maps)


def _are_diagonal(matrices: Array) -> bool:
    """Whether all matrices, (n, e, e), are diagonal."""
    outside = ~np.eye(matrices.shape[1], dtype=bool)
    parts = block_slices(len(matrices), matrices[0].size)
    return not any(np.any(matrices[part], where=outside) for part in parts)


def _as_covariances(given: Any, rows: Rows) -> tuple[Array, bool]:
    """Variances or matrices of the errors, one for each row or a single one, and whether it is one for all rows."""
    n, e = rows.shape
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"noise_covariance is no array of numbers; expected {_expected(n, e)}") from None
    if values.ndim == 0:
        return np.full((1, e), float(values)), True
    if values.shape == (n,) and e == 1:
        values = values[:, None]
    if values.shape == (n, e) and n == e > 1:
        raise DataError(
            f"noise_covariance has shape {values.shape}, which with {n} rows may be one matrix for all or variances of "
            f"each row; give a matrix for each row, ({n}, {e}, {e})"
        )
    if values.shape == (e, e):
        return values[None], True
    if values.shape not in ((n, e), (n, e, e)):
        raise DataError(f"noise_covariance has shape {values.shape}; expected {_expected(n, e)}")
    return values, False


def _expected(n: int, e: int) -> str:
    """The shapes that noise_covariance may have."""
    return f"one matrix for all rows, ({e}, {e}), variances, ({n}, {e}), or a matrix for each row, ({n}, {e}, {e})"


def _as_projections(given: Any, rows: Rows) -> Array | None:
    """Checked projections, (n, e, d)."""
    if given is None:
        return None
    n, e = rows.shape
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"projections is no array of numbers; expected matrices ({n}, {e}, d)") from None
    if values.ndim == 2 and len(values) == e:
        values = np.broadcast_to(values, (n, *values.shape))
    if values.ndim != 3 or values.shape[:2] != (n, e) or not values.shape[2]:
        raise DataError(f"projections has shape {values.shape}; expected ({n}, {e}, d), or ({e}, d) for all rows")
    if not np.isfinite(values).all():
        row = int(np.argmin(np.isfinite(values).all(axis=(1, 2))))
        raise DataError(f"projections, row {row}: a value is not a finite number")
    return values


def _without_missing(covariances: Array, rows: Rows) -> Array:
    """Covariances with zeros in what belongs to missing values."""
    missing = np.isnan(rows)
    if not missing.any():
        return covariances
    own = missing if covariances.ndim == 2 else missing[:, :, None] | missing[:, None, :]
    return np.where(own, 0.0, covariances)


def _check(covariances: Array, shared: bool) -> None:
    """Raise DataError unless all are finite, symmetric and positive semidefinite, or variances of 0 or more."""
    for part in block_slices(len(covariances), covariances[0].size):
        _check_block(covariances[part], None if shared else part.start)


def _check_block(covariances: Array, first: int | None) -> None:
    """Check covariances of rows from ``first`` on; None: one for all rows."""

    def row_of(wrong: Any) -> str:
        return "" if first is None else f", row {first + int(wrong.argmax())}"

    finite = np.isfinite(covariances).reshape(len(covariances), -1).all(axis=1)
    if not finite.all():
        raise DataError(
            f"noise_covariance{row_of(~finite)}: a value is not a finite number; mark values without any measurement "
            "as missing in X, by NaN"
        )
    variances = covariances if covariances.ndim == 2 else np.diagonal(covariances, axis1=1, axis2=2)
    if (variances < 0).any():
        row, column = np.argwhere(variances < 0)[0]
        where = f"column {column}" if first is None else f"row {first + row}, column {column}"
        raise DataError(f"noise_covariance, {where}: {variances[row, column]}; expected a variance, 0 or more")
    if covariances.ndim == 2:
        return
    size = np.abs(covariances).max(axis=(1, 2))
    skew = np.abs(covariances - covariances.swapaxes(1, 2)).max(axis=(1, 2)) > ROUNDING * size
    if skew.any():
        raise DataError(f"noise_covariance{row_of(skew)}: the matrix is not symmetric")
    shifted = covariances + ((ROUNDING * size) + (size == 0))[:, None, None] * np.eye(covariances.shape[1])
    try:
        np.linalg.cholesky(shifted)
    except np.linalg.LinAlgError:
        negative = np.less_equal(np.linalg.eigvalsh(shifted).min(axis=1), 0)
        raise DataError(
            f"noise_covariance{row_of(negative)}: the matrix is not positive semidefinite; expected the covariance of "
            "the errors, not their correlations or standard deviations"
        ) from None


def _grouped(covariances: Array) -> tuple[Array, NDArray[np.intp]]:
    """Different covariances, and which of them is that of each row; all of them if few rows have the same."""
    n = len(covariances)
    flat = np.ascontiguousarray(covariances).reshape(n, -1)
    tried = flat[:: max(n // TRIED_ROWS, 1)]
    if len(np.unique(tried, axis=0)) > 2 * MOST_DIFFERENT * len(tried):
        return covariances, np.arange(n)
    first, numbers = np.unique(flat, axis=0, return_index=True, return_inverse=True)[1:]
    if len(first) > MOST_DIFFERENT * n:
        return covariances, np.arange(n)
    return covariances[first], numbers.reshape(-1).astype(np.intp)
