"""Rows whose component is known: their responsibilities are given, the others' are inferred (semi-supervised EM)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura.data import Chunk
from mixtura.errors import DataError
from mixtura.kernels import Affine, Density, estep
from mixtura.stats import ScatterKind, Stats

UNKNOWN = -1


def as_known(known: Any, n_rows: int, k: int) -> NDArray[np.int64]:
    """Check components given for rows: 0 to k - 1, or -1 where it is unknown; each component has a row.

    Examples
    --------
    >>> as_known([0, -1, 1], 3, 2).tolist()
    [0, -1, 1]
    >>> as_known([0, -1, 0], 3, 2)
    Traceback (most recent call last):
    mixtura.errors.DataError: known: no row is known to belong to component 1; give at least one for each of 2
    """
    values = np.asarray(known)
    if values.shape != (n_rows,):
        raise DataError(f"known has shape {values.shape}; expected the component of each row, ({n_rows},)")
    whole = values.dtype.kind in "iu"
    bad = np.flatnonzero((values < UNKNOWN) | (values >= k)) if whole else np.zeros(1, dtype=np.int64)
    if len(bad):
        given = values[bad[0]].item()
        raise DataError(f"known, row {bad[0]}: {given!r}; expected an integer from 0 to {k - 1}, or -1 for unknown")
    empty = np.setdiff1d(np.arange(k), values)
    if len(empty):
        raise DataError(f"known: no row is known to belong to component {empty[0]}; give at least one for each of {k}")
    return values.astype(np.int64)


@dataclass(frozen=True, slots=True)
class Alone:
    """A mixture as it looks to rows that are known to come from one component: no other can have made them."""

    affine: Affine
    n_features: int

    @classmethod
    def of(cls, mixture: Density, component: int) -> Alone:
        """All constants but the component's own are log 0."""
        own = np.arange(len(mixture.affine.constants)) == component
        affine = replace(mixture.affine, constants=np.where(own, mixture.affine.constants, -np.inf))
        return cls(affine, mixture.n_features)


@dataclass(frozen=True, slots=True, eq=False)
class KnownLabels:
    """The E-step that takes the known rows' components as given; their log-likelihood is log w_j N(x | m_j, S_j).

    Attributes
    ----------
    known : ndarray of shape (n,)
        From `as_known`.
    """

    known: NDArray[np.int64]

    def __call__(self, mixture: Any, chunk: Chunk, scatter_kind: ScatterKind) -> Stats:
        own = self.known[chunk.positions]
        parts = [
            estep(mixture if j == UNKNOWN else Alone.of(mixture, int(j)), _part(chunk, own == j), scatter_kind)
            for j in np.unique(own)
        ]
        return reduce(add, parts)

    def among(self, positions: slice | NDArray[np.intp]) -> KnownLabels:
        """What is known of the rows at these positions, which are now all there are."""
        return KnownLabels(self.known[positions])


def _part(chunk: Chunk, rows: NDArray[np.bool_]) -> Chunk:
    """Some rows of a chunk."""
    weight = None if chunk.sample_weight is None else chunk.sample_weight[rows]
    return Chunk(chunk.rows[rows], weight)
