"""Zarr: an array of two dimensions, or a group of columns, of which whole chunks of rows are read at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from mixtura._support import LazyModule, Rows
from mixtura.data.files.batches import AvailableColumns, Batch
from mixtura.data.files.locate import state_of
from mixtura.data.stored import rows_per_block
from mixtura.errors import DataError, missing_extra

zarr = LazyModule("zarr")

# What broken stores and chunks bring the package to raise.
BROKEN = (OSError, ValueError, RuntimeError, KeyError)

NUMBERS = "biuf"


def is_zarr(address: str, file_format: str | None) -> bool:
    """Whether an address is that of a Zarr store.

    Examples
    --------
    >>> is_zarr("s3://bucket/rows.zarr/", None), is_zarr("rows.csv", None), is_zarr("rows", "zarr")
    (True, False, True)
    """
    return file_format == "zarr" or (file_format is None and address.rstrip("/").lower().endswith(".zarr"))


@dataclass(frozen=True, slots=True, eq=False)
class ZarrStore:
    """An open store.

    Attributes
    ----------
    address, name : str
    arrays : dict
        The array, called "", or those of the group.
    """

    address: str
    name: str
    arrays: dict[str, Any]

    @classmethod
    def of(cls, address: str) -> ZarrStore:
        """Open a store, which must hold columns.

        Raises
        ------
        DataError
            If there is none at the address, or an array of another number of dimensions.
        """
        if find_spec("zarr") is None:
            raise missing_extra("zarr", "zarr")
        try:
            found = zarr.open(address, mode="r")
            arrays = {"": found} if hasattr(found, "shape") else dict(sorted(found.arrays()))
        except BROKEN as error:
            raise DataError(f"{address}: there is no Zarr array or group ({error})") from None
        if "" in arrays and found.ndim != 2:
            raise DataError(
                f"{address}: an array of shape {found.shape}; expected (rows, columns), or a group of columns"
            )
        return cls(address, address.rstrip("/").rpartition("/")[2], arrays)

    @property
    def available(self) -> AvailableColumns:
        """The columns: of an array their numbers from 1 with an x before, of a group those of one dimension."""
        kinds = {name: array.dtype for name, array in self.arrays.items() if array.ndim == 1}
        if "" in self.arrays:
            kinds = {f"x{j + 1}": self.arrays[""].dtype for j in range(self.arrays[""].shape[1])}
        numeric = [name for name, kind in kinds.items() if kind.kind in NUMBERS]
        return AvailableColumns(tuple(kinds), tuple(numeric), frozenset(n for n in kinds if kinds[n] == np.float32))

    def reader(self, columns: tuple[str, ...], dtype: np.dtype[Any]) -> ZarrReader:
        """A reader of some of the columns.

        Raises
        ------
        DataError
            If a column has no numbers, or the columns differ in length.
        """
        for column in columns:
            if column not in self.available.numeric:
                raise DataError(f'{self.name}, column "{column}": expected numbers, not {self.arrays[column].dtype}')
        used = [self.arrays[""]] if "" in self.arrays else [self.arrays[column] for column in columns]
        lengths = {array.shape[0] for array in used}
        if len(lengths) > 1:
            sizes = ", ".join(f"{column} {self.arrays[column].shape[0]:,}" for column in columns)
            raise DataError(f"{self.name}: the columns differ in their numbers of rows ({sizes}); leave some out")
        read = (
            _read_columns(used) if "" not in self.arrays else _read_matrix(used[0], [int(c[1:]) - 1 for c in columns])
        )
        step = rows_per_block(len(columns))
        chunk = max((array.shards or array.chunks)[0] for array in used)
        return ZarrReader(self.address, self.name, columns, dtype, lengths.pop(), max(step // chunk, 1) * chunk, read)


@dataclass(frozen=True, slots=True, eq=False)
class ZarrReader:
    """Columns of a store; see `mixtura.data.files.batches.BatchReader`.

    Attributes
    ----------
    step : int
        Rows of a batch, which are whole chunks.
    read : callable
        From the first row and the one after the last to these rows.
    """

    address: str
    name: str
    columns: tuple[str, ...]
    dtype: np.dtype[Any]
    n_rows: int
    step: int
    read: Callable[[int, int], Rows]

    def batches(self) -> Iterator[Batch]:
        """All rows."""
        for start in range(0, self.n_rows, self.step):
            try:
                rows = self.read(start, min(start + self.step, self.n_rows))
            except BROKEN as error:
                raise DataError(f"{self.name}, rows from {start + 1:,} on: {error}") from None
            yield Batch(rows.astype(self.dtype, copy=False), self.name, start + 1)

    def state(self) -> tuple[tuple[str, int, int], ...]:
        """See `BatchReader`; of each file of the store."""
        return state_of(self.address)


def _read_matrix(array: Any, places: Sequence[int]) -> Callable[[int, int], Rows]:
    """Read some columns of an array."""
    chosen = slice(None) if list(places) == list(range(array.shape[1])) else list(places)
    return lambda start, stop: array.oindex[start:stop, chosen]


def _read_columns(arrays: Sequence[Any]) -> Callable[[int, int], Rows]:
    """Read arrays side by side."""
    return lambda start, stop: np.column_stack([array[start:stop] for array in arrays])
