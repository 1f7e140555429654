"""How covariances are stored; the density knows only this protocol."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from mixtura._support import Array, Index, StorageForm
from mixtura.covariance.dense import DenseCovariance
from mixtura.covariance.diagonal import DiagonalCovariance
from mixtura.errors import DataError

__all__ = [
    "Array",
    "Covariance",
    "DataError",
    "DenseCovariance",
    "DiagonalCovariance",
    "Index",
    "StorageForm",
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
        """Number of free values that are stored."""

    def whiten(self, component: int, delta: Array) -> Array:
        """Map deviations (n, d) linearly so that their squared length is the squared Mahalanobis distance."""

    def affine(self) -> tuple[StorageForm, Array]:
        """The same map as matrices: its form, and factors of shape (k, d, d), (1, d, d) or, diagonal, (k, d)."""

    def colour(self, component: int, noise: Array) -> Array:
        """Map standard normal rows (n, d) to rows with the component's covariance."""

    def logdet(self) -> Array:
        """Log-determinants, (k,); raises DataError where a matrix is not positive definite."""

    def dense(self) -> Array:
        """The matrices written out, (k, d, d)."""

    def variances(self) -> Array:
        """Their diagonals, (k, d)."""

    def __getitem__(self, component: int) -> Array:
        """One matrix written out, (d, d)."""

    def marginal(self, keep: Index) -> Covariance:
        """Covariances of the kept dimensions (indices)."""

    def condition(self, given: Index, keep: Index, delta: Array) -> tuple[Array, Covariance]:
        """Covariances of the kept dimensions given the others, and how far their means move, (k, len(keep)).

        ``delta`` (k, len(given)) is how far the given values lie from each component's mean.
        """

    def select(self, components: Index) -> Covariance:
        """Covariances of some components (indices or a mask)."""

    def log_coordinates(self, other: Any) -> Array:
        """Where another of the same kind lies as seen from this one, (m, ...) for m stored matrices; all 0 for itself.

        The square of a short way's length is the Fisher information of one row about it.
        """

    def from_log_coordinates(self, way: Array) -> Covariance:
        """The covariances that ``log_coordinates`` would see there; any numbers give positive definite matrices."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""


_KINDS: dict[str, Callable[[Any, int, int], Covariance]] = {
    "dense": lambda values, k, _: DenseCovariance(values, k),
    "diagonal": DiagonalCovariance,
}


def covariance_from_dict(values: Any, n_components: int, n_features: int) -> Covariance:
    """Read what ``to_dict`` wrote, and check its shape.

    Examples
    --------
    >>> covariance_from_dict({"kind": "diagonal", "values": [[1.0, 4.0]]}, 3, 2)[2].tolist()
    [[1.0, 0.0], [0.0, 4.0]]
    """
    kind = values.get("kind") if isinstance(values, dict) else None
    if kind not in _KINDS or "values" not in values:
        raise DataError(f'covariances: expected {{"kind": one of {sorted(_KINDS)}, "values": [...]}}')
    return _KINDS[kind](values["values"], n_components, n_features)
