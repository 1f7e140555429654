"""Rows in memory, passed on as views."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from mixtura._support import Array, Rng, Rows, as_rows, as_sample_weight, chunk_slices, in_order
from mixtura.data.chunk import Chunk
from mixtura.stats import Stats


@dataclass(frozen=True, slots=True, eq=False)
class ArraySource:
    """A matrix of rows, cut into chunks for threads.

    Attributes
    ----------
    array : ndarray of shape (n, d)
        float64 or float32.
    sample_weight : ndarray of shape (n,), or None
        Rows of weight zero are passed over.
    threads : int, optional
        How many threads add up; see `mixtura._support.threads.resolve`.

    Examples
    --------
    >>> source = ArraySource.of([[1.0], [2.0], [3.0]], [1, 0, 2])
    >>> source.n_rows, source.rows(5, np.random.default_rng(0)).sample_weight.tolist()
    (2, [1.0, 2.0])
    """

    array: Rows
    sample_weight: Array | None = None
    threads: int | None = None

    @classmethod
    def of(cls, X: Any, sample_weight: Any = None, threads: int | None = None) -> ArraySource:
        """Check rows and weights."""
        rows = as_rows(X)
        return cls(rows, as_sample_weight(sample_weight, len(rows)), threads)

    @property
    def length(self) -> int:
        """Number of positions."""
        return self.array.shape[0]

    @property
    def n_rows(self) -> int:
        """Number of rows that count."""
        return self.length if self.sample_weight is None else int(np.count_nonzero(self.sample_weight))

    @property
    def total(self) -> float:
        """Sum of the weights: the number of rows, where each counts once."""
        return float(self.length if self.sample_weight is None else self.sample_weight.sum())

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.array.shape[1]

    @property
    def solid(self) -> bool:
        """Whether every row counts and they lie in memory as they came, so that the kernel may cut them itself."""
        return self.n_rows == self.length and bool(self.array.flags.forc)

    @property
    def ends(self) -> list[int]:
        """Where the chunks of a `solid` source end."""
        return [cut.stop for cut in chunk_slices(self.length, self.n_features)]

    def _cuts(self) -> list[slice]:
        """Where chunks with any row that counts begin and end: the same for any number of threads."""
        cuts = chunk_slices(self.length, self.n_features)
        weight = self.sample_weight
        return cuts if weight is None else [cut for cut in cuts if weight[cut].any()]

    def _chunk(self, cut: slice) -> Chunk:
        """The rows of a cut that count: a view where all do."""
        if self.sample_weight is None:
            return Chunk(self.array[cut], None, cut.start)
        weight = self.sample_weight[cut]
        if weight.all():
            return Chunk(self.array[cut], weight, cut.start)
        kept = np.flatnonzero(weight)
        return Chunk(self.array[cut][kept], weight[kept], cut.start, kept)

    def chunks(self) -> Iterator[Chunk]:
        """All rows that count, in order."""
        return map(self._chunk, self._cuts())

    def sum(self, f: Callable[[Chunk], Stats]) -> Stats:
        """Add up ``f(chunk)`` over all chunks, first to last, whichever thread made it."""
        return reduce(add, in_order(lambda cut: f(self._chunk(cut)), self._cuts(), self.threads))

    def rows(self, n: int, rng: Rng) -> Chunk:
        """At most ``n`` different rows drawn at random, in their order; all rows that count if there are fewer."""
        count = self.n_rows
        chosen = np.arange(count) if n >= count else np.sort(rng.choice(count, size=n, replace=False))
        if self.sample_weight is None:
            return Chunk(self.array) if n >= count else Chunk(self.array[chosen], kept=chosen)
        counted = np.flatnonzero(self.sample_weight)[chosen]
        return Chunk(self.array[counted], self.sample_weight[counted], kept=counted)
