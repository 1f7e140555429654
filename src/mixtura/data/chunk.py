"""A chunk: some rows of a source with their weights and positions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rows
from mixtura.data.measurement import Measurement


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a source, their weights, and their positions in the source.

    Attributes
    ----------
    rows : ndarray of shape (n, d)
    sample_weight : ndarray of shape (n,), or None when each row counts once
    start : int
        Position in the source of the first row, or the number that ``offsets`` are added to.
    offsets : ndarray of shape (n,), or None when the rows follow each other in the source
        Position of each row, less ``start``.
    measurement : Measurement or None
        How these rows were measured; None where they are complete and exact.
    """

    rows: Rows
    sample_weight: Array | None = None
    start: int = 0
    offsets: NDArray[np.intp] | None = None
    measurement: Measurement | None = None

    def take(self, rows: slice | NDArray[np.bool_] | NDArray[np.intp]) -> Chunk:
        """A chunk of some of the rows: a slice with both ends (a view), a mask (n,), or indices from 0.

        Examples
        --------
        >>> chunk = Chunk(np.array([[1.0], [2.0], [3.0]]), start=10)
        >>> chunk.take(np.array([True, False, True])).positions.tolist(), chunk.take(slice(1, 3)).positions
        ([10, 12], slice(11, 13, None))
        """
        weight = None if self.sample_weight is None else self.sample_weight[rows]
        measurement = None if self.measurement is None else self.measurement.take(rows)
        if isinstance(rows, slice) and self.offsets is None:
            return Chunk(self.rows[rows], weight, self.start + rows.start, measurement=measurement)
        offsets = np.arange(len(self.rows)) if self.offsets is None else self.offsets
        return Chunk(self.rows[rows], weight, self.start, offsets[rows], measurement)

    def of_positive_weight(self) -> Chunk:
        """The rows whose weight is above zero; a copy only if some are left out."""
        weight = self.sample_weight
        return self if weight is None or weight.all() else self.take(np.flatnonzero(weight))

    def parts(self, slices: Iterable[slice]) -> Iterator[Chunk]:
        """One chunk, a view, for each slice of the rows."""
        return map(self.take, slices)

    def reweighted(self, weight: Array) -> Chunk:
        """A chunk of the same rows with these sample weights, (n,)."""
        return replace(self, sample_weight=weight)

    @property
    def positions(self) -> slice | NDArray[np.intp]:
        """Positions of the rows in their source: a slice, or indices (n,)."""
        return slice(self.start, self.start + len(self.rows)) if self.offsets is None else self.start + self.offsets

    @property
    def first(self) -> int:
        """Position of the first row in its source."""
        return self.start if self.offsets is None else self.start + int(self.offsets[0])

    @property
    def rows_per_weight(self) -> float:
        """Number of rows that a weight of one stands for: 1, or n / sum(w) if the weights sum to less than n."""
        return max(1.0, len(self.rows) / self.total_weight)

    @property
    def total_weight(self) -> float:
        """Sum of the sample weights; the number of rows where each counts once."""
        return float(len(self.rows) if self.sample_weight is None else self.sample_weight.sum())

    def weigh(self, values: Array) -> Array:
        """Values of shape (n,) or (n, k), multiplied by the sample weights."""
        if self.sample_weight is None:
            return values
        weight = self.sample_weight
        return values * (weight if values.ndim == 1 else weight[:, None])
