"""The source of rows that were measured incompletely or inexactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mixtura._support import Array, Rng, Rows, chunk_slices, map_in_order
from mixtura.data.array import ArraySource
from mixtura.data.chunk import Chunk
from mixtura.data.completed import completed_source
from mixtura.data.intervals import Intervals
from mixtura.data.measurement import MISSING_VALUES, Measurement
from mixtura.data.missing_counts import MissingCounts
from mixtura.data.row_noise import RowNoise
from mixtura.data.row_values import map_rows
from mixtura.data.source import Source, Sum, WholeArray
from mixtura.data.usable_rows import check_some_values

# Rows of a source that is not in memory in which patterns of missing values are counted.
SAMPLE_ROWS = 100_000


@dataclass(frozen=True, eq=False)
class MeasuredSource:
    """A source of rows with how they were measured; in memory sums see those that were measured alike together.

    Attributes
    ----------
    given : Source
        The rows as they are; missing values are NaN.
    completed : Source
        The same rows with something likely in place of what is not known, of which samples are drawn.
    measurement : Measurement
        How they were measured, by which a kernel for them is chosen.
    drawn : ArraySource or None
        Several completions of each row, among which its weight is divided, where rows count for many.
    """

    given: Source
    completed: Source
    measurement: Measurement = MISSING_VALUES
    drawn: ArraySource | None = None

    @classmethod
    def of(
        cls, given: ArraySource, measurement: Measurement = MISSING_VALUES, columns: Sequence[str] | None = None
    ) -> MeasuredSource:
        """The source of some rows, whose missing values are for the time being completed by the columns' means.

        Rows without any value get weight zero.

        Raises
        ------
        DataError
            If a column has no value; ``columns`` are the names for the message.
        """
        missing = np.isnan(given.array)
        check_some_values(missing.sum(axis=0), len(missing), columns, "X")
        some = ~missing.all(axis=1)
        own = given if some.all() else given.reweighted(np.asarray(some, dtype=np.float64))
        return cls(own, replace(own, array=_first_guess(own.array, measurement)), measurement)

    def completed_by(self, complete: Callable[[Rows], Rows]) -> MeasuredSource:
        """The source with rows that a function completes, (n, d) -> (n, d)."""
        return replace(self, completed=completed_source(self.given, complete))

    @property
    def n_rows(self) -> int:
        """Number of rows whose weight is above zero."""
        return self.given.n_rows

    @property
    def n_features(self) -> int:
        """Number of columns of the completed rows, which may be others than those of the rows as they are."""
        return self.completed.n_features

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
        """None: kernels take the rows in parts."""

    @property
    def threads(self) -> int | None:
        """Number of threads, if it was given."""
        return getattr(self.given, "threads", None)

    @property
    def weights_are(self) -> str | None:
        """What the weights are."""
        return getattr(self.given, "weights_are", None)

    @cached_property
    def _ordered(self) -> Chunk | None:
        """The rows of positive weight, those that were measured alike together; None unless they lie in memory."""
        if not isinstance(self.given, ArraySource):
            return None
        weight = self.given.sample_weight
        positions = np.arange(self.length) if weight is None else np.flatnonzero(weight)
        order = positions[self.measurement.take(positions).order(self.given.array[positions])]
        own = None if weight is None else weight[order]
        return Chunk(self.given.array[order], own, 0, order, self.measurement.take(order))

    def sum(self, f: Callable[[Chunk], Sum]) -> Sum:
        """Sum of ``f(chunk)`` over all chunks, added in a fixed order; rows measured alike follow each other."""
        ordered = self._ordered
        if ordered is None:
            return self.given.sum(f)
        if hasattr(f, "of_whole"):
            return f.of_whole(WholeArray(ordered, self.threads))
        slices = chunk_slices(*ordered.rows.shape)
        return reduce(add, map_in_order(lambda part: f(ordered.take(part)), slices, self.threads))

    def rows(self, n: int, rng: Rng) -> Chunk:
        """A random sample of n completed rows of positive weight, in their order; all if there are fewer."""
        return self.completed.rows(n, rng)

    def given_rows(self, n: int, rng: Rng) -> Chunk:
        """The same sample as `rows`, as the rows are; completed if these have other columns."""
        return (self.given if self.n_features == self.given.n_features else self.completed).rows(n, rng)

    @cached_property
    def missing_counts(self) -> MissingCounts | None:
        """How many values are missing, by column and pattern, of the rows of positive weight; None if none are."""
        if isinstance(self.given, ArraySource):
            ordered = self._ordered
            rows = self.given.array if ordered is None else ordered.rows
            how = self.measurement if ordered is None else ordered.measurement
            found = MissingCounts.of(np.where(how.bounded(rows), 0.0, rows) if isinstance(how, Intervals) else rows)
            return found if found.n_missing else None
        sample = self.given.rows(SAMPLE_ROWS, np.random.default_rng(0)).rows
        by_column: tuple[int, ...] | None = getattr(self.given, "holes", None)
        return MissingCounts.of(sample, n_rows=self.n_rows, by_column=by_column)

    def map_rows(self, f: Callable[[Rows], NDArray[Any]]) -> NDArray[Any]:
        """``f(rows)`` of all rows, (length,) or (length, k)."""
        return map_rows(self.given, f)

    def take(self, positions: NDArray[np.intp]) -> MeasuredSource:
        """A source of the rows at these positions, in this order."""
        given, completed = self.given.take(positions), self.completed.take(positions)
        return MeasuredSource(given, completed, self.measurement.take(positions))

    def reweighted(self, factor: Array) -> MeasuredSource:
        """A source of the same rows with their weights multiplied by ``factor``, (length,)."""
        return MeasuredSource(self.given.reweighted(factor), self.completed.reweighted(factor), self.measurement)


def as_measured_source(source: Source, complete: Callable[[Rows], Rows]) -> Source:
    """A source whose rows were not all measured completely, with rows that a function completes; others as they are."""
    if isinstance(source, MeasuredSource):
        return source.completed_by(complete)
    measurement: Measurement | None = getattr(source, "measurement", None)
    return source if measurement is None else MeasuredSource(source, completed_source(source, complete), measurement)


def completed_part(source: Source) -> Source:
    """The completed rows of a source; the source itself where all rows are complete and exact."""
    return source.completed if isinstance(source, MeasuredSource) else source


def _first_guess(rows: Rows, measurement: Measurement) -> Rows:
    """What rows may be where they are not known: means of the columns, or, of projected ones, by least squares."""
    if isinstance(measurement, RowNoise) and measurement.projections is not None:
        return measurement.first_guess(rows)
    return with_means(rows)


def rows_for_named_starts(source: Source) -> Source:
    """The rows on which starts are found that do not depend on rows' positions: all completions, if there are several.

    Examples
    --------
    >>> source = ArraySource.of([1.0, 2.0])
    >>> rows_for_named_starts(source) is source
    True
    """
    own = source.drawn if isinstance(source, MeasuredSource) else None
    return completed_part(source) if own is None else own


def with_means(rows: Rows) -> Rows:
    """Rows with each missing value replaced by its column's mean.

    Examples
    --------
    >>> with_means(np.array([[1.0, 2.0], [3.0, np.nan]])).tolist()
    [[1.0, 2.0], [3.0, 2.0]]
    """
    missing = np.isnan(rows)
    counts = np.maximum((~missing).sum(axis=0), 1)
    means = np.where(missing, 0, rows).sum(axis=0, dtype=np.float64) / counts
    return np.where(missing, means.astype(rows.dtype), rows)
