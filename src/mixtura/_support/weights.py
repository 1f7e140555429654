"""Weights of rows: how often each was seen, or how much of a population each stands for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura._support.containers import as_numbers
from mixtura._support.types import TINY, Array
from mixtura.errors import DataError, ParameterError

WEIGHT_KINDS = ("counts", "sampling")

# Sum of weights from which on float64 does not tell whole numbers from others.
MOST_COUNTED = 2.0**53


@dataclass(frozen=True, slots=True, eq=False)
class RowWeights:
    """Checked weights of rows, with what they mean.

    Attributes
    ----------
    values : ndarray of shape (n,), or None
        How much each row counts in sums over the rows; None for once each.
    kind : {"counts", "sampling"} or None
        Counts say how often a row was seen. Sampling weights say how much of a population a row stands for: only their
        ratios matter, and ``values`` sum to the effective number of rows, (sum w)^2 / sum w^2 (Kish 1965). None where
        there are no weights.
    """

    values: Array | None
    kind: str | None


UNWEIGHTED = RowWeights(None, None)


def as_row_weights(sample_weight: Any, n_rows: int, weights_are: str | None = None) -> RowWeights:
    """Check the rows' weights: finite, not negative, not all zero.

    A weight of 0 leaves a row out; a single number weighs all rows alike. Unless ``weights_are`` says what they are,
    whole numbers are counts and all others sampling weights.

    With sampling weights that do not depend on the rows, the weighted log-likelihood is on average that of so many
    independent rows, and so is its curvature; hence criteria and tests hold as they do without weights.

    Raises
    ------
    DataError
        If the shape differs or a weight is negative or not finite; the message names the row.
    ParameterError
        If ``weights_are`` is neither None nor a kind of weights.

    Examples
    --------
    >>> as_row_weights([1, 0, 2], 3)
    RowWeights(values=array([1., 0., 2.]), kind='counts')
    >>> as_row_weights([0.01, 0.01, 0.02], 3).values.round(3).tolist()
    [0.667, 0.667, 1.333]
    """
    check_weight_kind(weights_are)
    if sample_weight is None:
        return UNWEIGHTED
    weight = _checked(sample_weight, n_rows)
    largest = float(weight.max())
    if not largest:
        raise DataError("sample_weight is zero for every row; give some row a weight")
    with np.errstate(under="ignore"):
        relative = weight / largest
        squares = float(np.square(relative).sum())
    total = float(relative.sum())
    whole = largest * total < MOST_COUNTED and bool((weight == np.rint(weight)).all())
    kind = weights_are or ("counts" if whole else "sampling")
    if kind == "sampling":
        with np.errstate(under="ignore"):
            return RowWeights(relative * (total / squares), kind)
    if math.isinf(largest * largest * squares):
        raise DataError("sample_weight: the sum of the squared weights is too large; divide them by a constant")
    if largest * largest * squares < TINY:
        raise DataError("sample_weight: the squared weights are too small for counts; multiply them by a constant")
    return RowWeights(weight, kind)


def check_weight_kind(weights_are: str | None) -> None:
    """Raise ParameterError unless it is None or a kind of weights.

    Examples
    --------
    >>> check_weight_kind("counts")
    """
    if weights_are is not None and weights_are not in WEIGHT_KINDS:
        raise ParameterError(f"weights_are is {weights_are!r}; expected 'counts' or 'sampling'")


def _checked(sample_weight: Any, n_rows: int) -> Array:
    """Weights as float64, (n,), all of them finite and not negative."""
    weight = as_numbers(sample_weight, "sample_weight")
    if weight.ndim == 0:
        weight = np.full(n_rows, float(weight))
    if weight.shape != (n_rows,):
        raise DataError(f"sample_weight has shape {weight.shape}; expected one weight for each row, ({n_rows},)")
    bad = np.flatnonzero(~(np.isfinite(weight) & (weight >= 0)))
    if len(bad):
        raise DataError(
            f"sample_weight, row {bad[0]}: {weight[bad[0]]:g}; expected a finite number that is not negative"
        )
    return weight.astype(np.float64, copy=False)


def as_sample_weight(sample_weight: Any, n_rows: int, weights_are: str | None = None) -> Array | None:
    """The values of `as_row_weights`, (n,), or None where there are no weights.

    Examples
    --------
    >>> as_sample_weight([1, 0, 2], 3)
    array([1., 0., 2.])
    """
    return as_row_weights(sample_weight, n_rows, weights_are).values
