"""What a kernel needs to know of a mixture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mixtura._support import Array, StorageForm


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """Log densities as affine maps: c_j - |(x - shift) U_j - b_j|^2 / 2.

    Attributes
    ----------
    form : {"dense", "shared", "diagonal"}
        Whether each component has a triangular matrix of its own, all have the same, or matrices are diagonal.
    shift : ndarray of shape (d,)
    constants : ndarray of shape (k,)
    factors : ndarray of shape (k, d, d), (1, d, d), or (k, d) for diagonal ones
        The U_j, upper triangular.
    offsets : ndarray of shape (k, d)
        The b_j, which are (m_j - shift) U_j.
    means : ndarray of shape (k, d)
    variances : ndarray of shape (k, d) or (1, d)
        Of each component in each column.
    """

    form: StorageForm
    shift: Array
    constants: Array
    factors: Array
    offsets: Array
    means: Array
    variances: Array

    @property
    def inflation(self) -> float:
        """By how much, at most, a column's variance exceeds what the other columns leave of it, in any component.

        What rounding of a component's sums of squares is to its least variance.

        Examples
        --------
        >>> from mixtura import DenseCovariance, Mixture
        >>> matrix = np.array([[[1.0, 0.8], [0.8, 1.0]]])
        >>> round(Mixture([1.0], [[0.0, 0.0]], DenseCovariance(matrix, 1)).affine.inflation, 6)  # 1 / (1 - 0.8^2)
        2.777778
        """
        if self.form == "diagonal":
            return 1.0
        return float((self.variances * np.einsum("kij,kij->ki", self.factors, self.factors)).max())

    def with_noise(self, constant: float, centre: Array) -> Affine:
        """With one component more, whose log density is the same everywhere: to a kernel its matrix is zero.

        Where all components have the same matrix it is written out for each. The centre is only where sums begin.
        """
        k = len(self.means)
        form: StorageForm = "dense" if self.form == "shared" else self.form
        own = np.broadcast_to(self.factors, (k, *self.factors.shape[1:]))
        return Affine(
            form,
            self.shift,
            np.append(self.constants, constant),
            np.concatenate([own, np.zeros_like(own[:1])]),
            np.concatenate([self.offsets, np.zeros_like(self.offsets[:1])]),
            np.concatenate([self.means, centre[None]]),
            np.concatenate([np.broadcast_to(self.variances, self.means.shape), np.zeros_like(centre[None])]),
        )


class Density(Protocol):
    """A mixture, as kernels see it."""

    @property
    def n_features(self) -> int:
        """Number of dimensions, d."""

    @property
    def affine(self) -> Affine:
        """Log densities as affine maps."""
