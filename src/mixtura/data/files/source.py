"""The source of rows that are read block by block, from a temporary copy of files that do not fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rng, Rows, format_list, reduce_in_order
from mixtura.data.array import ArraySource
from mixtura.data.chunk import Chunk
from mixtura.data.files.blocks import Blocks
from mixtura.data.measurement import Measurement
from mixtura.data.source import Sum
from mixtura.data.stored import StoredWeights, chosen_rows, joined, part_of_sample, reweighted_sample
from mixtura.data.tables import Table


@dataclass(frozen=True, eq=False)
class FileSource:
    """Rows in blocks, which are read one after the other in each pass.

    `mixtura.scan` makes it of files.

    Attributes
    ----------
    blocks : Blocks
        Of the columns, and of the weights as the last column if ``weight_scale`` is not None.
    sample : Chunk
        A random sample of the rows of positive weight, in their order, with their weights.
    n_rows : int
        Number of rows of positive weight.
    columns : tuple of str, or None
        Names of the columns.
    weight_scale : float, or None
        By what the weights are multiplied; None without weights.
    factor : ndarray of shape (length,), or None
        By what the rows' weights are multiplied, besides.
    threads : int, optional
    weights_are : {"counts", "sampling"} or None
        As in `mixtura.fit`.
    notes : tuple of str
        What the user should know about how the files were read.
    gaps : ndarray of int, or None
        Positions, among all rows of the files, of those that were left out.
    name : str
        What messages call the files.
    lengths : tuple of (str, int)
        Name of each file, and the number of its rows, those that were left out included.
    measurement : Measurement or None
        That values are missing, which are NaN, if some are.
    holes : tuple of int
        Number of missing values of each column.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import mixtura
    >>> path = pathlib.Path(tempfile.mkdtemp(), "rows.npy")
    >>> np.save(path, np.arange(6.0).reshape(3, 2))
    >>> source = mixtura.scan(path)
    >>> source.n_rows, source.rows(2, np.random.default_rng(0)).rows.shape
    (3, (2, 2))
    """

    blocks: Blocks
    sample: Chunk
    n_rows: int
    columns: tuple[str, ...] | None = None
    weight_scale: float | None = None
    factor: Array | None = None
    threads: int | None = None
    weights_are: str | None = None
    notes: tuple[str, ...] = ()
    gaps: NDArray[np.intp] | None = None
    name: str = "X"
    lengths: tuple[tuple[str, int], ...] = ()
    measurement: Measurement | None = None
    holes: tuple[int, ...] = ()

    def __repr__(self) -> str:
        names = f" ({format_list(self.columns)})" if self.columns else ""
        return f"<FileSource of {self.n_rows:,} rows in {self.n_features} columns{names}>"

    @property
    def length(self) -> int:
        """Number of rows, those of weight zero included."""
        return self.blocks.shape[0]

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.blocks.shape[1] - (self.weight_scale is not None)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the rows' values."""
        return self.blocks.dtype

    @property
    def whole(self) -> None:
        """None, since the rows are never in memory all at once."""

    def chunks(self) -> Iterator[Chunk]:
        """The rows of positive weight of each block that has any."""
        start = 0
        for block in self.blocks:
            chunk = self.chunk(block, start)
            start += len(block)
            if len(chunk.rows):
                yield chunk

    def chunk(self, block: Rows, start: int, offsets: NDArray[np.intp] | None = None) -> Chunk:
        """The rows of positive weight among rows as they are stored, whose positions are as in `Chunk`."""
        positions = slice(start, start + len(block)) if offsets is None else start + offsets
        return StoredWeights(self.weight_scale).chunk(block, start, offsets, self._factor(positions))

    def _factor(self, positions: slice | NDArray[np.intp]) -> Array | None:
        """By what the weights at some positions are multiplied."""
        return None if self.factor is None else self.factor[positions]

    def tables(self) -> Iterator[Table]:
        """The rows in their order as tables, for what is written row by row; rows that were left out have places."""
        gaps = np.zeros(0, dtype=np.intp) if self.gaps is None else self.gaps
        before, start, total = gaps - np.arange(len(gaps)), 0, self.length + len(gaps)
        first = 0
        for block in self.blocks:
            kept = np.arange(start, start + len(block))
            places = kept + np.searchsorted(before, kept, side="right")
            start += len(block)
            end = total if start == self.length else int(places[-1]) + 1
            rows = block[:, : self.n_features]
            yield Table(rows, self.columns, None, self.name, places - first, end - first)
            first = end

    def sum(self, f: Callable[[Chunk], Sum]) -> Sum:
        """Sum of ``f(chunk)`` over all blocks, added from first to last; blocks are read while others are computed."""
        return reduce_in_order(f, self.chunks(), add, self.threads)

    def map_rows(self, f: Callable[[Rows], NDArray[Any]]) -> NDArray[Any]:
        """``f(rows)`` of all rows in their order, in memory, (length,) or (length, k)."""
        parts: list[NDArray[Any]] = reduce_in_order(
            lambda block: [f(block[:, : self.n_features])], self.blocks, add, self.threads
        )
        return np.concatenate(parts)

    def rows(self, n: int, rng: Rng) -> Chunk:
        """A random sample of n rows of positive weight, in their order; all rows if there are fewer.

        Up to the size of ``sample`` it is a part of that; for more the rows are read.
        """
        return part_of_sample(self.sample, n, self.n_rows, rng, self._read_sample)

    def _read_sample(self, n: int, rng: Rng) -> Chunk:
        """A random sample of n rows of positive weight, by one pass."""
        chosen = chosen_rows(n, self.n_rows, rng)
        parts, before = [], 0
        for chunk in self.chunks():
            here = chosen[np.searchsorted(chosen, before) : np.searchsorted(chosen, before + len(chunk.rows))]
            parts.append(chunk.take(here - before))
            before += len(chunk.rows)
        return joined(parts)

    def take(self, positions: NDArray[np.intp]) -> ArraySource:
        """A source, in memory, of the rows at these positions, in this order."""
        order = np.argsort(positions, kind="stable")
        wanted, start = np.asarray(positions)[order], 0
        rows, weights = [], []
        for block in self.blocks:
            here = wanted[slice(*np.searchsorted(wanted, (start, start + len(block))))]
            chosen = block[here - start]
            rows.append(chosen[:, : self.n_features])
            weights.append(StoredWeights(self.weight_scale).weights(chosen, self._factor(here)))
            start += len(block)
        back = np.argsort(order, kind="stable")
        weight = None if weights[0] is None else np.concatenate([each for each in weights if each is not None])[back]
        return ArraySource(np.ascontiguousarray(np.concatenate(rows)[back]), weight, self.threads, self.weights_are)

    def reweighted(self, factor: Array) -> FileSource:
        """A source of the same rows with their weights multiplied by ``factor``, (length,)."""
        both = np.asarray(factor, dtype=np.float64) * (1.0 if self.factor is None else self.factor)
        same = replace(self, factor=both)
        n_rows = sum(len(chunk.rows) for chunk in same.chunks()) if self.weight_scale else int(np.count_nonzero(both))
        return replace(same, n_rows=n_rows, sample=reweighted_sample(self.sample, factor))
