"""Batches of rows, as the readers of files hand them on, and the protocol of these readers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeAlias

import numpy as np

from mixtura._support import Rows
from mixtura.errors import DataError


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read, since it has text in place of a number, or too many or too few cells.

    Attributes
    ----------
    index : int
        Of the row in its batch, from 0.
    reason : str
        What is wrong, with the column and the text, as it follows the number of the row in a message.
    """

    index: int
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some rows of a file, in its order.

    Attributes
    ----------
    rows : ndarray of shape (m, d)
        NaN where a cell is empty, and in rows that cannot be read.
    name : str
        What messages call the file.
    first : int
        Number of the first row in the file, from 1.
    bad : tuple of BadRow
        Those that cannot be read, in their order.
    """

    rows: Rows
    name: str
    first: int
    bad: tuple[BadRow, ...] = ()


@dataclass(frozen=True, slots=True)
class AvailableColumns:
    """The columns of files, of which some are used.

    Attributes
    ----------
    names : tuple of str
    numeric : tuple of str
        Those that hold numbers.
    single : frozenset of str
        Those that hold float32.
    marked : mapping from str to str
        A number of each column of numbers that are not plain, such as 1,234.50.
    keys : tuple of str
        Of Hive partitions, in the names of the folders; they are used only if they are asked for by name.
    """

    names: tuple[str, ...]
    numeric: tuple[str, ...]
    single: frozenset[str] = frozenset()
    marked: Mapping[str, str] = field(default_factory=dict)
    keys: tuple[str, ...] = ()


# Some rows of a file, and those among them that cannot be read.
Part: TypeAlias = tuple[Rows, tuple[BadRow, ...]]


@dataclass(frozen=True, slots=True)
class Format:
    """How files of one format are read.

    Attributes
    ----------
    describe : callable
        From an open file to its columns.
    parts : callable
        From an open file, names of columns and the type of values to parts of its rows.
    count : callable
        From an open file to the number of its rows; None if that takes reading all of it.
    """

    describe: Callable[[Any], AvailableColumns]
    parts: Callable[[Any, Sequence[str], np.dtype[Any]], Iterator[Part]]
    count: Callable[[Any], int | None] = lambda _: None


def absent(column: str) -> DataError:
    """The error that a file lacks a column."""
    return DataError(f'there is no column "{column}", which the files before it have')


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

    @property
    def n_rows(self) -> int | None:
        """Number of rows, if the files say it; else None."""

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

    @property
    def n_rows(self) -> int | None:
        """See `BatchReader`."""
        return self.reader.n_rows

    def batches(self) -> Iterator[Batch]:
        """See `BatchReader`."""
        chosen = [self.reader.columns.index(column) for column in self.columns]
        for batch in self.reader.batches():
            yield replace(batch, rows=batch.rows[:, chosen])

    def state(self) -> tuple[tuple[str, int, int], ...]:
        """See `BatchReader`."""
        return self.reader.state()
