"""Diagonal covariance matrices: a variance for each dimension, or one for all dimensions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Index, StorageForm, frozen_array
from mixtura.errors import DataError


@dataclass(frozen=True, eq=False)
class DiagonalCovariance:
    """Diagonal covariance matrices, for dimensions that are independent within a component.

    Attributes
    ----------
    values : ndarray of shape (k or 1, d or 1)
        Variances; a length of 1 means that all components, or all dimensions (spherical), have the same one.
    n_components, n_features : int

    Examples
    --------
    >>> spherical = DiagonalCovariance(np.array([[4.0], [9.0]]), n_components=2, n_features=3)
    >>> spherical.logdet().round(3).tolist(), spherical.n_parameters
    ([4.159, 6.592], 2)
    """

    values: Array
    n_components: int
    n_features: int

    def __post_init__(self) -> None:
        values = frozen_array(self.values, "covariances")
        if values.ndim != 2 or len(values) not in (1, self.n_components) or values.shape[1] not in (1, self.n_features):
            raise DataError(
                f"covariances have shape {values.shape}; expected ({self.n_components} or 1, {self.n_features} or 1)"
            )
        if not np.isfinite(values).all():
            raise DataError(f"a variance of component {np.argwhere(~np.isfinite(values))[0][0]} is not finite")
        object.__setattr__(self, "values", values)

    @classmethod
    def from_precision_factors(cls, factors: Array, n_components: int, n_features: int) -> DiagonalCovariance:
        """Covariances from inverse standard deviations, (k or 1, d or 1)."""
        return cls(factors**-2.0, n_components, n_features)

    @classmethod
    def from_precisions(cls, precisions: Array, n_components: int, n_features: int) -> DiagonalCovariance:
        """Covariances from inverse variances, (k or 1, d or 1)."""
        if not (precisions > 0).all():
            raise DataError("a precision is not positive")
        return cls(1 / precisions, n_components, n_features)

    @property
    def n_parameters(self) -> int:
        """Number of free values among the stored ones."""
        return self.values.size

    @property
    def precision_factors(self) -> Array:
        """Inverse standard deviations, in the shape of ``values``."""
        return 1 / np.sqrt(self.values)

    @property
    def precisions(self) -> Array:
        """Inverse variances, in the shape of ``values``."""
        return 1 / self.values

    def _standard_deviations(self, component: int) -> Array:
        """Standard deviations of one component, (d,) or (1,)."""
        return np.sqrt(self.values[component if len(self.values) > 1 else 0])

    def affine(self) -> tuple[StorageForm, Array]:
        """Storage form ``"diagonal"`` and factors of the whitening maps, inverse standard deviations (k, d)."""
        factors = np.broadcast_to(self.precision_factors, (self.n_components, self.n_features))
        return "diagonal", np.ascontiguousarray(factors)

    def whiten(self, component: int, delta: Array) -> Array:
        """Whiten deviations (n, d) from a component's mean; their squared lengths are squared Mahalanobis distances."""
        return delta * (1 / self._standard_deviations(component))

    def colour(self, component: int, noise: Array) -> Array:
        """Colour standard normal rows, (n, d): map them to rows that have the component's covariance."""
        return noise * self._standard_deviations(component)

    def logdet(self) -> Array:
        """Log-determinants of the matrices, (k,)."""
        bad = np.argwhere(~(self.values > 0))
        if len(bad):
            row, column = bad[0]
            raise DataError(
                f"the covariance matrix of component {row} is not positive definite "
                f"(variance {self.values[row, column]:g})"
            )
        return np.log(self.variances()).sum(axis=1)

    def dense(self) -> Array:
        """All matrices in full, (k, d, d)."""
        return self.variances()[:, :, None] * np.eye(self.n_features)

    def variances(self) -> Array:
        """Variances of each component in each dimension, (k, d)."""
        return np.broadcast_to(self.values, (self.n_components, self.n_features))

    def __getitem__(self, component: int) -> Array:
        return np.diag(self.variances()[component])

    def marginal(self, keep: Index) -> DiagonalCovariance:
        """Marginal covariances of some dimensions, given by their indices."""
        values = self.values if self.values.shape[1] == 1 else self.values[:, keep]
        return DiagonalCovariance(values, self.n_components, len(keep))

    def condition(self, given: Index, keep: Index, delta: Array) -> tuple[Array, DiagonalCovariance]:
        """Shifts of zero, (k, len(keep)), and the marginal covariances, since the dimensions are independent."""
        return np.zeros((self.n_components, len(keep))), self.marginal(keep)

    def select(self, components: Index) -> DiagonalCovariance:
        """Covariances of some components (indices or a mask)."""
        count = int(np.arange(self.n_components)[components].size)
        values = self.values if len(self.values) == 1 else self.values[components]
        return DiagonalCovariance(values, count, self.n_features)

    @property
    def _root_information(self) -> float:
        """Square root of the Fisher information of one row about the logarithm of a stored standard deviation."""
        return math.sqrt(2 * self.n_features / self.values.shape[1])

    def log_coordinates(self, other: DiagonalCovariance) -> Array:
        """Scaled logarithms of ratios of standard deviations, the other over these, in the shape of ``values``."""
        return 0.5 * self._root_information * np.log(other.values / self.values)

    @property
    def free_log_coordinates(self) -> NDArray[np.bool_]:
        """All of them, (d,) or (1,)."""
        return np.ones(self.values.shape[1], dtype=bool)

    def log_coordinate_scores(self, white: Array) -> Array:
        """Derivatives of the log-density of whitened rows (n, d) by the coordinates at zero, (n, d) or (n, 1)."""
        by_column = white**2 - 1
        shared = self.values.shape[1] < self.n_features
        return (by_column.sum(axis=1, keepdims=True) if shared else by_column) / self._root_information

    def from_log_coordinates(self, coordinates: Array) -> DiagonalCovariance:
        """The variances that have these scaled logarithms of ratios to these covariances."""
        values = self.values * np.exp(2 * coordinates / self._root_information)
        return DiagonalCovariance(values, self.n_components, self.n_features)

    def to_dict(self) -> dict[str, Any]:
        """Kind and values, as JSON can hold them."""
        return {"kind": "diagonal", "values": self.values.tolist()}
