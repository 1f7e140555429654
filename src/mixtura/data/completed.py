"""The source of rows whose missing values are filled in each time they are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mixtura._support import Array, Rng, Rows
from mixtura.data.array import ArraySource
from mixtura.data.chunk import Chunk
from mixtura.data.row_values import map_rows
from mixtura.data.source import Source, Sum


@dataclass(frozen=True, eq=False)
class CompletedSource:
    """A source of another one's rows that a function completes each time they are read.

    Attributes
    ----------
    given : Source
    complete : callable
        From rows (n, d), of which values are missing, to complete ones.
    """

    given: Source
    complete: Callable[[Rows], Rows]

    @property
    def n_rows(self) -> int:
        """Number of rows whose weight is above zero."""
        return self.given.n_rows

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.given.n_features

    @property
    def length(self) -> int:
        """Number of rows, those of weight zero included."""
        return self.given.length

    @property
    def dtype(self) -> DTypeLike:
        """Type of the rows' values."""
        return self.given.dtype

    @property
    def whole(self) -> None:
        """None: the rows are completed in parts."""

    @property
    def threads(self) -> int | None:
        """Number of threads, if it was given."""
        return getattr(self.given, "threads", None)

    @property
    def weights_are(self) -> str | None:
        """What the weights are."""
        return getattr(self.given, "weights_are", None)

    def sum(self, f: Callable[[Chunk], Sum]) -> Sum:
        """Sum of ``f(chunk)`` over all chunks, added in a fixed order."""
        return self.given.sum(OfCompletedRows(f, self.complete))

    def rows(self, n: int, rng: Rng) -> Chunk:
        """A random sample of n rows of positive weight, in their order; all if there are fewer."""
        return completed_chunk(self.given.rows(n, rng), self.complete)

    def map_rows(self, f: Callable[[Rows], NDArray[Any]]) -> NDArray[Any]:
        """``f(rows)`` of all rows, (length,) or (length, k)."""
        return map_rows(self.given, lambda rows: f(self.complete(rows)))

    def take(self, positions: NDArray[np.intp]) -> Source:
        """A source of the rows at these positions, in this order."""
        return completed_source(self.given.take(positions), self.complete)

    def reweighted(self, factor: Array) -> CompletedSource:
        """A source of the same rows with their weights multiplied by ``factor``, (length,)."""
        return replace(self, given=self.given.reweighted(factor))


@dataclass(frozen=True, slots=True)
class OfCompletedRows:
    """A function of a chunk of complete rows, for chunks that a function completes."""

    f: Callable[[Chunk], Any]
    complete: Callable[[Rows], Rows]

    def __call__(self, chunk: Chunk) -> Any:
        return self.f(completed_chunk(chunk, self.complete))


def completed_chunk(chunk: Chunk, complete: Callable[[Rows], Rows]) -> Chunk:
    """A chunk of rows that a function completes; nothing is said then of how they were measured."""
    return replace(chunk, rows=complete(chunk.rows), measurement=None)


def completed_source(given: Source, complete: Callable[[Rows], Rows]) -> Source:
    """The source of a source's rows that a function completes: at once where they lie in memory."""
    if isinstance(given, ArraySource):
        return replace(given, array=complete(given.array))
    return CompletedSource(given, complete)
