"""The protocols of a source of rows and of the values that it can add up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mixtura._support import Array, Rng, chunk_slices, thread_count
from mixtura.data.chunk import Chunk


class Addable(Protocol):
    """A value computed from rows, such as a count, for which ``a + b`` is the value of the rows of a and b together."""

    def __add__(self, other: Self, /) -> Self:
        """The value of both sets of rows together."""


Sum = TypeVar("Sum", bound=Addable)


@dataclass(frozen=True, slots=True, eq=False)
class WholeArray:
    """All rows of a source as one array in memory, for kernels that have threads of their own.

    Attributes
    ----------
    chunk : Chunk
        All rows; none has weight zero.
    asked_threads : int or None
        Number of threads that the caller asked for; None leaves it to `mixtura._support.threads.thread_count`.
    """

    chunk: Chunk
    asked_threads: int | None = None

    @property
    def ends(self) -> Sequence[int]:
        """Index after the last row of each part.

        Sums of parts are added in this order, so results do not depend on the number of threads.
        """
        return [cut.stop for cut in chunk_slices(*self.chunk.rows.shape)]

    @property
    def threads(self) -> int:
        """How many threads to use."""
        return thread_count(self.asked_threads)


class Source(Protocol):
    """A holder of rows that can compute sums over them.

    A row's position is its number in the source, from 0. Rows of weight zero have a position, but are in no chunk.
    """

    @property
    def n_rows(self) -> int:
        """Number of rows whose weight is above zero."""

    @property
    def n_features(self) -> int:
        """Number of columns, d."""

    @property
    def length(self) -> int:
        """Number of positions: of all rows, those of weight zero included."""

    @property
    def dtype(self) -> DTypeLike:
        """Type of the rows' values, float64 or float32."""

    @property
    def whole(self) -> WholeArray | None:
        """All rows as one array, if they lie in memory so and none has weight zero; else None."""

    def sum(self, f: Callable[[Chunk], Sum]) -> Sum:
        """Sum of ``f(chunk)`` over all chunks, added in a fixed order."""

    def rows(self, n: int, rng: Rng) -> Chunk:
        """A random sample of n rows without replacement, with weights and positions; all rows if there are fewer."""

    def take(self, positions: NDArray[np.intp]) -> Source:
        """A source of only the rows at these positions, in this order, which are numbered anew from 0."""

    def reweighted(self, factor: Array) -> Source:
        """A source of the same rows at the same positions, with weights multiplied by ``factor``, (length,)."""


def is_source(X: Any) -> bool:
    """Whether data passed in by a user is a `Source`, rather than an array or a table.

    Examples
    --------
    >>> is_source([[1.0], [2.0]])
    False
    """
    return all(hasattr(X, name) for name in ("n_rows", "n_features", "sum", "rows", "take", "reweighted"))


@dataclass(frozen=True, slots=True)
class _Weights:
    """Weights of rows with their positions; ``+`` joins those of two sets of rows."""

    parts: tuple[tuple[Any, Array], ...]

    def __add__(self, other: _Weights) -> _Weights:
        return _Weights(self.parts + other.parts)


def weights_of(source: Source) -> Array | None:
    """The weight of each row of a source by its position, (length,), zero where there is none; None without weights.

    Examples
    --------
    >>> from mixtura.data import ArraySource
    >>> weights_of(ArraySource.of([[1.0], [2.0], [3.0]], [1, 0, 2])).tolist()
    [1.0, 0.0, 2.0]
    """
    found = source.sum(lambda chunk: _Weights(() if (w := chunk.sample_weight) is None else ((chunk.positions, w),)))
    if not found.parts:
        return None
    weights = np.zeros(source.length)
    for positions, weight in found.parts:
        weights[positions] = weight
    return weights
