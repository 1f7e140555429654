"""Full covariance matrices: one for each component, or one for all components."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Index, Scalar, StorageForm, frozen_array
from mixtura.errors import DataError


def _as_symmetric(matrices: Array, what: str) -> Array:
    """The matrices, made symmetric where rounding has left them not quite so; the message calls them ``what``.

    Raises
    ------
    DataError
        If a matrix is not finite, or not symmetric.
    """
    transposed = matrices.swapaxes(1, 2)
    if np.isfinite(matrices).all() and (matrices == transposed).all():
        return matrices
    if not np.isfinite(matrices).all():
        raise DataError(f"the {what} of component {np.argwhere(~np.isfinite(matrices))[0][0]} is not finite")
    asymmetry = np.abs(matrices - transposed).max(axis=(1, 2))
    largest = np.abs(matrices).max(axis=(1, 2))
    bad = np.flatnonzero(~(asymmetry <= 1e-6 * largest))
    if len(bad):
        raise DataError(f"the {what} of component {bad[0]} is not symmetric")
    return frozen_array(matrices / 2 + transposed / 2)


def _diagonals(matrices: Array) -> Array:
    """Diagonals of matrices (m, d, d), as a writable view (m, d)."""
    return np.einsum("mii->mi", matrices)


@cache
def _strictly_lower(d: int) -> Array:
    """Ones below the diagonal, zeros elsewhere, (d, d)."""
    return frozen_array(np.tri(d, k=-1))


@dataclass(frozen=True, eq=False)
class DenseCovariance:
    """Full covariance matrices, one for each component or one for all.

    Attributes
    ----------
    matrices : ndarray of shape (k, d, d), or (1, d, d) when all components have the same matrix
    n_components : int

    Examples
    --------
    >>> pooled = DenseCovariance(np.array([[[4.0, 0.0], [0.0, 1.0]]]), n_components=3)
    >>> pooled.whiten(2, np.array([[2.0, 1.0]])).tolist(), pooled.dense().shape
    ([[1.0, 1.0]], (3, 2, 2))
    """

    matrices: Array
    n_components: int

    def __post_init__(self) -> None:
        matrices = frozen_array(self.matrices, "covariances")
        square = matrices.ndim == 3 and matrices.shape[1] == matrices.shape[2] > 0
        if not square or len(matrices) not in (1, self.n_components):
            raise DataError(f"covariances have shape {matrices.shape}; expected ({self.n_components} or 1, d, d)")
        object.__setattr__(self, "matrices", _as_symmetric(matrices, "covariance matrix"))

    @classmethod
    def from_precision_factors(cls, factors: Array, n_components: int, _n_features: int) -> DenseCovariance:
        """Covariances from factors U of the precision matrices U U', (m, d, d).

        Examples
        --------
        >>> DenseCovariance.from_precision_factors(np.array([[[0.5]]]), 1, 1).matrices.item()
        4.0
        """
        try:
            inverses = np.linalg.inv(factors)
        except np.linalg.LinAlgError:
            raise DataError("a factor of a precision matrix is singular") from None
        matrices = inverses.swapaxes(1, 2) @ inverses
        return cls((matrices + matrices.swapaxes(1, 2)) / 2, n_components)

    @classmethod
    def from_precisions(cls, precisions: Array, n_components: int, n_features: int) -> DenseCovariance:
        """Covariances from precision matrices, their inverses, (m, d, d)."""
        try:
            factors = np.asarray(np.linalg.cholesky(_as_symmetric(precisions, "precision matrix")))
        except np.linalg.LinAlgError:
            raise DataError("a precision matrix is not positive definite") from None
        return cls.from_precision_factors(factors, n_components, n_features)

    @property
    def n_features(self) -> int:
        """Number of dimensions, d."""
        return self.matrices.shape[-1]

    @property
    def n_parameters(self) -> int:
        """Number of free values among the stored ones."""
        d = self.n_features
        return len(self.matrices) * d * (d + 1) // 2

    @cached_property
    def lower(self) -> Array:
        """Cholesky factors L of the covariance matrices L L', lower triangular, (m, d, d)."""
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
        """Factors U = L^-T of the precision matrices U U', upper triangular, (m, d, d)."""
        # The LU factorisation of an upper triangular matrix is itself, so this inverse is back substitution.
        return frozen_array(np.linalg.inv(self.lower.swapaxes(1, 2)))

    @property
    def precisions(self) -> Array:
        """Precision matrices, the inverses of the covariance matrices, (m, d, d)."""
        return self.precision_factors @ self.precision_factors.swapaxes(1, 2)

    def _index(self, component: int) -> int:
        """Index of a component's matrix among the stored ones."""
        return component if len(self.matrices) > 1 else 0

    def _for_each_component(self, values: NDArray[Scalar]) -> NDArray[Scalar]:
        """Values of the stored matrices (m, ...) as values of the components (k, ...), without a copy."""
        if len(values) == self.n_components:
            return values
        return np.broadcast_to(values, (self.n_components, *values.shape[1:]))

    def whiten(self, component: int, delta: Array) -> Array:
        """Whiten deviations (n, d) from a component's mean; their squared lengths are squared Mahalanobis distances."""
        return delta @ self.precision_factors[self._index(component)]

    def affine(self) -> tuple[StorageForm, Array]:
        """Storage form and factors U_j of the whitening maps x U_j: (k, d, d) or (1, d, d)."""
        return "dense" if len(self.matrices) == self.n_components else "shared", self.precision_factors

    def colour(self, component: int, noise: Array) -> Array:
        """Colour standard normal rows, (n, d): map them to rows that have the component's covariance."""
        return noise @ self.lower[self._index(component)].T

    @cached_property
    def _logdet(self) -> Array:
        """Log-determinants of the matrices, (k,), computed once."""
        return self._for_each_component(2 * np.add.reduce(np.log(_diagonals(self.lower)), axis=1))

    def logdet(self) -> Array:
        """Log-determinants of the matrices, (k,)."""
        return self._logdet

    def dense(self) -> Array:
        """All matrices in full, (k, d, d)."""
        return self._for_each_component(self.matrices)

    def variances(self) -> Array:
        """Variances of each component in each dimension, (k, d)."""
        return self._for_each_component(np.diagonal(self.matrices, axis1=1, axis2=2))

    def __getitem__(self, component: int) -> Array:
        return self.matrices[self._index(component)]

    def marginal(self, keep: Index) -> DenseCovariance:
        """Marginal covariances of some dimensions, given by their indices."""
        return DenseCovariance(self.matrices[:, keep[:, None], keep], self.n_components)

    def condition(self, given: Index, keep: Index, delta: Array) -> tuple[Array, DenseCovariance]:
        """Shifts of the kept dimensions' means by linear regression, (k, len(keep)), and Schur complements."""
        cross = self.matrices[:, given[:, None], keep]
        slopes = np.linalg.solve(self.matrices[:, given[:, None], given], cross)
        complements = self.marginal(keep).matrices - cross.swapaxes(1, 2) @ slopes
        shifts = np.einsum("kg,kgj->kj", delta, self._for_each_component(slopes))
        return shifts, DenseCovariance((complements + complements.swapaxes(1, 2)) / 2, self.n_components)

    def select(self, components: Index) -> DenseCovariance:
        """Covariances of some components (indices or a mask)."""
        count = int(np.arange(self.n_components)[components].size)
        return DenseCovariance(self.matrices if len(self.matrices) == 1 else self.matrices[components], count)

    def is_clearly_above(self, floor: Array) -> bool:
        """Whether all eigenvalues, in units of the floor variances (d,), are above 2 by a cheap sufficient condition.

        The condition is that the sum of their inverses, a trace, is below 1/2. It needs only the precision factors,
        which the density needs anyway, and holds in almost all iterations.
        """
        try:
            factors = self.precision_factors
        except DataError:
            return False
        with np.errstate(over="ignore", invalid="ignore"):
            return bool((np.add.reduce(factors * factors, axis=2) @ floor).max() < 0.5)

    def log_coordinates(self, other: DenseCovariance) -> Array:
        """Log-Cholesky coordinates, (m, d, d), of the other matrices after whitening by these."""
        factors = self.precision_factors.swapaxes(1, 2) @ other.lower
        coordinates = factors * _strictly_lower(self.n_features)
        _diagonals(coordinates)[:] = math.sqrt(2) * np.log(_diagonals(factors))
        return coordinates

    @property
    def free_log_coordinates(self) -> NDArray[np.bool_]:
        """All that are not above the diagonal, (d, d)."""
        return np.tri(self.n_features, dtype=bool)

    def log_coordinate_scores(self, white: Array) -> Array:
        """Derivatives of the log-density of whitened rows (n, d) by the free coordinates, (n, d (d + 1) / 2)."""
        rows, columns = np.tril_indices(self.n_features)
        scores = white[:, rows] * white[:, columns]
        diagonal = rows == columns
        scores[:, diagonal] = (scores[:, diagonal] - 1) / math.sqrt(2)
        return scores

    def from_log_coordinates(self, coordinates: Array) -> DenseCovariance:
        """The matrices that have these log-Cholesky coordinates, (m, d, d), relative to these covariances."""
        factors = coordinates * _strictly_lower(self.n_features)
        _diagonals(factors)[:] = np.exp(_diagonals(coordinates) / math.sqrt(2))
        lower = self.lower @ factors
        return DenseCovariance(lower @ lower.swapaxes(1, 2), self.n_components)

    def to_dict(self) -> dict[str, Any]:
        """Kind and values, as JSON can hold them."""
        return {"kind": "dense", "values": self.matrices.tolist()}
