"""Covariance matrices stored whole: one for each component, or one that all share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Index, Scalar, StorageForm, frozen_array
from mixtura.errors import DataError


def _check_symmetric(matrices: Array, what: str) -> None:
    """Refuse matrices that are not finite, or not symmetric."""
    if np.isfinite(matrices).all() and (matrices == matrices.swapaxes(1, 2)).all():
        return
    if not np.isfinite(matrices).all():
        raise DataError(f"the {what} of component {np.argwhere(~np.isfinite(matrices))[0][0]} is not finite")
    asymmetry = np.abs(matrices - matrices.swapaxes(1, 2)).max(axis=(1, 2))
    largest = np.abs(matrices).max(axis=(1, 2))
    bad = np.flatnonzero(~(asymmetry <= 1e-6 * largest))
    if len(bad):
        raise DataError(f"the {what} of component {bad[0]} is not symmetric")


def _diagonals(matrices: Array) -> Array:
    """The diagonals of (m, d, d), as a view that can be written to, (m, d)."""
    return np.einsum("mii->mi", matrices)


@cache
def _strict(d: int) -> Array:
    """Ones below the diagonal, zeros elsewhere, (d, d)."""
    return frozen_array(np.tri(d, k=-1))


@dataclass(frozen=True, eq=False)
class DenseCovariance:
    """Full covariance matrices.

    Attributes
    ----------
    matrices : ndarray of shape (k, d, d), or (1, d, d) when all components share one
    n_components : int

    Examples
    --------
    >>> shared = DenseCovariance(np.array([[[4.0, 0.0], [0.0, 1.0]]]), n_components=3)
    >>> shared.whiten(2, np.array([[2.0, 1.0]])).tolist(), shared.dense().shape
    ([[1.0, 1.0]], (3, 2, 2))
    """

    matrices: Array
    n_components: int

    def __post_init__(self) -> None:
        matrices = frozen_array(self.matrices, "covariances")
        square = matrices.ndim == 3 and matrices.shape[1] == matrices.shape[2] > 0
        if not square or len(matrices) not in (1, self.n_components):
            raise DataError(f"covariances have shape {matrices.shape}; expected ({self.n_components} or 1, d, d)")
        _check_symmetric(matrices, "covariance matrix")
        object.__setattr__(self, "matrices", matrices)

    @classmethod
    def from_precision_factors(cls, factors: Array, n_components: int, _n_features: int) -> DenseCovariance:
        """Build from U of shape (m, d, d) with U U' the precision matrix.

        Examples
        --------
        >>> DenseCovariance.from_precision_factors(np.array([[[0.5]]]), 1, 1).matrices.item()
        4.0
        """
        coloured = np.linalg.inv(factors)
        matrices = coloured.swapaxes(1, 2) @ coloured
        return cls((matrices + matrices.swapaxes(1, 2)) / 2, n_components)

    @classmethod
    def from_precisions(cls, precisions: Array, n_components: int, n_features: int) -> DenseCovariance:
        """Build from inverse covariance matrices, (m, d, d)."""
        _check_symmetric(precisions, "precision matrix")
        try:
            factors = np.asarray(np.linalg.cholesky(precisions))
        except np.linalg.LinAlgError:
            raise DataError("a precision matrix is not positive definite") from None
        return cls.from_precision_factors(factors, n_components, n_features)

    @property
    def n_features(self) -> int:
        """Number of dimensions, d."""
        return self.matrices.shape[-1]

    @property
    def n_parameters(self) -> int:
        """Number of free values that are stored."""
        d = self.n_features
        return len(self.matrices) * d * (d + 1) // 2

    @cached_property
    def lower(self) -> Array:
        """Cholesky factors L with L L' the covariance, (m, d, d)."""
        try:
            return frozen_array(np.linalg.cholesky(self.matrices))
        except np.linalg.LinAlgError:
            smallest = np.linalg.eigvalsh(self.matrices)[:, 0]
            worst = int(smallest.argmin())
            raise DataError(
                f"the covariance matrix of component {worst} is not positive definite "
                f"(smallest eigenvalue {smallest[worst]:g})"
            ) from None

    @cached_property
    def precision_factors(self) -> Array:
        """Upper triangular U = L^-T with U U' the precision matrix, (m, d, d)."""
        # Elimination has nothing to do in an upper triangular matrix, so this is back substitution.
        return frozen_array(np.linalg.inv(self.lower.swapaxes(1, 2)))

    @property
    def precisions(self) -> Array:
        """Inverse covariance matrices, (m, d, d)."""
        return self.precision_factors @ self.precision_factors.swapaxes(1, 2)

    def _own(self, component: int) -> int:
        """Position of a component's matrix: shared storage has only the first."""
        return component if len(self.matrices) > 1 else 0

    def _spread(self, values: NDArray[Scalar]) -> NDArray[Scalar]:
        """Repeat per-matrix values for every component that shares the matrix."""
        if len(values) == self.n_components:
            return values
        return np.broadcast_to(values, (self.n_components, *values.shape[1:]))

    def whiten(self, component: int, delta: Array) -> Array:
        """Map deviations (n, d) so that their squared length is the squared Mahalanobis distance."""
        return delta @ self.precision_factors[self._own(component)]

    def affine(self) -> tuple[StorageForm, Array]:
        """The same map as matrices: its form, and factors of shape (k, d, d) or (1, d, d)."""
        return "dense" if len(self.matrices) == self.n_components else "shared", self.precision_factors

    def colour(self, component: int, noise: Array) -> Array:
        """Map standard normal rows (n, d) to rows with the component's covariance."""
        return noise @ self.lower[self._own(component)].T

    @cached_property
    def _logdet(self) -> Array:
        """Log-determinants, (k,)."""
        return self._spread(2 * np.add.reduce(np.log(_diagonals(self.lower)), axis=1))

    def logdet(self) -> Array:
        """Log-determinants, (k,)."""
        return self._logdet

    def dense(self) -> Array:
        """The matrices written out, (k, d, d)."""
        return self._spread(self.matrices)

    def variances(self) -> Array:
        """Their diagonals, (k, d)."""
        return self._spread(np.diagonal(self.matrices, axis1=1, axis2=2))

    def __getitem__(self, component: int) -> Array:
        return self.matrices[self._own(component)]

    def marginal(self, keep: Index) -> DenseCovariance:
        """Covariances of the kept dimensions."""
        return DenseCovariance(self.matrices[:, keep[:, None], keep], self.n_components)

    def condition(self, given: Index, keep: Index, delta: Array) -> tuple[Array, DenseCovariance]:
        """Schur complements, and the regression of the kept dimensions on the given ones."""
        across = self.matrices[:, given[:, None], keep]
        slopes = np.linalg.solve(self.matrices[:, given[:, None], given], across)
        left = self.marginal(keep).matrices - across.swapaxes(1, 2) @ slopes
        shifted = np.einsum("kg,kgj->kj", delta, self._spread(slopes))
        return shifted, DenseCovariance((left + left.swapaxes(1, 2)) / 2, self.n_components)

    def select(self, components: Index) -> DenseCovariance:
        """Covariances of some components."""
        kept = int(np.arange(self.n_components)[components].size)
        return DenseCovariance(self.matrices if len(self.matrices) == 1 else self.matrices[components], kept)

    def is_above(self, floor: Array) -> bool:
        """Whether all eigenvalues lie far above the floor: the sum of their inverses, in its units, is below 1/2.

        It costs nothing, since the inverse factors are needed anyway, and almost always says yes.
        """
        try:
            factors = self.precision_factors
        except DataError:
            return False
        with np.errstate(over="ignore", invalid="ignore"):
            return bool((np.add.reduce(factors * factors, axis=2) @ floor).max() < 0.5)

    def log_coordinates(self, other: DenseCovariance) -> Array:
        """Log-Cholesky coordinates, (m, d, d), of the other's matrices after whitening by one's own."""
        factors = self.precision_factors.swapaxes(1, 2) @ other.lower
        way = factors * _strict(self.n_features)
        _diagonals(way)[:] = math.sqrt(2) * np.log(_diagonals(factors))
        return way

    def from_log_coordinates(self, way: Array) -> DenseCovariance:
        """The matrices at log-Cholesky coordinates."""
        factors = way * _strict(self.n_features)
        _diagonals(factors)[:] = np.exp(_diagonals(way) / math.sqrt(2))
        lower = self.lower @ factors
        return DenseCovariance(lower @ lower.swapaxes(1, 2), self.n_components)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"kind": "dense", "values": self.matrices.tolist()}
