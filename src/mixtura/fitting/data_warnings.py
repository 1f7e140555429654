"""Warnings about the data: columns with many ties, without variation, or that depend on each other; too few rows."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence

import numpy as np

from mixtura._support import LazyModule, format_list, one_blas_thread, shortened
from mixtura.data import ColumnValues
from mixtura.errors import ColumnsWarning, ParametersWarning, TiesWarning
from mixtura.fitting.result import Fit

linalg = LazyModule("scipy.linalg")

# A column has many ties if its rounding unit exceeds COARSE_UNIT times its standard deviation; if it has two values; or
# if one value has this fraction of the rows, and this many times the median fraction of a value.
COARSE_UNIT, FREQUENT, TIMES_MEDIAN = 0.5, 0.1, 10.0

# With fewer rows than this, ties are not reported.
MIN_ROWS = 20

# Names of columns that tell the rows apart, such as id, order_id, customerId and "Row no.".
IDENTIFIER = re.compile(r"(^|[ _.-])(id|ids|no|nr|number|index|key)[.]?$|(?-i:[a-z]I[dD])$", re.IGNORECASE)

# A column depends linearly on others if its residual norm is below this fraction of its norm.
DEPENDENCE_TOLERANCE = 1e-9

# Dependence is not checked with more columns than this, and checked on at most so many rows.
MAX_COLUMNS, MAX_ROWS = 200, 2000

# Largest number of columns that a warning names, and largest number of characters for them.
MAX_NAMED, MAX_CHARACTERS = 3, 130


def warn_of_columns(values: ColumnValues, names: Sequence[str] | None, stacklevel: int) -> None:
    """Warn of columns with many ties, and of columns that are constant or depend on others."""
    labels = [shortened(name) for name in names or range(values.rows.shape[1])]
    tied = [f"{labels[j]} ({_describe_ties(values, j)})" for j in range(len(labels)) if _has_ties(values, j)]
    if tied:
        warnings.warn(
            f"many ties in column {_join_first(tied)}: components cannot be separated "
            "below the rounding unit, and one on a single value is a point mass; see EM(resolution=)",
            TiesWarning,
            stacklevel=stacklevel + 1,
        )
    counted = [label for j, label in enumerate(labels) if names and _is_identifier(values, j, names[j])]
    if counted:
        warnings.warn(
            f"column {_join_first(counted)} looks like an identifier: whole numbers, of which no two are equal; leave "
            "it out, unless it measures something",
            ColumnsWarning,
            stacklevel=stacklevel + 1,
        )
    found = _constant(values, labels) + _dependent(values, labels)
    if found:
        warnings.warn(
            f"column {_join_first(found)}: leave it out, since covariance models cannot be "
            "compared where all covariances are singular",
            ColumnsWarning,
            stacklevel=stacklevel + 1,
        )


def warn_of_few_rows(fit: Fit, stacklevel: int) -> None:
    """Warn if the fit has more parameters than rows."""
    if fit.n_parameters > fit.n_rows:
        warnings.warn(
            f"{fit.n_parameters} parameters for {fit.n_rows:g} rows: try fewer components, or a simpler model",
            ParametersWarning,
            stacklevel=stacklevel + 1,
        )


def _has_ties(values: ColumnValues, j: int) -> bool:
    """Whether a column has many ties."""
    column = values.column(j)
    if len(column) < MIN_ROWS or values.distinct[j] == 1:
        return False
    coarse = values.unit[j] > COARSE_UNIT * column.std(dtype=np.float64)
    return bool(coarse or values.distinct[j] == 2 or _has_frequent_value(values, j))


def _is_identifier(values: ColumnValues, j: int, name: str) -> bool:
    """Whether a column has different whole numbers that count the rows, or a name that says what they are."""
    column = values.column(j).astype(np.float64)
    n = len(column)
    if n < MIN_ROWS or values.distinct[j] < n or (column != np.round(column)).any():
        return False
    return bool(np.ptp(column) == n - 1 or IDENTIFIER.search(name))


def _has_frequent_value(values: ColumnValues, j: int) -> bool:
    """Whether one value is far more frequent than the others."""
    return bool(values.common_fraction[j] >= max(FREQUENT, TIMES_MEDIAN * values.median_fraction[j]))


def _describe_ties(values: ColumnValues, j: int) -> str:
    """Text that describes a column's ties: its most frequent value, or the number of distinct ones."""
    if _has_frequent_value(values, j):
        return f"{values.common[j]:g} in {values.common_fraction[j]:.0%} of the rows"
    return f"{values.distinct[j]} distinct values"


def _constant(values: ColumnValues, labels: Sequence[str]) -> list[str]:
    """Warning texts for constant columns; none if all columns are constant, since then none can be left out."""
    constant = values.distinct == 1
    return [] if constant.all() else [f"{labels[j]} does not vary" for j in np.flatnonzero(constant).tolist()]


def _dependent(values: ColumnValues, labels: Sequence[str]) -> list[str]:
    """Warning texts for columns that are linear combinations of others."""
    varying = np.flatnonzero(values.distinct > 1)
    rows = values.rows[:MAX_ROWS, varying].astype(np.float64)
    rows = rows[~np.isnan(rows).any(axis=1)]
    if not 1 < len(varying) <= min(MAX_COLUMNS, len(rows) - 1):
        return []
    rows = rows - rows.mean(axis=0)
    largest = np.abs(rows).max(axis=0)
    if not largest.all():  # a column that varies by rounding alone
        return []
    rows /= largest  # first, since squares of very small numbers underflow
    rows /= np.linalg.norm(rows, axis=0)
    with one_blas_thread():  # BLAS's idle threads would keep spinning, and slow down the kernel's
        triangle, order = linalg.qr(rows, mode="r", pivoting=True)
        rank = int((np.abs(np.diagonal(triangle)) > DEPENDENCE_TOLERANCE).sum())
        duplicate = np.abs(rows[:, order[:rank]].T @ rows[:, order[rank:]]) > 1 - DEPENDENCE_TOLERANCE
    return [
        f"{labels[varying[j]]} "
        + (f"repeats {labels[varying[order[column.argmax()]]]}" if column.any() else "depends linearly on others")
        for j, column in zip(order[rank:], duplicate.T, strict=True)
    ]


def _join_first(found: Sequence[str]) -> str:
    """The first few texts, joined by commas, and the number of the others."""
    few = next(count for count in (MAX_NAMED, 2, 1) if count == 1 or len(", ".join(found[:count])) <= MAX_CHARACTERS)
    return format_list(found, most=few, longest=MAX_CHARACTERS)
