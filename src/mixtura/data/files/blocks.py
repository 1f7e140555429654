"""Blocks of equal numbers of rows: made of batches, and kept in a file that holds them column by column."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

import numpy as np

from mixtura._support import Rows
from mixtura.data.files.open_file import OpenFile
from mixtura.data.stored import rows_per_block
from mixtura.errors import DataError

Result = TypeVar("Result")

# Fraction of the free disk space that a file of blocks may take, unless told.
FREE_FRACTION = 0.8


class Blocks(Protocol):
    """All rows in blocks, which can be read again and again."""

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and of columns."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""

    def __iter__(self) -> Iterator[Rows]:
        """The blocks in order, each an array of its own."""


def in_blocks(parts: Iterable[Rows], n_columns: int, dtype: np.dtype[Any]) -> Iterator[Rows]:
    """Rows that come in parts of any size, in blocks of equal size, column by column in memory; the last has fewer.

    Examples
    --------
    >>> parts = [np.ones((40_000, 8)), np.ones((30_000, 8))]
    >>> [len(block) for block in in_blocks(parts, 8, np.dtype(float))]
    [65536, 4464]
    """
    size = rows_per_block(n_columns)
    block, filled = np.empty((size, n_columns), dtype, order="F"), 0
    for part in parts:
        if len(part) == size and not filled and part.flags.f_contiguous:  # need not be copied
            yield part
            continue
        start = 0
        while start < len(part):
            count = min(size - filled, len(part) - start)
            block[filled : filled + count] = part[start : start + count]
            start, filled = start + count, filled + count
            if filled == size:
                yield block
                block, filled = np.empty((size, n_columns), dtype, order="F"), 0
    if filled:
        yield np.asfortranarray(block[:filled])


@dataclass(frozen=True, slots=True, eq=False)
class Spool:
    """Blocks in a temporary file without a name, which the system deletes when it is closed or the process ends.

    Attributes
    ----------
    file : OpenFile
    shape : (int, int)
        Number of rows and of columns.
    dtype : dtype
    """

    file: OpenFile
    shape: tuple[int, int]
    dtype: np.dtype[Any]

    @classmethod
    def of(cls, blocks: Iterable[Rows], n_columns: int, dtype: Any, *, limit: int | None, folder: str | None) -> Spool:
        """Write blocks to a new file.

        Raises
        ------
        DataError
            If it would be larger than ``limit`` bytes, or unless told than four fifths of the free space.
        """
        file = _writable(lambda: OpenFile.temporary(folder), folder)
        limit = int(FREE_FRACTION * shutil.disk_usage(folder or tempfile.gettempdir()).free) if limit is None else limit
        n_rows = size = 0
        for block in blocks:
            n_rows, size = n_rows + len(block), size + block.nbytes
            if size > limit:
                raise DataError(
                    f"the temporary copy of the rows is larger than {limit:,} bytes: give a larger spool=, or spool=0 "
                    "to read the files again in each pass"
                )
            _writable(partial(file.append, np.ascontiguousarray(block.T).data.cast("B")), folder)
        return cls(file, (n_rows, n_columns), dtype)

    def __iter__(self) -> Iterator[Rows]:
        """The blocks in order."""
        n_rows, n_columns = self.shape
        size, offset = rows_per_block(n_columns), 0
        for start in range(0, n_rows, size):
            block = np.empty((n_columns, min(size, n_rows - start)), self.dtype)
            offset += self.file.read_into(block, offset)
            yield block.T


def _writable(write: Callable[[], Result], folder: str | None) -> Result:
    """The result of an attempt to write; DataError if the folder cannot be used or the disk is full."""
    try:
        return write()
    except OSError as error:
        raise DataError(
            f"the temporary copy of the rows cannot be written to {folder or tempfile.gettempdir()} "
            f"({error.strerror}): pass folder= or set TMPDIR to one with more room, or pass spool=0"
        ) from None
