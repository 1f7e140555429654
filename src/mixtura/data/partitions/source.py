"""The source of rows that an engine, such as Dask or Spark, holds in partitions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rng, Rows, format_count, format_list
from mixtura.data.array import ArraySource
from mixtura.data.chunk import Chunk
from mixtura.data.measurement import MISSING_VALUES, Measurement
from mixtura.data.partitions.base import Partitions, Task
from mixtura.data.partitions.survey import OnUsedRows, PartitionSurvey, TakeSurvey, check_survey
from mixtura.data.partitions.tasks import CountPositive, MapRows, SumOfChunks, TakeRows, TakeStored
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
from mixtura.data.usable_rows import check_missing_action
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
    missing : {"error", "drop", "model"}
        What is done about missing values.

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
    missing: str = "error"

    @classmethod
    def of(
        cls,
        partitions: Partitions,
        *,
        weighted: bool = False,
        weights_are: str | None = None,
        missing: str = "model",
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
        missing : {"error", "drop", "model"}
            As in `mixtura.scan`.
        threads : int, optional

        Raises
        ------
        DataError
            If a cell cannot be used; the message names the row, the partition and the column.
        """
        check_missing_action(missing)
        surveys = _sum_of_all(partitions, TakeSurvey(weighted, missing), [None] * partitions.count) or ()
        check_survey(surveys, partitions.columns, partitions.name)
        kind, scale = None, None
        if weighted:
            weight, squares = (sum(getattr(each, name) for each in surveys) for name in ("weight", "squares"))
            whole = all(each.whole for each in surveys)
            kind, scale = kind_and_scale(weight, squares, whole=whole, weights_are=weights_are)
        none = Chunk(np.empty((0, partitions.n_columns - weighted), partitions.dtype))
        source = cls(partitions, surveys, none, StoredWeights(scale), None, threads, kind, missing)
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
    def holes(self) -> tuple[int, ...]:
        """Number of missing values of each column."""
        return tuple(np.sum([survey.holes for survey in self.surveys if survey.length], axis=0).tolist())

    @property
    def measurement(self) -> Measurement | None:
        """That values are missing, which are NaN, if some are."""
        return MISSING_VALUES if any(self.holes) else None

    @property
    def whole(self) -> None:
        """None, since the rows are not in memory."""

    def sum(self, f: Callable[[Chunk], Sum]) -> Sum:
        """Sum of ``f(chunk)`` over the chunks of all partitions, added along a fixed tree.

        Partitions are cut into chunks as arrays are. What ``f`` refers to travels to the engine's workers by pickle.
        """
        total: Sum | None = self.total_of(SumOfChunks(f, self.weights))
        return f(Chunk(self.sample.rows[:0])) if total is None else total  # all weights are zero

    def total_of(self, task: Task, *more: Sequence[Any]) -> Any:
        """The sum of a task's values over all partitions.

        Its argument has the position of the partition's first row, the factors of its weights, and what else is given.
        """
        parts: Sequence[Any] = [None] * self.partitions.count
        if self.factor is not None:
            parts = [self.factor[slice(*ends)] for ends in zip(self.starts, self.starts[1:], strict=False)]
        if self.missing != "error":
            task = OnUsedRows(task, self.missing, self.weights.scale is not None)
        arguments = list(zip(self.starts, parts, *more, strict=False))
        return _sum_of_all(self.partitions, task, arguments)

    def rows(self, n: int, rng: Rng) -> Chunk:
        """A random sample of n rows of positive weight, in their order; all rows if there are fewer.

        Up to the size of ``sample`` it is a part of that; more rows are fetched from the engine.
        """
        return part_of_sample(self.sample, n, self.n_rows, rng, self._gather)

    def _gather(self, n: int, rng: Rng) -> Chunk:
        """A random sample of n rows of positive weight, from the engine."""
        chosen = chosen_rows(n, self.n_rows, rng)
        counts = [survey.positive for survey in self.surveys]
        return joined(self.total_of(TakeRows(self.weights), _by_partition(chosen, counts)))

    def take(self, positions: NDArray[np.intp]) -> ArraySource:
        """A source, in memory, of the rows at these positions, in this order."""
        order = np.argsort(positions, kind="stable")
        lengths = [survey.length for survey in self.surveys]
        wanted = _by_partition(np.asarray(positions)[order], lengths)
        rows, weights = zip(*self.total_of(TakeStored(self.weights), wanted), strict=True)
        back = np.argsort(order, kind="stable")
        weight = None if weights[0] is None else np.concatenate(weights)[back]
        return ArraySource(np.ascontiguousarray(np.concatenate(rows)[back]), weight, self.threads, self.weights_are)

    def reweighted(self, factor: Array) -> PartitionSource:
        """A source of the same rows with their weights multiplied by ``factor``, (length,)."""
        both = np.asarray(factor, dtype=np.float64) * (1.0 if self.factor is None else self.factor)
        same = replace(self, factor=both)
        counts = same.total_of(CountPositive(self.weights))
        surveys = tuple(replace(one, positive=count) for one, count in zip(self.surveys, counts, strict=True))
        return replace(same, surveys=surveys, sample=reweighted_sample(self.sample, factor))

    def map_rows(self, f: Callable[[Rows], NDArray[Any]]) -> NDArray[Any]:
        """``f(rows)`` of all rows in their order, in memory, (length,) or (length, k)."""
        found: tuple[NDArray[Any], ...] = self.total_of(MapRows(f, self.weights))
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
