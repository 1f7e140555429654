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
        Above zero: rows of weight zero have been left out.

    Examples
    --------
    >>> source = ArraySource.of([[1.0], [2.0], [3.0]], [1, 0, 2])
    >>> source.n_rows, source.rows(2, np.random.default_rng(0)).sample_weight.tolist()
    (2, [1.0, 2.0])
    """

    array: Rows
    sample_weight: Array | None = None

    @classmethod
    def of(cls, X: Any, sample_weight: Any = None) -> ArraySource:
        """Check rows and weights, and leave out rows of weight zero."""
        rows = as_rows(X)
        weight = as_sample_weight(sample_weight, len(rows))
        if weight is not None and not weight.all():
            rows, weight = rows[weight > 0], weight[weight > 0]
        return cls(rows, weight)

    @property
    def n_rows(self) -> int:
        """Number of rows that count."""
        return self.array.shape[0]

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.array.shape[1]

    def _chunk(self, block: slice) -> Chunk:
        weight = None if self.sample_weight is None else self.sample_weight[block]
        return Chunk(self.array[block], weight, block.start)

    def chunks(self) -> Iterator[Chunk]:
        """All rows, as views, in order."""
        return (self._chunk(block) for block in blocks(self.n_rows, self.n_features))

    def sum(self, f: Callable[[Chunk], Stats]) -> Stats:
        """Add up ``f(chunk)`` over all chunks, first to last."""
        return reduce(add, map(f, self.chunks()))

    def rows(self, n: int, rng: Rng) -> Chunk:
        """At most ``n`` different rows drawn at random, in their order; all rows if there are fewer."""
        if n >= self.n_rows:
            return Chunk(self.array, self.sample_weight)
        chosen = np.sort(rng.choice(self.n_rows, size=n, replace=False))
        weight = None if self.sample_weight is None else self.sample_weight[chosen]
        return Chunk(self.array[chosen], weight)
