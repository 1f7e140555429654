"""The E-step of semi-supervised EM: the components of some rows are known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, without_missing
from mixtura.data import Chunk, Source
from mixtura.errors import DataError
from mixtura.kernels import Affine, Density, kernel_for, kernel_of
from mixtura.mixture import Mixture
from mixtura.stats import ScatterKind, Stats

UNKNOWN = -1


def as_known_labels(known_labels: Any, n_rows: int, k: int) -> NDArray[np.int64]:
    """Check the known components of rows, (n_rows,): 0 to k - 1; -1 or a missing value where it is unknown.

    Each of the k components must have a row. Missing values are returned as -1.

    Examples
    --------
    >>> as_known_labels([0, -1, 1], 3, 2).tolist()
    [0, -1, 1]
    >>> as_known_labels([0, -1, 0], 3, 2)
    Traceback (most recent call last):
    mixtura.errors.DataError: known_labels: no row is known to belong to component 1; give at least one for each of 2
    """
    values, missing = without_missing(known_labels)
    if values.shape != (n_rows,):
        raise DataError(f"known_labels has shape {values.shape}; expected the component of each row, ({n_rows},)")
    values = _as_integers(values, missing)
    allowed = range(UNKNOWN, k)
    if values.dtype.kind in "iu":
        bad = (values < UNKNOWN) | (values >= k)
    else:
        bad = np.array([not _is_among(label, allowed) for label in values.tolist()]) & ~missing
    if bad.any():
        row = int(bad.argmax())
        given = values[row : row + 1].tolist()[0]
        raise DataError(f"known_labels, row {row}: {given!r}; expected an integer from 0 to {k - 1}, or -1 for unknown")
    empty = np.setdiff1d(np.arange(k), values)
    if len(empty):
        raise DataError(
            f"known_labels: no row is known to belong to component {empty[0]}; give at least one for each of {k}"
        )
    return values.astype(np.int64)


def _as_integers(values: NDArray[Any], missing: NDArray[np.bool_]) -> NDArray[Any]:
    """Labels as integers, with -1 for missing ones, if all are whole numbers; unchanged otherwise."""
    known = values[~missing]
    try:
        with np.errstate(invalid="ignore"):  # of numbers that no integer holds
            integers = known.astype(np.int64)
    except (TypeError, ValueError, OverflowError):
        return values
    if known.dtype.kind == "b" or not (integers == known).all():
        return values
    filled = np.full(values.shape, UNKNOWN)
    filled[~missing] = integers
    return filled


def _is_among(label: Any, allowed: range) -> bool:
    """Whether a label is a number among the integers that are allowed."""
    return not isinstance(label, bool | str) and label in allowed


@dataclass(frozen=True, slots=True)
class OneComponent:
    """A density of which all components but one have weight zero, for rows that are known to belong to that one.

    Attributes
    ----------
    affine : Affine
    n_features : int
        Number of columns, d.
    """

    affine: Affine
    n_features: int


def only_component(mixture: Density, component: int) -> OneComponent:
    """The mixture with the weights of all components but one set to zero; that one's weight stays."""
    own = np.arange(len(mixture.affine.constants)) == component
    affine = replace(mixture.affine, constants=np.where(own, mixture.affine.constants, -np.inf))
    return OneComponent(affine, mixture.n_features)


@dataclass(frozen=True, slots=True, eq=False)
class KnownLabels:
    """E-step of semi-supervised EM: a labelled row belongs to its component with probability one.

    It contributes log w_j N(x; m_j, S_j) to the log-likelihood. Other rows have responsibilities by Bayes' rule.

    Attributes
    ----------
    labels : ndarray of int, (n,)
        Component of the row at each position, or -1 where it is unknown: see `as_known_labels`.
    """

    labels: NDArray[np.int64]

    left_out: ClassVar[float] = 0.0
    in_kernel: ClassVar[bool] = False
    knows_all: ClassVar[bool] = True
    rows_are_independent: ClassVar[bool] = True

    @property
    def of_components(self) -> KnownLabels:
        """Itself."""
        return self

    def __call__(
        self, source: Source, mixture: Mixture, scatter_kind: ScatterKind, memory: Any = None
    ) -> tuple[Stats, Any]:
        kernel = kernel_of(source, mixture)

        def estep(chunk: Chunk) -> Stats:
            own = self.labels[chunk.positions]
            parts = [
                kernel.estep(
                    mixture if j == UNKNOWN else only_component(mixture, int(j)), chunk.take(own == j), scatter_kind
                )
                for j in np.unique(own)
            ]
            return reduce(add, parts)

        return source.sum(kernel.estep_pass_knowing(estep, mixture, scatter_kind, self.labels)), memory

    def responsibilities(self, chunk: Chunk, mixture: Mixture, memory: Any = None) -> tuple[Array, Array]:
        """Responsibilities, (m, k), one for the known component of a row, and the rows' weights, (m,)."""
        found, own = kernel_for(chunk.measurement, mixture).posterior(mixture, chunk), self.labels[chunk.positions]
        known = own != UNKNOWN
        found[known] = np.eye(found.shape[1])[own[known]]
        return found, chunk.weigh(np.ones(len(own)))

    def select_rows(self, positions: slice | NDArray[np.intp]) -> KnownLabels:
        """The E-step for only the rows at these positions."""
        return KnownLabels(self.labels[positions])
