"""Rows in memory, passed on as views."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from mixtura.arrays import as_rows, as_sample_weight
from mixtura.data import Array, Chunk, Rng, Rows, shares
from mixtura.stats import Stats
from mixtura.threads import in_order


@dataclass(frozen=True, slots=True, eq=False)
class ArraySource:
    """A matrix of rows, cut into chunks for threads.

    Attributes
    ----------
    array : ndarray of shape (n, d)
        float64 or float32.
    sample_weight : ndarray of shape (n,), or None
        Above zero: rows of weight zero have been left out.
    threads : int, optional
        How many threads add up; see `mixtura.threads.resolve`.

    Examples
    --------
    >>> source = ArraySource.of([[1.0], [2.0], [3.0]], [1, 0, 2])
    >>> source.n_rows, source.rows(2, np.random.default_rng(0)).sample_weight.tolist()
    (2, [1.0, 2.0])
    """

    array: Rows
    sample_weight: Array | None = None
    threads: int | None = None

    @classmethod
    def of(cls, X: Any, sample_weight: Any = None, threads: int | None = None) -> ArraySource:
        """Check rows and weights, and leave out rows of weight zero."""
        rows = as_rows(X)
        weight = as_sample_weight(sample_weight, len(rows))
        if weight is not None and not weight.all():
            rows, weight = rows[weight > 0], weight[weight > 0]
        return cls(rows, weight, threads)

    @property
    def n_rows(self) -> int:
        """Number of rows that count."""
        return self.array.shape[0]

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.array.shape[1]

    def chunks(self) -> list[Chunk]:
        """All rows, as views, in order; where they are cut depends on nothing but their shape."""
        return list(Chunk(self.array, self.sample_weight).parts(shares(self.n_rows, self.n_features)))

    def sum(self, f: Callable[[Chunk], Stats]) -> Stats:
        """Add up ``f(chunk)`` over all chunks, first to last, whichever thread made it."""
        return reduce(add, in_order(f, self.chunks(), self.threads))

    def rows(self, n: int, rng: Rng) -> Chunk:
        """At most ``n`` different rows drawn at random, in their order; all rows if there are fewer."""
        if n >= self.n_rows:
            return Chunk(self.array, self.sample_weight)
        chosen = np.sort(rng.choice(self.n_rows, size=n, replace=False))
        weight = None if self.sample_weight is None else self.sample_weight[chosen]
        return Chunk(self.array[chosen], weight)
