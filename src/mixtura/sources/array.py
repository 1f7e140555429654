"""Rows in memory, passed on as views."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from mixtura.arrays import as_rows, as_sample_weight
from mixtura.data import Array, Chunk, Rng, Rows, blocks
from mixtura.stats import Stats


@dataclass(frozen=True, slots=True, eq=False)
class ArraySource:
    """A matrix of rows, cut into blocks of fixed size.

    Attributes
    ----------
    array : ndarray of shape (n, d)
        float64 or float32.
    sample_weight : ndarray of shape (n,), or None
        Rows of weight zero are passed over.

    Examples
    --------
    >>> source = ArraySource.of([[1.0], [2.0], [3.0]], [1, 0, 2])
    >>> source.n_rows, source.rows(5, np.random.default_rng(0)).sample_weight.tolist()
    (2, [1.0, 2.0])
    """

    array: Rows
    sample_weight: Array | None = None

    @classmethod
    def of(cls, X: Any, sample_weight: Any = None) -> ArraySource:
        """Check rows and weights."""
        rows = as_rows(X)
        return cls(rows, as_sample_weight(sample_weight, len(rows)))

    @property
    def length(self) -> int:
        """Number of positions."""
        return self.array.shape[0]

    @property
    def n_rows(self) -> int:
        """Number of rows that count."""
        return self.length if self.sample_weight is None else int(np.count_nonzero(self.sample_weight))

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.array.shape[1]

    def _chunk(self, block: slice) -> Chunk:
        """The rows of a block that count: a view where all do."""
        if self.sample_weight is None:
            return Chunk(self.array[block], None, block, block.start)
        weight = self.sample_weight[block]
        if weight.all():
            return Chunk(self.array[block], weight, block, block.start)
        own = np.flatnonzero(weight)
        return Chunk(self.array[block][own], weight[own], block.start + own, block.start)

    def chunks(self) -> Iterator[Chunk]:
        """All rows that count, in order."""
        chunks = (self._chunk(block) for block in blocks(self.length, self.n_features))
        return (chunk for chunk in chunks if len(chunk.rows))

    def sum(self, f: Callable[[Chunk], Stats]) -> Stats:
        """Add up ``f(chunk)`` over all chunks, first to last."""
        return reduce(add, map(f, self.chunks()))

    def rows(self, n: int, rng: Rng) -> Chunk:
        """At most ``n`` different rows drawn at random, in their order; all rows that count if there are fewer."""
        count = self.n_rows
        chosen = np.arange(count) if n >= count else np.sort(rng.choice(count, size=n, replace=False))
        if self.sample_weight is None:
            return Chunk(self.array if n >= count else self.array[chosen])
        counted = np.flatnonzero(self.sample_weight)[chosen]
        return Chunk(self.array[counted], self.sample_weight[counted])
