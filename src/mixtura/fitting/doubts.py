"""Warnings about the data: columns with many ties, without variation, or that depend on each other; too few rows."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from mixtura._support import LazyModule, format_list, one_blas_thread, shortened
from mixtura.data import ColumnValues
from mixtura.errors import ColumnsWarning, ParametersWarning, TiesWarning
from mixtura.fitting.result import Fit

linalg = LazyModule("scipy.linalg")

# A column has many ties if its rounding unit is more than this many of its standard deviations; if it has two values;
# or if one value takes this share of the rows, and so many times the usual share of a value.
COARSE, SPIKE, TIMES = 0.5, 0.1, 10.0

# Ties say nothing in fewer rows.
ENOUGH = 20

# A column whose part that other columns do not explain is below this fraction of its size depends on them.
DEPENDENT = 1e-9

# Columns in more than this number are not looked at for dependence, nor more rows than this.
MOST_COLUMNS, MOST_ROWS = 200, 2000

# So many columns are named in a warning, if their names are short, in at most so many characters.
NAMED, LONGEST = 3, 130


def warn_of_columns(values: ColumnValues, names: Sequence[str] | None, stacklevel: int) -> None:
    """Give one warning of columns with many ties, and one of constant and dependent ones."""
    labels = [shortened(name) for name in names or range(values.rows.shape[1])]
    tied = [f"{labels[j]} ({_ties(values, j)})" for j in range(len(labels)) if _has_ties(values, j)]
    if tied:
        warnings.warn(
            f"many ties in column {_listed(tied)}: components cannot be told apart below the rounding unit, and one on "
            "a single value is a point mass; see EM(resolution=)",
            TiesWarning,
            stacklevel=stacklevel + 1,
        )
    found = _constant(values, labels) + _dependent(values, labels)
    if found:
        warnings.warn(
            f"column {_listed(found)}: leave it out, or most covariance models cannot be told apart",
            ColumnsWarning,
            stacklevel=stacklevel + 1,
        )


def warn_of_few_rows(fit: Fit, stacklevel: int) -> None:
    """Warn if there are more parameters than rows."""
    if fit.n_parameters > fit.n_rows:
        warnings.warn(
            f"{fit.n_parameters} parameters for {fit.n_rows:g} rows: try fewer components, or a simpler model",
            ParametersWarning,
            stacklevel=stacklevel + 1,
        )


def _has_ties(values: ColumnValues, j: int) -> bool:
    """Whether a column has many ties."""
    column = values.rows[:, j]
    if len(column) < ENOUGH or values.distinct[j] == 1:
        return False
    return bool(_has_spike(values, j) or values.distinct[j] == 2 or values.unit[j] > COARSE * column.std())


def _has_spike(values: ColumnValues, j: int) -> bool:
    """Whether one value is far more frequent than the others."""
    return bool(values.common_fraction[j] >= max(SPIKE, TIMES * values.median_fraction[j]))


def _ties(values: ColumnValues, j: int) -> str:
    """What a column with ties is like."""
    if _has_spike(values, j):
        return f"{values.common[j]:g} in {values.common_fraction[j]:.0%} of the rows"
    return f"{values.distinct[j]} distinct values"


def _constant(values: ColumnValues, labels: Sequence[str]) -> list[str]:
    """Columns without any variation; none where all rows are alike, since then there is nothing to leave out."""
    flat = values.distinct == 1
    return [] if flat.all() else [f"{labels[j]} does not vary" for j in np.flatnonzero(flat).tolist()]


def _dependent(values: ColumnValues, labels: Sequence[str]) -> list[str]:
    """Columns that are linear combinations of others."""
    varying = np.flatnonzero(values.distinct > 1)
    rows = values.rows[:MOST_ROWS, varying].astype(np.float64)
    if not 1 < len(varying) <= min(MOST_COLUMNS, len(rows) - 1):
        return []
    rows = rows - rows.mean(axis=0)
    largest = np.abs(rows).max(axis=0)
    if not largest.all():  # a column that varies by rounding alone
        return []
    rows /= largest  # first, since squares of very small numbers vanish
    rows /= np.linalg.norm(rows, axis=0)
    with one_blas_thread():  # BLAS's other threads would go on spinning, and slow the kernel's down
        triangle, order = linalg.qr(rows, mode="r", pivoting=True)
        rank = int((np.abs(np.diagonal(triangle)) > DEPENDENT).sum())
        twin = np.abs(rows[:, order[:rank]].T @ rows[:, order[rank:]]) > 1 - DEPENDENT
    return [
        f"{labels[varying[j]]} "
        + (f"repeats {labels[varying[order[column.argmax()]]]}" if column.any() else "depends linearly on others")
        for j, column in zip(order[rank:], twin.T, strict=True)
    ]


def _listed(found: Sequence[str]) -> str:
    """The first few of several, and how many more there are."""
    few = next(count for count in (NAMED, 2, 1) if count == 1 or len(", ".join(found[:count])) <= LONGEST)
    return format_list(found, most=few, longest=LONGEST)
