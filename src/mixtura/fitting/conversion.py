"""The fit in what a function is given, a fit itself or the best one of a selection, and whether rows may be its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixtura._support import shortened
from mixtura.errors import DataError, ParameterError
from mixtura.fitting.result import Fit


def fit_of(given: Any, name: str) -> Fit:
    """The fit itself, or the best of a selection; ``name`` is what messages call it.

    Raises
    ------
    ParameterError
        If it is something else, such as a mixture, which does not say what was fitted.

    Examples
    --------
    >>> import mixtura
    >>> fit = mixtura.fit([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], 2)
    >>> fit_of(fit, "fitted") is fit
    True
    """
    found = getattr(given, "best", given)
    if not isinstance(found, Fit):
        raise ParameterError(
            f"{name} is {shortened(given)}; expected a Fit, which says what was fitted, or a Selection"
        )
    return found


def may_have_rows(fit: Fit, n_rows: float) -> bool:
    """Whether rows with this sum of weights may be those of a fit, whose ``n_rows`` lacks what it left out."""
    return bool(np.isfinite(fit.cutoff) or np.isclose(n_rows, fit.n_rows, rtol=1e-6))


def check_same_rows(fitted: Fit, n_rows: float) -> None:
    """Raise DataError if rows with this sum of weights cannot be those of the fit."""
    if not may_have_rows(fitted, n_rows):
        raise DataError(f"X has {n_rows:g} rows by weight, the fit {fitted.n_rows:g}; pass its rows and sample_weight")
