"""What prediction needs of a fitted estimator, found quickly: people ask for a row at a time."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

from mixtura._support import Rows, all_finite, as_rows
from mixtura.covariance.models import as_covariance_model
from mixtura.mixture import Mixture
from mixtura.sklearn.automatic import form_of


def mixture_of(kind: str, weights: Any, means: Any, factors: Any, n_parameters: int = 0) -> Mixture:
    """The distribution with these attributes of an estimator; the same object again for the same numbers.

    Parameters are counted by the kind where their number is not known, as in estimators that earlier versions saved.

    Attributes may be set, and arrays written to, between two predictions; so numbers are compared, not objects.
    """
    arrays = [np.asarray(values, dtype=np.float64) for values in (weights, means, factors)]
    return _made(kind, tuple((array.tobytes(), array.shape) for array in arrays), n_parameters)


@lru_cache(maxsize=4)
def _made(kind: str, written: tuple[tuple[bytes, tuple[int, ...]], ...], n_parameters: int) -> Mixture:
    """Made of bytes and shapes, which can be looked up."""
    weights, means, factors = (np.frombuffer(values).reshape(shape) for values, shape in written)
    k, d = means.shape
    covariances = form_of(kind).covariance(factors, k, d)
    count = n_parameters or k - 1 + k * d + as_covariance_model(kind).n_parameters(k, d)
    return Mixture(weights / weights.sum(), means, covariances, n_parameters=count)


def fitted_rows(estimator: Any, X: Any) -> Rows:
    """Check the rows of a fit, and note their features."""
    shape: tuple[int, ...] = getattr(X, "shape", ())
    several = len(shape) == 2 and shape[0] > 1 and shape[1] > 0
    if several and not hasattr(estimator, "feature_names_in_") and plain(X, shape[1]):
        estimator.n_features_in_ = shape[1]
        return cast(Rows, X)
    return as_rows(validate_data(estimator, X, dtype=[np.float64, np.float32], ensure_min_samples=2))


def matching_rows(estimator: Any, X: Any) -> Rows:
    """Check rows against the fitted features."""
    if not hasattr(estimator, "feature_names_in_") and plain(X, getattr(estimator, "n_features_in_", None)):
        return cast(Rows, X)
    check_is_fitted(estimator)
    return as_rows(validate_data(estimator, X, reset=False, dtype=[np.float64, np.float32]))


def plain(X: Any, n_features: int | None) -> bool:
    """Whether scikit-learn's validation, which takes longer than the prediction of a row, would return X as it is."""
    if type(X) is not np.ndarray or X.ndim != 2 or X.dtype not in (np.float64, np.float32):
        return False
    return len(X) > 0 and X.shape[1] == n_features and all_finite(X)
