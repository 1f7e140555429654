"""Check given parameters with scikit-learn's shapes, rules and error texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura._support import Array
from mixtura.covariance import Covariance, DenseCovariance, DiagonalCovariance
from mixtura.errors import DataError


@dataclass(frozen=True, slots=True)
class ParameterShape:
    """Shape of a covariance type's matrices in scikit-learn's attributes.

    Attributes
    ----------
    storage : type
        Covariance storage that the attributes are made from.
    shape : callable
        Shape of the attribute, from the numbers of components and of features.
    pack, unpack : callable
        Convert the arrays of the storage to the attribute's shape, and back.
    positive : str
        Condition on precisions, as scikit-learn's error text states it.
    """

    storage: type[DenseCovariance | DiagonalCovariance]
    shape: Callable[[int, int], tuple[int, ...]]
    pack: Callable[[Array], Array]
    unpack: Callable[[Array], Array]
    positive: str

    def covariance(self, factors: Any, k: int, d: int) -> Covariance:
        """Covariances of k components in d dimensions from factors of precisions in scikit-learn's shape."""
        return self.storage.from_precision_factors(self.unpack(np.asarray(factors, dtype=np.float64)), k, d)


PARAMETER_SHAPES = {
    "full": ParameterShape(
        DenseCovariance, lambda k, d: (k, d, d), lambda a: a, lambda a: a, "symmetric, positive-definite"
    ),
    "tied": ParameterShape(
        DenseCovariance, lambda _, d: (d, d), lambda a: a[0], lambda a: a[None], "symmetric, positive-definite"
    ),
    "diag": ParameterShape(DiagonalCovariance, lambda k, d: (k, d), lambda a: a, lambda a: a, "positive"),
    "spherical": ParameterShape(
        DiagonalCovariance, lambda k, _: (k,), lambda a: a[:, 0], lambda a: a[:, None], "positive"
    ),
}


def check_shape(values: Any, name: str, shape: tuple[int, ...]) -> Array:
    """Check the shape of a parameter with scikit-learn's error text; return it as a float64 array."""
    array = np.asarray(values, dtype=np.float64)
    if array.shape != shape:
        raise ValueError(f"The parameter '{name}' should have the shape of {shape}, but got {array.shape}")
    return array


def check_weights(values: Any, k: int) -> Array:
    """Check weights of k components with scikit-learn's rules and error texts; return them normalised, (k,)."""
    weights = check_shape(values, "weights", (k,))
    low, high = weights.min(), weights.max()
    if low < 0 or high > 1:  # scikit-learn's text calls the smallest value max and the largest min
        raise ValueError(
            f"The parameter 'weights' should be in the range [0, 1], but got max value {low:.5f}, min value {high:.5f}"
        )
    tolerance = 1e-6 if np.asarray(values).dtype == np.float32 else 1e-8
    if abs(1 - weights.sum()) > tolerance:
        raise ValueError(f"The parameter 'weights' should be normalized, but got sum(weights) = {weights.sum():.5f}")
    return weights / weights.sum()


def covariances_from_precisions(values: Any, kind: str, k: int, d: int) -> Covariance:
    """Check precisions with scikit-learn's rules and error texts; return the covariances they stand for."""
    shape = PARAMETER_SHAPES.get(kind, PARAMETER_SHAPES["full"])
    precisions = shape.unpack(check_shape(values, f"{kind} precision", shape.shape(k, d)))
    try:
        return shape.storage.from_precisions(precisions, k, d)
    except DataError:
        raise ValueError(f"'{kind} precision' should be {shape.positive}") from None
