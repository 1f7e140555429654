"""The source of rows that an engine, such as Dask or Spark, holds in partitions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import accumulate
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rng, Rows, chunk_slices, format_count, format_list
from mixtura.data.array import ArraySource
from mixtura.data.chunk import Chunk
from mixtura.data.partitions.base import Partitions, Task
from mixtura.data.partitions.survey import OnCompleteRows, PartitionSurvey, TakeSurvey, check_survey
from mixtura.data.source import Sum
from mixtura.data.stored import (
    StoredWeights,
    chosen_rows,
    joined,
    kind_and_scale,
    part_of_sample,
    reweighted_sample,
    sample_size,
)
from mixtura.errors import DataError


@dataclass(frozen=True, eq=False)
class PartitionSource:
    """Rows in partitions that an engine holds; sums are computed where the rows are, and only sums travel.

    `mixtura.scan` makes it of the tables of Dask and Spark.

    Attributes
    ----------
    partitions : Partitions
    surveys : tuple of PartitionSurvey
        What the first pass found out about each partition.
    sample : Chunk
        A random sample of the rows of positive weight, in memory.
    weights : StoredWeights
    factor : ndarray of shape (length,), or None
        By what the rows' weights are multiplied, besides.
    threads : int, optional
        For computations with rows in memory; the engine has its own.
    weights_are : {"counts", "sampling"} or None
        As in `mixtura.fit`.
    drop : bool
        Whether rows with a missing cell are left out.

    Examples
    --------
    >>> import dask.array as da
    >>> import mixtura
    >>> mixtura.scan(da.ones((6, 2), chunks=(3, 2)))
    <PartitionSource of 6 rows in 2 columns, in 2 partitions>
    """

    partitions: Partitions
    surveys: tuple[PartitionSurvey, ...]
    sample: Chunk
    weights: StoredWeights
    factor: Array | None = None
    threads: int | None = None
    weights_are: str | None = None
    drop: bool = False

    @classmethod
    def of(
        cls,
        partitions: Partitions,
        *,
        weighted: bool = False,
        weights_are: str | None = None,
        missing: str = "error",
        threads: int | None = None,
    ) -> PartitionSource:
        """The source of partitions, after a pass that checks and counts the rows, and one that draws a sample.

        Parameters
        ----------
        partitions : Partitions
        weighted : bool
            Whether their last column holds the rows' weights.
        weights_are : {"counts", "sampling"}, optional
            As in `mixtura.fit`.
        missing : {"error", "drop"}
            Whether an empty or infinite cell is an error, or its row is left out.
        threads : int, optional

        Raises
        ------
        DataError
            If a cell cannot be used; the message names the row, the partition and the column.
        """
        drop = missing == "drop"
        surveys = _sum_of_all(partitions, TakeSurvey(weighted, drop), [None] * partitions.count) or ()
        check_survey(surveys, partitions.columns, partitions.name)
        kind, scale = None, None
        if weighted:
            weight, squares = (sum(getattr(each, name) for each in surveys) for name in ("weight", "squares"))
            whole = all(each.whole for each in surveys)
            kind, scale = kind_and_scale(weight, squares, whole=whole, weights_are=weights_are)
        none = Chunk(np.empty((0, partitions.n_columns - weighted), partitions.dtype))
        source = cls(partitions, surveys, none, StoredWeights(scale), None, threads, kind, drop)
        rng = np.random.default_rng(0)
        return replace(source, sample=source._gather(min(sample_size(source.n_features), source.n_rows), rng))

    def __repr__(self) -> str:
        names = f" ({format_list(self.columns)})" if self.columns else ""
        where = format_count(self.partitions.count, "partition")
        return f"<PartitionSource of {self.n_rows:,} rows in {self.n_features} columns{names}, in {where}>"

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of the columns, if they have some."""
        names = self.partitions.columns
        return names if names is None else names[: self.n_features]

    @property
    def n_rows(self) -> int:
        """Number of rows whose weight is above zero."""
        return sum(survey.positive for survey in self.surveys)

    @cached_property
    def starts(self) -> list[int]:
        """Position of each partition's first row, and at the end the number of rows."""
        return list(accumulate((survey.length for survey in self.surveys), initial=0))

    @property
    def length(self) -> int:
        """Number of rows, those of weight zero included."""
        return self.starts[-1]

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.partitions.n_columns - (self.weights.scale is not None)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the rows' values."""
        return self.partitions.dtype

    @property
    def whole(self) -> None:
        """None, since the rows are not in memory."""

    def sum(self, f: Callable[[Chunk], Sum]) -> Sum:
        """Sum of ``f(chunk)`` over the chunks of all partitions, added along a fixed tree.

        Partitions are cut into chunks as arrays are. What ``f`` refers to travels to the engine's workers by pickle.
        """
        total: Sum | None = self.total_of(_SumOfChunks(f, self.weights))
        return f(Chunk(self.sample.rows[:0])) if total is None else total  # all weights are zero

    def total_of(self, task: Task, *more: Sequence[Any]) -> Any:
        """The sum of a task's values over all partitions.

        Its argument has the position of the partition's first row, the factors of its weights, and what else is given.
        """
        parts: Sequence[Any] = [None] * self.partitions.count
        if self.factor is not None:
            parts = [self.factor[slice(*ends)] for ends in zip(self.starts, self.starts[1:], strict=False)]
        arguments = list(zip(self.starts, parts, *more, strict=False))
        return _sum_of_all(self.partitions, OnCompleteRows(task) if self.drop else task, arguments)

    def rows(self, n: int, rng: Rng) -> Chunk:
        """A random sample of n rows of positive weight, in their order; all rows if there are fewer.

        Up to the size of ``sample`` it is a part of that; more rows are fetched from the engine.
        """
        return part_of_sample(self.sample, n, self.n_rows, rng, self._gather)

    def _gather(self, n: int, rng: Rng) -> Chunk:
        """A random sample of n rows of positive weight, from the engine."""
        chosen = chosen_rows(n, self.n_rows, rng)
        counts = [survey.positive for survey in self.surveys]
        return joined(self.total_of(_TakeRows(self.weights), _by_partition(chosen, counts)))

    def take(self, positions: NDArray[np.intp]) -> ArraySource:
        """A source, in memory, of the rows at these positions, in this order."""
        order = np.argsort(positions, kind="stable")
        lengths = [survey.length for survey in self.surveys]
        wanted = _by_partition(np.asarray(positions)[order], lengths)
        rows, weights = zip(*self.total_of(_TakeStored(self.weights), wanted), strict=True)
        back = np.argsort(order, kind="stable")
        weight = None if weights[0] is None else np.concatenate(weights)[back]
        return ArraySource(np.ascontiguousarray(np.concatenate(rows)[back]), weight, self.threads, self.weights_are)

    def reweighted(self, factor: Array) -> PartitionSource:
        """A source of the same rows with their weights multiplied by ``factor``, (length,)."""
        both = np.asarray(factor, dtype=np.float64) * (1.0 if self.factor is None else self.factor)
        same = replace(self, factor=both)
        counts = same.total_of(_CountPositive(self.weights))
        surveys = tuple(replace(one, positive=count) for one, count in zip(self.surveys, counts, strict=True))
        return replace(same, surveys=surveys, sample=reweighted_sample(self.sample, factor))

    def map_rows(self, f: Callable[[Rows], NDArray[Any]]) -> NDArray[Any]:
        """``f(rows)`` of all rows in their order, in memory, (length,) or (length, k)."""
        found: tuple[NDArray[Any], ...] = self.total_of(_MapRows(f, self.weights))
        return np.concatenate(found)


def _sum_of_all(partitions: Partitions, task: Task, arguments: Sequence[Any]) -> Any:
    """The sum of a task's values over all partitions; DataError if the engine has lost or doubled one."""
    found = partitions.reduce(task, arguments)
    if found.count != partitions.count:
        raise DataError(
            f"{partitions.name}: a pass added {format_count(found.count, 'partition')} of {partitions.count}; the rows "
            "have changed since the first pass"
        )
    return found.total()


def _by_partition(positions: NDArray[np.intp], counts: Sequence[int]) -> list[NDArray[np.intp]]:
    """Ascending positions in parts, one for each partition of so many rows, in which they count from 0.

    Examples
    --------
    >>> [part.tolist() for part in _by_partition(np.array([0, 3, 4]), [2, 0, 3])]
    [[0], [], [1, 2]]
    """
    starts = [0, *accumulate(counts)]
    ends = np.searchsorted(positions, starts)
    return [positions[a:b] - start for a, b, start in zip(ends, ends[1:], starts, strict=False)]


@dataclass(frozen=True, slots=True)
class _SumOfChunks:
    """The sum of a function over the chunks of a partition; None if none of its rows has a positive weight."""

    f: Callable[[Chunk], Any]
    weights: StoredWeights

    def __call__(self, block: Rows, place: tuple[int, Array | None]) -> Any:
        start, factor = place
        whole = self.weights.chunk(block, start, None, factor)
        if not len(whole.rows):
            return None
        return reduce(add, map(self.f, whole.parts(chunk_slices(*whole.rows.shape))))


@dataclass(frozen=True, slots=True)
class _TakeRows:
    """Some of a partition's rows of positive weight, as a list of one chunk."""

    weights: StoredWeights

    def __call__(self, block: Rows, place: tuple[int, Array | None, NDArray[np.intp]]) -> list[Chunk] | None:
        start, factor, chosen = place
        chunk = self.weights.chunk(block, start, None, factor).take(chosen)
        return [chunk] if len(chosen) else None


@dataclass(frozen=True, slots=True)
class _TakeStored:
    """Some of a partition's rows and their weights, those of weight zero included, as a list of one pair."""

    weights: StoredWeights

    def __call__(self, block: Rows, place: tuple[int, Array | None, NDArray[np.intp]]) -> Any:
        _, factor, chosen = place
        stored, own = block[chosen], None if factor is None else factor[chosen]
        rows = stored if self.weights.scale is None else stored[:, :-1]
        return [(rows, self.weights.weights(stored, own))] if len(chosen) else None


@dataclass(frozen=True, slots=True)
class _CountPositive:
    """The number of a partition's rows of positive weight, as a tuple of one."""

    weights: StoredWeights

    def __call__(self, block: Rows, place: tuple[int, Array | None]) -> tuple[int, ...]:
        return (len(self.weights.chunk(block, place[0], None, place[1]).rows),)


@dataclass(frozen=True, slots=True)
class _MapRows:
    """A function of a partition's rows, those of weight zero included, as a tuple of one array."""

    f: Callable[[Rows], NDArray[Any]]
    weights: StoredWeights

    def __call__(self, block: Rows, place: Any) -> tuple[NDArray[Any], ...] | None:
        if not len(block):
            return None
        return (self.f(block if self.weights.scale is None else block[:, :-1]),)
