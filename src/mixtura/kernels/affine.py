"""The mixture as a kernel needs it: log-densities as affine maps of the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mixtura._support import Array, StorageForm
from mixtura.kernels.tails import Tails

# Largest squared Mahalanobis distance: larger ones are set to it, so that no row, however far, yields NaN.
MAX_DISTANCE = 1e300


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """Weighted log-densities of k components as affine maps of a row x: c_j - |(x - shift) U_j - b_j|^2 / 2.

    Attributes
    ----------
    form : {"dense", "shared", "diagonal"}
        Whether each component has its own triangular U_j, all have the same, or the U_j are diagonal.
    shift : ndarray of shape (d,)
        A point near all means, subtracted first so that no digits are lost far from the origin.
    constants : ndarray of shape (k,)
        The c_j: log-weights plus logarithms of the normalising constants.
    factors : ndarray of shape (k, d, d), (1, d, d), or, diagonal, (k, d)
        The U_j, upper triangular, with U_j U_j' the precision matrix of component j; of diagonal ones the diagonals.
    offsets : ndarray of shape (k, d)
        The b_j = (m_j - shift) U_j.
    means : ndarray of shape (k, d)
        The m_j.
    variances : ndarray of shape (k, d) or (1, d)
        Variances of each component, or of all, in each column.
    noise_log_widths : ndarray of shape (d,), or None
        Logarithms of the widths of the noise's region, whose sum is that of its volume, for rows with missing values.
    tails : Tails or None
        Degrees of freedom where components are t distributions; what stands above is then that of Gaussian ones.
    """

    form: StorageForm
    shift: Array
    constants: Array
    factors: Array
    offsets: Array
    means: Array
    variances: Array
    noise_log_widths: Array | None = None
    tails: Tails | None = None

    @property
    def inflation(self) -> float:
        """Largest variance inflation factor, 1 / (1 - R^2) of a column's regression on the others, in any component.

        Rounding of a component's sums of squares weighs more by this factor in directions of small variance.

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

    def component(self, j: int) -> Affine:
        """The map of component j alone, the last being that of noise, if there is one."""
        own = slice(j, j + 1)
        return Affine(
            self.form,
            self.shift,
            self.constants[own],
            self.factors if self.form == "shared" else self.factors[own],
            self.offsets[own],
            self.means[own],
            self.variances[own] if len(self.variances) > 1 else self.variances,
            self.noise_log_widths,
            self.tails and self.tails.component(j),
        )

    def with_noise(self, constant: float, centre: Array, log_widths: Array | None = None) -> Affine:
        """The maps with one more component, the noise, whose weighted log-density is ``constant`` everywhere.

        Its factor is zero, and ``centre``, (d,), stands for its mean; ``log_widths``, (d,), are those of its region. A
        factor that all components share is repeated for each.
        """
        k = len(self.means)
        form: StorageForm = "dense" if self.form == "shared" else self.form
        factors = np.broadcast_to(self.factors, (k, *self.factors.shape[1:]))
        return Affine(
            form,
            self.shift,
            np.append(self.constants, constant),
            np.concatenate([factors, np.zeros_like(factors[:1])]),
            np.concatenate([self.offsets, np.zeros_like(self.offsets[:1])]),
            np.concatenate([self.means, centre[None]]),
            np.concatenate([np.broadcast_to(self.variances, self.means.shape), np.zeros_like(centre[None])]),
            log_widths,
            self.tails and Tails(np.append(self.tails.degrees_of_freedom, np.inf), self.tails.n_columns),
        )


class Density(Protocol):
    """What a kernel needs of a mixture: its log-densities as affine maps of the rows."""

    @property
    def n_features(self) -> int:
        """Number of dimensions, d."""

    @property
    def affine(self) -> Affine:
        """Weighted log-densities of the components as affine maps of the rows."""
