"""Batches of rows, as the readers of files hand them on, and the protocol of these readers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from mixtura._support import Rows


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some rows of a file, in its order.

    Attributes
    ----------
    rows : ndarray of shape (m, d)
        NaN where a cell is empty.
    name : str
        What messages call the file.
    first : int
        Number of the first row in the file, from 1.
    """

    rows: Rows
    name: str
    first: int


class BatchReader(Protocol):
    """A reader of one or more files, which can be read again and again."""

    @property
    def name(self) -> str:
        """What messages call all of it."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all columns that are read."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values, float64 or float32."""

    def batches(self) -> Iterator[Batch]:
        """All rows, in batches that fit into memory."""

    def state(self) -> tuple[tuple[str, int, int], ...]:
        """Name, size and time of change of each file, which tell whether one was changed; empty for other data."""


@dataclass(frozen=True, slots=True, eq=False)
class SomeColumns:
    """A reader of some of another reader's columns; see `BatchReader`."""

    reader: BatchReader
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """See `BatchReader`."""
        return self.reader.name

    @property
    def dtype(self) -> np.dtype[Any]:
        """See `BatchReader`."""
        return self.reader.dtype

    def batches(self) -> Iterator[Batch]:
        """See `BatchReader`."""
        chosen = [self.reader.columns.index(column) for column in self.columns]
        for batch in self.reader.batches():
            yield replace(batch, rows=batch.rows[:, chosen])

    def state(self) -> tuple[tuple[str, int, int], ...]:
        """See `BatchReader`."""
        return self.reader.state()
