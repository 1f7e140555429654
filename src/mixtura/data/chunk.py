"""Rows on their way to the kernels, a chunk at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rows


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows that stand together, and how much each counts.

    Attributes
    ----------
    rows : ndarray of shape (n, d)
    sample_weight : ndarray of shape (n,), or None when each row counts once
    start : int
        Where the chunk begins in its source.
    kept : ndarray of shape (n,), or None when no row is passed over
        How far each row stands from ``start``.
    """

    rows: Rows
    sample_weight: Array | None = None
    start: int = 0
    kept: NDArray[np.intp] | None = None

    def parts(self, cuts: Iterable[slice]) -> Iterator[Chunk]:
        """Parts of this chunk, as views."""
        for cut in cuts:
            weight = None if self.sample_weight is None else self.sample_weight[cut]
            if self.kept is None:
                yield Chunk(self.rows[cut], weight, self.start + cut.start)
            else:
                yield Chunk(self.rows[cut], weight, self.start, self.kept[cut])

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
