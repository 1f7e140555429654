"""The source of rows that were measured incompletely or inexactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rng, Rows, chunk_slices, map_in_order
from mixtura.data.array import ArraySource
from mixtura.data.chunk import Chunk
from mixtura.data.measurement import MISSING_VALUES, Measurement
from mixtura.data.source import Source, Sum
from mixtura.errors import DataError


@dataclass(frozen=True, eq=False)
class MeasuredSource:
    """A source of rows in memory with how they were measured; sums see those that were measured alike together.

    Attributes
    ----------
    given : ArraySource
        The rows as they are; missing values are NaN.
    completed : ArraySource
        The same rows with something likely in place of what is not known, of which samples are drawn.
    measurement : Measurement
        How they were measured, by which a kernel for them is chosen.
    """

    given: ArraySource
    completed: ArraySource
    measurement: Measurement = MISSING_VALUES

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
        seen = ~np.isnan(given.array)
        if not seen.any(axis=0).all():
            column = int(seen.any(axis=0).argmin())
            label = f'column "{columns[column]}"' if columns else f"column {column}"
            raise DataError(f"X, {label}: all values are missing; leave the column out")
        some = seen.any(axis=1)
        own = given if some.all() else given.reweighted(np.asarray(some, dtype=np.float64))
        return cls(own, replace(own, array=with_means(own.array)), measurement)

    def completed_by(self, rows: Rows) -> MeasuredSource:
        """The source with other completed rows, (n, d)."""
        return replace(self, completed=replace(self.completed, array=rows))

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
    def dtype(self) -> np.dtype[Any]:
        """Type of the rows' values."""
        return self.given.dtype

    @property
    def whole(self) -> None:
        """None: kernels take the rows in parts."""

    @property
    def threads(self) -> int | None:
        """Number of threads, if it was given."""
        return self.given.threads

    @property
    def weights_are(self) -> str | None:
        """What the weights are."""
        return self.given.weights_are

    @cached_property
    def _ordered(self) -> tuple[Rows, NDArray[np.intp]]:
        """The rows of positive weight, those that were measured alike together, and their positions."""
        positions = np.arange(self.length)
        if self.given.sample_weight is not None:
            positions = np.flatnonzero(self.given.sample_weight)
        order = positions[self.measurement.take(positions).order(self.given.array[positions])]
        return self.given.array[order], order

    def sum(self, f: Callable[[Chunk], Sum]) -> Sum:
        """Sum of ``f(chunk)`` over all chunks, added in a fixed order; rows measured alike follow each other."""
        rows, order = self._ordered
        weight = None if self.given.sample_weight is None else self.given.sample_weight[order]

        def of_part(part: slice) -> Sum:
            own = order[part]
            return f(Chunk(rows[part], None if weight is None else weight[part], 0, own, self.measurement.take(own)))

        return reduce(add, map_in_order(of_part, chunk_slices(*rows.shape), self.threads))

    def rows(self, n: int, rng: Rng) -> Chunk:
        """A random sample of n completed rows of positive weight, in their order; all if there are fewer."""
        return self.completed.rows(n, rng)

    def given_rows(self, n: int, rng: Rng) -> Chunk:
        """The same sample as `rows`, as the rows are."""
        chunk = self.completed.rows(n, rng)
        return replace(chunk, rows=self.given.array[chunk.positions])

    def map_rows(self, f: Callable[[Rows], NDArray[Any]]) -> NDArray[Any]:
        """``f(rows)`` of all rows, (length,) or (length, k)."""
        return f(self.given.array)

    def take(self, positions: NDArray[np.intp]) -> MeasuredSource:
        """A source of the rows at these positions, in this order."""
        given, completed = self.given.take(positions), self.completed.take(positions)
        return MeasuredSource(given, completed, self.measurement.take(positions))

    def reweighted(self, factor: Array) -> MeasuredSource:
        """A source of the same rows with their weights multiplied by ``factor``, (length,)."""
        return replace(self, given=self.given.reweighted(factor), completed=self.completed.reweighted(factor))


def completed_part(source: Source) -> Source:
    """The completed rows of a source; the source itself where all rows are complete and exact."""
    return source.completed if isinstance(source, MeasuredSource) else source


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
