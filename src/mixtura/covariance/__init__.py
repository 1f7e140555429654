"""Covariance matrices of the components, full or diagonal; the package ``models`` estimates them.

`Covariance` is the protocol that densities use; `DenseCovariance` and `DiagonalCovariance` implement it. To add a
storage, write a class with the members of `Covariance` and register it in `_STORAGES`, for model files.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Index, StorageForm
from mixtura.covariance.dense import DenseCovariance
from mixtura.covariance.diagonal import DiagonalCovariance
from mixtura.errors import DataError

__all__ = [
    "Covariance",
    "DenseCovariance",
    "DiagonalCovariance",
    "covariance_from_dict",
]


class Covariance(Protocol):
    """The covariance matrices of k components in d dimensions, stored as compactly as they allow."""

    @property
    def n_components(self) -> int:
        """Number of components, k."""

    @property
    def n_features(self) -> int:
        """Number of dimensions, d."""

    @property
    def n_parameters(self) -> int:
        """Number of free values among the stored ones."""

    def whiten(self, component: int, delta: Array) -> Array:
        """Whiten deviations (n, d) from a component's mean; their squared lengths are squared Mahalanobis distances."""

    def affine(self) -> tuple[StorageForm, Array]:
        """Storage form and factors U_j of the whitening maps x U_j: (k, d, d), (1, d, d) or, if diagonal, (k, d)."""

    def colour(self, component: int, noise: Array) -> Array:
        """Colour standard normal rows, (n, d): map them to rows that have the component's covariance."""

    def logdet(self) -> Array:
        """Log-determinants of the matrices, (k,); raises DataError where one is not positive definite."""

    def dense(self) -> Array:
        """All matrices in full, (k, d, d)."""

    def variances(self) -> Array:
        """Variances of each component in each dimension, (k, d)."""

    def __getitem__(self, component: int) -> Array:
        """The matrix of one component in full, (d, d)."""

    def marginal(self, keep: Index) -> Covariance:
        """Marginal covariances of some dimensions, given by their indices."""

    def condition(self, given: Index, keep: Index, delta: Array) -> tuple[Array, Covariance]:
        """Shifts of the kept dimensions' means, (k, len(keep)), and their covariances, given the other dimensions.

        ``delta`` (k, len(given)) is the difference of the given values and each component's mean.
        """

    def select(self, components: Index) -> Covariance:
        """Covariances of some components (indices or a mask)."""

    def log_coordinates(self, other: Any) -> Array:
        """Unconstrained coordinates of other covariances of the same class relative to these, (m, ...).

        m is the number of stored matrices. They are zero for these covariances themselves, and scaled so that, near
        zero, the squared length is the Fisher information of one row about the difference.
        """

    def log_coordinate_scores(self, white: Array) -> Array:
        """Derivatives of the log-density of whitened rows (n, d) by ``log_coordinates`` at zero, (n, ...).

        They are those by the free coordinates of one stored matrix, in their order.
        """

    @property
    def free_log_coordinates(self) -> NDArray[np.bool_]:
        """Which of ``log_coordinates`` of one stored matrix are not always zero, (...)."""

    def from_log_coordinates(self, coordinates: Array) -> Covariance:
        """The inverse of ``log_coordinates``: any numbers give positive definite matrices."""

    def to_dict(self) -> dict[str, Any]:
        """Kind and values, as JSON can hold them."""


_STORAGES: dict[str, Callable[[Any, int, int], Covariance]] = {
    "dense": lambda values, k, _: DenseCovariance(values, k),
    "diagonal": DiagonalCovariance,
}


def covariance_from_dict(values: Any, n_components: int, n_features: int) -> Covariance:
    """Covariances from what ``to_dict`` returned; raises DataError where kind or shape are wrong.

    Examples
    --------
    >>> covariance_from_dict({"kind": "diagonal", "values": [[1.0, 4.0]]}, 3, 2)[2].tolist()
    [[1.0, 0.0], [0.0, 4.0]]
    """
    kind = values.get("kind") if isinstance(values, dict) else None
    if kind not in _STORAGES or "values" not in values:
        raise DataError(f'covariances: expected {{"kind": one of {sorted(_STORAGES)}, "values": [...]}}')
    return _STORAGES[kind](values["values"], n_components, n_features)
