"""What a kernel needs to know of a mixture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from mixtura.data import Array

Form: TypeAlias = Literal["dense", "shared", "diagonal"]


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
    """

    form: Form
    shift: Array
    constants: Array
    factors: Array
    offsets: Array
    means: Array


class Density(Protocol):
    """A mixture, as kernels see it."""

    @property
    def n_components(self) -> int:
        """Number of components, k."""

    @property
    def n_features(self) -> int:
        """Number of dimensions, d."""

    @property
    def affine(self) -> Affine:
        """Log densities as affine maps."""
