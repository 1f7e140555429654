"""Arrays in .npy files, of which some rows are read at a time, as they lie on the disk, with no copy of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from mixtura._support import Rows
from mixtura.data.files.batches import AvailableColumns, Batch, BatchReader, SomeColumns
from mixtura.data.files.open_file import OpenFile
from mixtura.data.stored import rows_per_block
from mixtura.errors import DataError


@dataclass(frozen=True, slots=True, eq=False)
class NpyRows:
    """The array of one file: blocks of its rows, and a reader of them in batches.

    Attributes
    ----------
    path : str
    file : OpenFile
    shape : (int, int)
    dtype : dtype
        float64 or float32.
    offset : int
        Where the values begin, in bytes.
    by_columns : bool
        Whether the values of a column follow each other, not those of a row.
    """

    path: str
    file: OpenFile
    shape: tuple[int, int]
    dtype: np.dtype[Any]
    offset: int
    by_columns: bool

    @classmethod
    def of(cls, path: str) -> NpyRows:
        """The array in a file, which stays open.

        Raises
        ------
        DataError
            If it is not a matrix or a vector of floating-point numbers.
        """
        with Path(path).open("rb") as file:
            shape, by_columns, dtype = _read_header(file, path)
            offset = file.tell()
        width = shape[1] if len(shape) > 1 else 1
        return cls(path, OpenFile.reading(path), (shape[0], width), dtype, offset, by_columns and width > 1)

    @property
    def name(self) -> str:
        """What messages call the file."""
        return Path(self.path).name

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns: their numbers from 1, with an x before."""
        return tuple(f"x{j + 1}" for j in range(self.shape[1]))

    @property
    def available(self) -> AvailableColumns:
        """The columns, all of which hold numbers of one type."""
        return AvailableColumns(self.columns, self.columns, frozenset(self.columns if self.dtype.itemsize == 4 else ()))

    def reader(self, columns: tuple[str, ...], _dtype: np.dtype[Any]) -> BatchReader:
        """A reader of some of the columns, whose type is that of the array."""
        return self if columns == self.columns else SomeColumns(self, columns)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.shape[0]

    def __iter__(self) -> Iterator[Rows]:
        """The rows in blocks."""
        step = rows_per_block(self.shape[1])
        for start in range(0, self.shape[0], step):
            yield self._block(start, min(step, self.shape[0] - start))

    def _block(self, start: int, count: int) -> Rows:
        """Some of the rows."""
        (n_rows, width), size = self.shape, self.dtype.itemsize
        if not self.by_columns:
            block = np.empty((count, width), self.dtype)
            self.file.read_into(block, self.offset + start * width * size)
            return block
        block = np.empty((width, count), self.dtype)
        for j in range(width):
            self.file.read_into(block[j], self.offset + (j * n_rows + start) * size)
        return block.T

    def batches(self) -> Iterator[Batch]:
        """See `mixtura.data.files.batches.BatchReader`."""
        first = 1
        for block in self:
            yield Batch(block, self.name, first)
            first += len(block)

    def state(self) -> tuple[tuple[str, int, int], ...]:
        """See `mixtura.data.files.batches.BatchReader`."""
        found = Path(self.path).stat()
        return ((self.path, found.st_size, found.st_mtime_ns),)


def _read_header(file: IO[bytes], path: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape of the array of a file, whether its columns follow each other, and its type."""
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, by_columns, dtype = read(file)
    except ValueError as error:
        raise DataError(f"{path}: this is no .npy file ({error})") from None
    if not (len(shape) in (1, 2) and shape[0]) or dtype not in (np.dtype("<f8"), np.dtype("<f4")):
        raise DataError(
            f"{path}: an array of shape {shape} and type {dtype}; expected (rows, columns) of float64 or float32"
        )
    return shape, by_columns, dtype
