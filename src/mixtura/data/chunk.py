"""Chunks: some rows of a source, on their way to a kernel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rows


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows, how much each counts, and where they are in their source.

    Attributes
    ----------
    rows : ndarray of shape (n, d)
    sample_weight : ndarray of shape (n,), or None when each row counts once
    start : int
        Position from which ``kept`` counts; that of the first row where there is no ``kept``.
    kept : ndarray of shape (n,), or None when the rows stand one after the other
        How far each row stands from ``start``.
    """

    rows: Rows
    sample_weight: Array | None = None
    start: int = 0
    kept: NDArray[np.intp] | None = None

    def take(self, rows: slice | NDArray[np.bool_] | NDArray[np.intp]) -> Chunk:
        """Some of the rows: a slice with both ends (a view), a mask (n,), or numbers from 0.

        Examples
        --------
        >>> chunk = Chunk(np.array([[1.0], [2.0], [3.0]]), start=10)
        >>> chunk.take(np.array([True, False, True])).positions.tolist(), chunk.take(slice(1, 3)).positions
        ([10, 12], slice(11, 13, None))
        """
        weight = None if self.sample_weight is None else self.sample_weight[rows]
        if isinstance(rows, slice) and self.kept is None:
            return Chunk(self.rows[rows], weight, self.start + rows.start)
        kept = np.arange(len(self.rows)) if self.kept is None else self.kept
        return Chunk(self.rows[rows], weight, self.start, kept[rows])

    def parts(self, cuts: Iterable[slice]) -> Iterator[Chunk]:
        """Several parts of this chunk, as views."""
        return map(self.take, cuts)

    def reweighted(self, weight: Array) -> Chunk:
        """The same rows with these weights, (n,)."""
        return replace(self, sample_weight=weight)

    @property
    def positions(self) -> slice | NDArray[np.intp]:
        """Where these rows are in their source."""
        return slice(self.start, self.start + len(self.rows)) if self.kept is None else self.start + self.kept

    @property
    def first(self) -> int:
        """Where the first row is in its source."""
        return self.start if self.kept is None else self.start + int(self.kept[0])

    def weigh(self, values: Array) -> Array:
        """Multiply values of shape (n,) or (n, k) by the sample weights."""
        if self.sample_weight is None:
            return values
        weight = self.sample_weight
        return values * (weight if values.ndim == 1 else weight[:, None])
