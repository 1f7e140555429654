"""Whether rows may be those to which a fit was fitted: their number is compared, not the values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura.data import as_source, given_weights
from mixtura.errors import DataError
from mixtura.kernels import summarise

if TYPE_CHECKING:
    from mixtura.fitting.result import Fit


def may_have_rows(fit: Fit, n_rows: float) -> bool:
    """Whether rows with this sum of weights may be those of a fit, whose ``n_rows`` lacks what it left out."""
    return bool(np.isfinite(fit.cutoff) or np.isclose(n_rows, fit.n_rows, rtol=1e-6))


def check_same_rows(fitted: Fit, n_rows: float) -> None:
    """Raise DataError if rows with this sum of weights cannot be those of the fit."""
    if not may_have_rows(fitted, n_rows):
        raise DataError(
            f"X has {n_rows:g} rows by weight, but {fitted.n_rows:g} were fitted; pass the rows of the fit, and its "
            "sample_weight"
        )


def check_rows_of_fit(fitted: Fit, X: Any, sample_weight: Any) -> None:
    """Raise DataError if rows and weights cannot be those of a fit."""
    sample_weight = given_weights(X, sample_weight)
    weights_are = None if sample_weight is None else fitted.weights_are
    source = as_source(X, sample_weight, expected=fitted.mixture, weights_are=weights_are)
    check_same_rows(fitted, summarise(source).weight)
