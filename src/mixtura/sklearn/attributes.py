"""Check rows and weights, and make a mixture from an estimator's attributes: quickly, to predict single rows."""

from __future__ import annotations

from functools import lru_cache
from numbers import Number
from typing import Any, TypeAlias, cast

import numpy as np
from sklearn.utils.validation import (
    _check_n_features,
    _check_sample_weight,
    check_array,
    check_is_fitted,
    validate_data,
)

from mixtura._support import Rows, all_finite, as_incomplete_rows, as_numbers, as_rows, as_sample_weight, check_unmasked
from mixtura.data import MISSING_VALUES, Measurement, given_weights
from mixtura.errors import CellError, DataError
from mixtura.mixture import Mixture
from mixtura.sklearn.shapes import PARAMETER_SHAPES
from mixtura.sklearn.sklearn_estimator import covariance_type_of_attributes
from sklearn import get_config

AttributeBytes: TypeAlias = tuple[tuple[bytes, tuple[int, ...]], ...]

FLOATS = (np.float64, np.float32)

# First words of scikit-learn's own messages about data; other messages come from NumPy and pandas.
FIRST_WORDS = ("Input", "Complex", "Expected", "Found", "X has", "The feature names", "Reshape", "np.matrix", "This ")

# Densities are inaccurate where a component's standard deviation is below this fraction of its mean, since float64 then
# has few numbers within it.
MIN_RELATIVE_DEVIATION = 1e-13

# Largest rounding error of the sum of weights in single precision.
WEIGHTS_ROUNDING = 1e-6


def mixture_from_attributes(estimator: Any, n_parameters: int) -> Mixture:
    """Mixture with the attributes of an estimator; cached, so that equal values give the same object.

    Raises
    ------
    DataError
        If the attributes are no mixture, such as covariances that are not positive definite.
    """
    kind, arrays = _attribute_bytes(estimator)
    return _build_mixture(kind, arrays, n_parameters)


def try_mixture_from_attributes(estimator: Any) -> Mixture | None:
    """Mixture with the attributes of an estimator, without its number of parameters.

    None if they are no mixture: weights that are no vector of NumPy's or whose sum is not one, up to rounding in single
    precision, or covariances that are not positive definite.
    """
    return _try_to_build_mixture(*_attribute_bytes(estimator)) if isinstance(estimator.weights_, np.ndarray) else None


def _attribute_bytes(estimator: Any) -> tuple[str, AttributeBytes]:
    """Covariance type and attributes of an estimator, as keys of a cache.

    Values are compared rather than objects, since users may write to the arrays between two predictions.
    """
    values = [estimator.weights_, estimator.means_, estimator.precisions_cholesky_]
    if hasattr(estimator, "degrees_of_freedom_"):
        values.append(estimator.degrees_of_freedom_)
    arrays = [np.asarray(each, dtype=np.float64) for each in values]
    return covariance_type_of_attributes(estimator), tuple((array.tobytes(), array.shape) for array in arrays)


@lru_cache(maxsize=4)
def _build_mixture(kind: str, attribute_bytes: AttributeBytes, n_parameters: int = 0) -> Mixture:
    """Make a mixture from bytes and shapes; by default its number of parameters is that of the stored values."""
    weights, means, factors, *tails = (np.frombuffer(values).reshape(shape) for values, shape in attribute_bytes)
    covariances = PARAMETER_SHAPES[kind].covariance(factors, *means.shape)
    nu = tails[0] if tails else None
    return Mixture(weights / weights.sum(), means, covariances, n_parameters=n_parameters, degrees_of_freedom=nu)


@lru_cache(maxsize=4)
def _try_to_build_mixture(kind: str, attribute_bytes: AttributeBytes) -> Mixture | None:
    """Make a mixture from bytes and shapes; None if they are no mixture, or a component is too narrow for float64."""
    weights, shape = attribute_bytes[0]
    if len(shape) != 1 or not abs(float(np.frombuffer(weights).sum()) - 1) < WEIGHTS_ROUNDING:
        return None
    try:
        mixture = _build_mixture(kind, attribute_bytes)
    except ValueError:
        return None
    narrow = mixture.covariances.variances() < (MIN_RELATIVE_DEVIATION * mixture.means) ** 2
    return None if narrow.any() else mixture


def check_fit_rows(estimator: Any, X: Any) -> tuple[Rows, bool]:
    """Check the rows of a fit, and tell whether values are missing.

    Sets ``n_features_in_`` and, for tables, ``feature_names_in_``.

    Raises
    ------
    NotImplementedError
        Under ``array_api_dispatch`` with a start that scikit-learn does not have there, as scikit-learn's class does.
    """
    if get_config()["array_api_dispatch"] and estimator.init_params in {"kmeans", "k-means++"}:
        raise NotImplementedError(
            "Allowed `init_params` are 'random' and 'random_from_data' if 'array_api_dispatch' is enabled, as with "
            f"scikit-learn's class; it is {estimator.init_params!r}: set one of these, or disable 'array_api_dispatch'"
        )
    shape: tuple[int, ...] = getattr(X, "shape", ())
    is_table = len(shape) == 2 and shape[0] > 1 and shape[1] > 0
    if is_table and not hasattr(estimator, "feature_names_in_") and is_valid_array(X, shape[1]):
        estimator.n_features_in_ = shape[1]
        return cast(Rows, X), False
    return as_incomplete_rows(validate_rows(estimator, X, ensure_min_samples=2, ensure_all_finite="allow-nan"))


def check_enough_rows(rows: Rows, n_components: Any) -> None:
    """Raise scikit-learn's error if there are fewer rows than components."""
    if len(rows) < n_components:
        raise ValueError(
            f"Expected n_samples >= n_components but got n_components = {n_components}, n_samples = {len(rows)}"
        )


def check_prediction_rows(estimator: Any, X: Any) -> tuple[Rows, Measurement | None]:
    """Check that the rows of a prediction have the features of the fit, and tell how they were measured."""
    if not hasattr(estimator, "feature_names_in_") and is_valid_array(X, getattr(estimator, "n_features_in_", None)):
        return cast(Rows, X), None
    check_is_fitted(estimator)
    rows, incomplete = as_incomplete_rows(validate_rows(estimator, X, reset=False, ensure_all_finite="allow-nan"))
    return rows, MISSING_VALUES if incomplete else None


def validate_rows(estimator: Any, X: Any, *, reset: bool = True, y: Any = "no_validation", **how: Any) -> Any:
    """Validate rows as scikit-learn does, which sets ``n_features_in_`` and the names of the features.

    Masked cells are refused, and cells that are no number are named by row and column. Errors that scikit-learn passes
    on from NumPy or pandas get our messages. Tables that only Mixtura can read, such as sparse pandas columns, are
    accepted.
    """
    check_unmasked(X, "X")
    try:
        return validate_data(estimator, X, y, reset=reset, dtype=FLOATS, **how)
    except (TypeError, ValueError) as error:
        first = str(error).splitlines()[0].rstrip(".")
        is_sklearn_message = first.startswith(FIRST_WORDS)
        try:
            rows = as_incomplete_rows(X)[0] if how.get("ensure_all_finite") == "allow-nan" else as_rows(X)
        except CellError as cell:
            raise CellError(f"{first}: {cell}" if isinstance(error, TypeError) else str(cell)) from None
        except DataError as data_error:
            if is_sklearn_message and not (first.startswith("Input") and ", row " in str(data_error)):
                raise error from None
            raise DataError(f"{first}: {data_error}" if is_sklearn_message else str(data_error)) from None
        if is_sklearn_message:
            raise
        checked = check_array(rows, dtype=FLOATS, estimator=estimator, **how)
        _check_n_features(estimator, checked, reset=reset)
        return checked


def is_valid_array(X: Any, n_features: int | None) -> bool:
    """Whether X is a finite float array of this width, which needs none of scikit-learn's slow validation."""
    if type(X) is not np.ndarray or X.ndim != 2 or X.dtype not in (np.float64, np.float32):
        return False
    return len(X) > 0 and X.shape[1] == n_features and all_finite(X)


def check_sample_weight(sample_weight: Any, rows: Rows, X: Any) -> Any:
    """Check weights of rows with scikit-learn's rules and error texts, and name the row of a missing weight."""
    sample_weight = given_weights(X, sample_weight)
    if sample_weight is None:
        return None
    if not isinstance(sample_weight, Number):
        sample_weight = as_numbers(sample_weight, "sample_weight")
        missing = np.isnan(sample_weight)
        if missing.any():
            raise DataError(f"Input sample_weight contains NaN: sample_weight, row {int(missing.argmax())} is missing")
    weight = _check_sample_weight(sample_weight, rows, dtype=np.float64, ensure_non_negative=True)
    return as_sample_weight(weight, len(rows))
