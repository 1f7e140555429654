"""Diagonal covariance matrices: a variance for each dimension, or one for all of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura._support import Array, Index, StorageForm, frozen_array
from mixtura.errors import DataError


@dataclass(frozen=True, eq=False)
class DiagonalCovariance:
    """Variances of independent dimensions.

    Attributes
    ----------
    values : ndarray of shape (k or 1, d or 1)
        A length of 1 means that all components, or all dimensions (spherical), share the value.
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
        """Build from inverse standard deviations of shape (k or 1, d or 1)."""
        return cls(factors**-2.0, n_components, n_features)

    @classmethod
    def from_precisions(cls, precisions: Array, n_components: int, n_features: int) -> DiagonalCovariance:
        """Build from inverse variances of shape (k or 1, d or 1)."""
        if not (precisions > 0).all():
            raise DataError("a precision is not positive")
        return cls(1 / precisions, n_components, n_features)

    @property
    def n_parameters(self) -> int:
        """Number of free values that are stored."""
        return self.values.size

    @property
    def precision_factors(self) -> Array:
        """Inverse standard deviations, in the shape of ``values``."""
        return 1 / np.sqrt(self.values)

    @property
    def precisions(self) -> Array:
        """Inverse variances, in the shape of ``values``."""
        return 1 / self.values

    def _deviations(self, component: int) -> Array:
        """Standard deviations of one component, (d,) or (1,)."""
        return np.sqrt(self.values[component if len(self.values) > 1 else 0])

    def affine(self) -> tuple[StorageForm, Array]:
        """The same map as diagonal matrices: its form, and factors of shape (k, d)."""
        factors = np.broadcast_to(self.precision_factors, (self.n_components, self.n_features))
        return "diagonal", np.ascontiguousarray(factors)

    def whiten(self, component: int, delta: Array) -> Array:
        """Map deviations (n, d) so that their squared length is the squared Mahalanobis distance."""
        return delta * (1 / self._deviations(component))

    def colour(self, component: int, noise: Array) -> Array:
        """Map standard normal rows (n, d) to rows with the component's covariance."""
        return noise * self._deviations(component)

    def logdet(self) -> Array:
        """Log-determinants, (k,)."""
        bad = np.argwhere(~(self.values > 0))
        if len(bad):
            row, column = bad[0]
            raise DataError(
                f"the covariance matrix of component {row} is not positive definite "
                f"(variance {self.values[row, column]:g})"
            )
        return np.log(self.variances()).sum(axis=1)

    def dense(self) -> Array:
        """The matrices written out, (k, d, d)."""
        return self.variances()[:, :, None] * np.eye(self.n_features)

    def variances(self) -> Array:
        """Their diagonals, (k, d)."""
        return np.broadcast_to(self.values, (self.n_components, self.n_features))

    def __getitem__(self, component: int) -> Array:
        return np.diag(self.variances()[component])

    def marginal(self, keep: Index) -> DiagonalCovariance:
        """Covariances of the kept dimensions."""
        values = self.values if self.values.shape[1] == 1 else self.values[:, keep]
        return DiagonalCovariance(values, self.n_components, len(keep))

    def condition(self, given: Index, keep: Index, delta: Array) -> tuple[Array, DiagonalCovariance]:
        """The marginal: independent dimensions tell nothing about each other."""
        return np.zeros((self.n_components, len(keep))), self.marginal(keep)

    def select(self, components: Index) -> DiagonalCovariance:
        """Covariances of some components."""
        kept = int(np.arange(self.n_components)[components].size)
        values = self.values if len(self.values) == 1 else self.values[components]
        return DiagonalCovariance(values, kept, self.n_features)

    @property
    def _information(self) -> float:
        """Root of the Fisher information of a row about the logarithm of a stored standard deviation."""
        return math.sqrt(2 * self.n_features / self.values.shape[1])

    def log_coordinates(self, other: DiagonalCovariance) -> Array:
        """Logarithms of the ratios of standard deviations, in the shape of ``values``."""
        return 0.5 * self._information * np.log(other.values / self.values)

    def from_log_coordinates(self, way: Array) -> DiagonalCovariance:
        """The variances at logarithmic ratios."""
        values = self.values * np.exp(2 * way / self._information)
        return DiagonalCovariance(values, self.n_components, self.n_features)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"kind": "diagonal", "values": self.values.tolist()}
