"""Reading of several files of one format, in batches of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mixtura._support import Rows, format_list
from mixtura.data.files.arrow import ARROW, PARQUET, with_file_name
from mixtura.data.files.batches import AvailableColumns, Batch, Format
from mixtura.data.files.delimited import DELIMITED
from mixtura.data.files.hive import folder_keys, key_columns
from mixtura.data.files.locate import Files
from mixtura.data.files.ndjson import NDJSON
from mixtura.errors import ParameterError

FORMATS: dict[str, Format] = {"parquet": PARQUET, "arrow": ARROW, **DELIMITED, "ndjson": NDJSON}


@dataclass(frozen=True, slots=True, eq=False)
class FilesReader:
    """Files of a format of `FORMATS`; see `mixtura.data.files.batches.BatchReader`.

    Attributes
    ----------
    files : Files
    columns : tuple of str
    dtype : dtype
    keys : mapping
        Of each path, the values of those columns that the names of the folders give.
    """

    files: Files
    columns: tuple[str, ...]
    dtype: np.dtype[Any]
    keys: Mapping[str, Mapping[str, float]]

    @classmethod
    def of(
        cls, files: Files, available: AvailableColumns, columns: tuple[str, ...], dtype: np.dtype[Any]
    ) -> FilesReader:
        """A reader of some of the available columns."""
        keys = [column for column in columns if column in available.keys]
        if len(keys) == len(columns):
            raise ParameterError(
                f"{format_list(keys)}: these are names of folders, which all rows of a file share; give columns of the "
                "files, too"
            )
        return cls(files, columns, dtype, key_columns(files, keys))

    @property
    def name(self) -> str:
        """The first file, and how many more."""
        more = len(self.files.paths) - 1
        return self.files.name(self.files.paths[0]) + (f" and {more} more" if more else "")

    @property
    def n_rows(self) -> int | None:
        """Number of rows of all files, if each says its own."""
        total = 0
        for path in self.files.paths:
            with self.files.open(path) as source:
                count = next(with_file_name(map(FORMATS[self.files.kind].count, [source]), self.files.name(path)))
            if count is None:
                return None
            total += count
        return total

    def batches(self) -> Iterator[Batch]:
        """All rows, file by file."""
        parts_of = FORMATS[self.files.kind].parts
        for path in self.files.paths:
            name, first, keys = self.files.name(path), 1, self.keys[path]
            own = [column for column in self.columns if column not in keys]
            with self.files.open(path) as source:
                for rows, bad in with_file_name(parts_of(source, own, self.dtype), name):
                    yield Batch(_with_keys(rows, self.columns, keys), name, first, bad)
                    first += len(rows)

    def state(self) -> tuple[tuple[str, int, int], ...]:
        """See `BatchReader`."""
        return self.files.state()


def _with_keys(rows: Rows, columns: Sequence[str], keys: Mapping[str, float]) -> Rows:
    """Rows with the columns that the names of the folders give."""
    if not keys:
        return rows
    whole = np.empty((len(rows), len(columns)), rows.dtype, order="F")
    own = iter(rows.T)
    for j, column in enumerate(columns):
        whole[:, j] = keys[column] if column in keys else next(own)
    return whole


def available_columns(files: Files) -> AvailableColumns:
    """The columns of the first file, and the keys in the names of its folders that are none of them."""
    path = files.paths[0]

    def columns() -> Iterator[AvailableColumns]:
        with files.open(path) as source:
            yield FORMATS[files.kind].describe(source)

    found: AvailableColumns = next(with_file_name(columns(), files.name(path)))
    return replace(found, keys=tuple(key for key in folder_keys(path) if key not in found.names))
