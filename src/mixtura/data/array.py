"""The source of rows that lie in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rng, Rows, as_row_weights, as_rows, chunk_slices, map_in_order
from mixtura.data.chunk import Chunk
from mixtura.data.source import Source, Sum, WholeArray


@dataclass(frozen=True, eq=False)
class ArraySource:
    """A source whose rows are a matrix in memory; several threads work on its chunks.

    Attributes
    ----------
    array : ndarray of shape (n, d)
        float64 or float32.
    sample_weight : ndarray of shape (n,), or None
        How much each row counts in sums; None for once. Rows of weight zero are left out.
    threads : int, optional
        Number of threads; by default that of `mixtura._support.threads.thread_count`.
    weights_are : {"counts", "sampling"} or None
        What the weights that were given are (`mixtura.fit`); ``sample_weight`` is what follows from this.
    kernel : Kernel or None
        What computes with these rows (`mixtura.kernels.kernel_of`); None for the current kernel.

    Examples
    --------
    >>> source = ArraySource.of([[1.0], [2.0], [3.0]], [1, 0, 2])
    >>> source.n_rows, source.rows(5, np.random.default_rng(0)).sample_weight.tolist()
    (2, [1.0, 2.0])
    """

    array: Rows
    sample_weight: Array | None = None
    threads: int | None = None
    weights_are: str | None = None
    kernel: Any = None

    @classmethod
    def of(
        cls, X: Any, sample_weight: Any = None, threads: int | None = None, *, weights_are: str | None = None
    ) -> ArraySource:
        """The source of an array or table and weights, both of which are checked."""
        return cls.of_rows(as_rows(X), sample_weight, threads, weights_are)

    @classmethod
    def of_rows(cls, rows: Rows, sample_weight: Any, threads: int | None, weights_are: str | None) -> ArraySource:
        """The source of checked rows and of weights, which are checked."""
        weights = as_row_weights(sample_weight, len(rows), weights_are)
        return cls(rows, weights.values, threads, weights.kind)

    @classmethod
    def of_sample(cls, source: Source, sample: Chunk, threads: int | None) -> ArraySource:
        """Some rows of a source, in memory without gaps, with the source's kernel and kind of weights."""
        rows = np.require(sample.rows, requirements="C")
        weight = None if sample.sample_weight is None else np.ascontiguousarray(sample.sample_weight)
        return cls(rows, weight, threads, getattr(source, "weights_are", None), getattr(source, "kernel", None))

    @property
    def length(self) -> int:
        """Number of rows, those of weight zero included."""
        return self.array.shape[0]

    @cached_property
    def n_rows(self) -> int:
        """Number of rows whose weight is above zero."""
        return self.length if self.sample_weight is None else int(np.count_nonzero(self.sample_weight))

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.array.shape[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the rows' values."""
        return self.array.dtype

    @cached_property
    def whole(self) -> WholeArray | None:
        """All rows as one array, if no weight is zero and they lie in memory without gaps; else None."""
        if self.n_rows < self.length or not self.array.flags.forc:
            return None
        return WholeArray(Chunk(self.array, self.sample_weight), self.threads)

    def _chunk_slices(self) -> list[slice]:
        """Slices of the chunks with a row of positive weight; they do not depend on the number of threads."""
        slices = chunk_slices(self.length, self.n_features)
        weight = self.sample_weight
        return slices if weight is None else [part for part in slices if weight[part].any()]

    def _chunk(self, part: slice) -> Chunk:
        """The rows of a slice whose weight is above zero; a view unless some are left out."""
        weight = None if self.sample_weight is None else self.sample_weight[part]
        return Chunk(self.array[part], weight, part.start).of_positive_weight()

    def sum(self, f: Callable[[Chunk], Sum]) -> Sum:
        """Sum of ``f(chunk)`` over all chunks, added from first to last, whichever thread computed them.

        If ``f`` has a method ``of_whole``, which computes the sum for an array by threads of its own, and `whole` is
        not None, that method is called instead.
        """
        whole = self.whole if hasattr(f, "of_whole") else None
        if whole is not None:
            return f.of_whole(whole)  # type: ignore[attr-defined] # hasattr said so
        return reduce(add, map_in_order(lambda part: f(self._chunk(part)), self._chunk_slices(), self.threads))

    def rows(self, n: int, rng: Rng) -> Chunk:
        """A random sample of n rows of positive weight without replacement, in their order; all if there are fewer."""
        count, whole = self.n_rows, Chunk(self.array, self.sample_weight)
        chosen = np.arange(count) if n >= count else np.sort(rng.choice(count, size=n, replace=False))
        if self.sample_weight is None:
            return whole if n >= count else whole.take(chosen)
        return whole.take(np.flatnonzero(self.sample_weight)[chosen])

    def map_rows(self, f: Callable[[Rows], NDArray[Any]]) -> NDArray[Any]:
        """``f(rows)`` of all rows, (length,) or (length, k)."""
        return f(self.array)

    def take(self, positions: NDArray[np.intp]) -> ArraySource:
        """A source of the rows at these positions, in this order."""
        weight = None if self.sample_weight is None else self.sample_weight[positions]
        return replace(self, array=self.array[positions], sample_weight=weight)

    def reweighted(self, factor: Array) -> ArraySource:
        """A source of the same rows with their weights multiplied by ``factor``, (length,)."""
        weight = np.asarray(factor, dtype=np.float64)
        return replace(self, sample_weight=weight if self.sample_weight is None else self.sample_weight * weight)
