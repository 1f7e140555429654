"""Sources: who holds the rows, and hence who adds up what a pass over them leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mixtura._support import Array, Rng
from mixtura.data.chunk import Chunk


class Addable(Protocol):
    """A value that two parts of a pass can add up to one: statistics, summaries, extents, arrays, numbers."""

    def __add__(self, other: Self, /) -> Self:
        """The value of both parts together."""


Sum = TypeVar("Sum", bound=Addable)


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """All rows of a source that lie in memory as one array, for kernels that share them out among their own threads.

    Attributes
    ----------
    chunk : Chunk
        Each of its rows counts.
    ends : sequence of int
        Where the parts end that are added up in their order.
    threads : int
        How many threads to use.
    """

    chunk: Chunk
    ends: Sequence[int]
    threads: int


class Source(Protocol):
    """Who holds the rows.

    A row's position is its number in the source, from 0; rows of weight zero have a position and are never passed on.
    """

    @property
    def n_rows(self) -> int:
        """Number of rows whose weight is above zero."""

    @property
    def n_features(self) -> int:
        """Number of columns, d."""

    @property
    def length(self) -> int:
        """Number of positions."""

    @property
    def dtype(self) -> DTypeLike:
        """Of the rows: float64 or float32."""

    @property
    def whole(self) -> Whole | None:
        """All rows, if they lie in memory as one array and each counts; else None."""

    def sum(self, f: Callable[[Chunk], Sum]) -> Sum:
        """Add up ``f(chunk)`` over all chunks, in a fixed order."""

    def rows(self, n: int, rng: Rng) -> Chunk:
        """At most ``n`` different rows drawn at random, with weights and positions; all rows if there are fewer."""

    def take(self, positions: NDArray[np.intp]) -> Source:
        """A source of the rows at these positions alone, in this order; the first of them has position 0."""

    def reweighted(self, factor: Array) -> Source:
        """The same rows at the same positions, with their weights multiplied by ``factor``, (length,)."""


def is_source(X: Any) -> bool:
    """Whether what a user gives as data is a `Source`, and not a table.

    Examples
    --------
    >>> is_source([[1.0], [2.0]])
    False
    """
    return all(hasattr(X, name) for name in ("n_rows", "n_features", "sum", "rows", "take", "reweighted"))
