"""Check rows and make the mixture for a prediction, fast enough for a prediction of one row."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

from mixtura._support import Rows, all_finite, as_rows
from mixtura.covariance.models import as_covariance_model
from mixtura.mixture import Mixture
from mixtura.sklearn.automatic import parameter_shape


def mixture_from_attributes(kind: str, weights: Any, means: Any, factors: Any, n_parameters: int = 0) -> Mixture:
    """Mixture with these attributes of an estimator; cached, so that equal values give the same object.

    Parameters
    ----------
    kind : str
        Covariance type.
    weights, means, factors : array-like
        ``weights_``, ``means_`` and ``precisions_cholesky_``. Their values are compared rather than the objects, since
        users may write to the arrays between two predictions.
    n_parameters : int
        Number of free parameters; 0 if unknown, as in estimators pickled by older versions: then it is counted.
    """
    arrays = [np.asarray(values, dtype=np.float64) for values in (weights, means, factors)]
    return _build_mixture(kind, tuple((array.tobytes(), array.shape) for array in arrays), n_parameters)


@lru_cache(maxsize=4)
def _build_mixture(kind: str, written: tuple[tuple[bytes, tuple[int, ...]], ...], n_parameters: int) -> Mixture:
    """Make a mixture from bytes and shapes, which can be keys of a cache."""
    weights, means, factors = (np.frombuffer(values).reshape(shape) for values, shape in written)
    k, d = means.shape
    covariances = parameter_shape(kind).covariance(factors, k, d)
    count = n_parameters or k - 1 + k * d + as_covariance_model(kind).n_parameters(k, d)
    return Mixture(weights / weights.sum(), means, covariances, n_parameters=count)


def check_fit_rows(estimator: Any, X: Any) -> Rows:
    """Check the rows of a fit; set ``n_features_in_`` and, for tables, ``feature_names_in_``."""
    shape: tuple[int, ...] = getattr(X, "shape", ())
    several = len(shape) == 2 and shape[0] > 1 and shape[1] > 0
    if several and not hasattr(estimator, "feature_names_in_") and is_valid_array(X, shape[1]):
        estimator.n_features_in_ = shape[1]
        return cast(Rows, X)
    return as_rows(validate_data(estimator, X, dtype=[np.float64, np.float32], ensure_min_samples=2))


def check_enough_rows(rows: Rows, n_components: Any) -> None:
    """Raise scikit-learn's error where there are fewer rows than components."""
    if len(rows) < n_components:
        raise ValueError(
            f"Expected n_samples >= n_components but got n_components = {n_components}, n_samples = {len(rows)}"
        )


def check_prediction_rows(estimator: Any, X: Any) -> Rows:
    """Check that the rows of a prediction have the features of the fit."""
    if not hasattr(estimator, "feature_names_in_") and is_valid_array(X, getattr(estimator, "n_features_in_", None)):
        return cast(Rows, X)
    check_is_fitted(estimator)
    return as_rows(validate_data(estimator, X, reset=False, dtype=[np.float64, np.float32]))


def is_valid_array(X: Any, n_features: int | None) -> bool:
    """Whether X needs no validation by scikit-learn, which takes longer than the prediction of a row."""
    if type(X) is not np.ndarray or X.ndim != 2 or X.dtype not in (np.float64, np.float32):
        return False
    return len(X) > 0 and X.shape[1] == n_features and all_finite(X)
