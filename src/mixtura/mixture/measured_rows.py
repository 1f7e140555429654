"""Rows in the columns of a mixture, and how they were measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import Rows, as_incomplete_rows, check_n_columns
from mixtura.data import MISSING_VALUES, Measured, Measurement, as_measured, exact_rows, measurement_of, plain_rows

if TYPE_CHECKING:
    from mixtura.mixture.mixture import Mixture


def measured_rows(mixture: Mixture, X: Any, noise_covariance: Any = None) -> tuple[Rows, Measurement | None]:
    """Checked rows, and how they were measured: with errors or missing values, or None: exactly and completely.

    Of a `Measured` with projections the rows have other columns than the mixture.
    """
    X = as_measured(X, noise_covariance=noise_covariance)
    table = plain_rows(X)
    if isinstance(X, Measured) and X.projections is not None:
        rows, incomplete = as_incomplete_rows(table)
        check_n_columns(np.shape(X.projections)[-1], mixture.n_features)
    else:
        rows, incomplete = mixture.check_incomplete_rows(table)
    measurement = measurement_of(X, rows, mixture.columns)
    return exact_rows(rows, measurement), measurement or (MISSING_VALUES if incomplete else None)
