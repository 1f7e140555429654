"""Reading of several files of one format, in batches of rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura.data.files.arrow import ARROW, PARQUET, explained
from mixtura.data.files.batches import AvailableColumns, Batch, Format
from mixtura.data.files.delimited import DELIMITED
from mixtura.data.files.locate import Files
from mixtura.data.files.ndjson import NDJSON

FORMATS: dict[str, Format] = {"parquet": PARQUET, "arrow": ARROW, **DELIMITED, "ndjson": NDJSON}


@dataclass(frozen=True, slots=True, eq=False)
class FilesReader:
    """Files of a format of `FORMATS`; see `mixtura.data.files.batches.BatchReader`."""

    files: Files
    columns: tuple[str, ...]
    dtype: np.dtype[Any]

    @property
    def name(self) -> str:
        """The first file, and how many more."""
        more = len(self.files.paths) - 1
        return self.files.name(self.files.paths[0]) + (f" and {more} more" if more else "")

    def batches(self) -> Iterator[Batch]:
        """All rows, file by file."""
        parts_of = FORMATS[self.files.kind].parts
        for path in self.files.paths:
            name, first = self.files.name(path), 1
            with self.files.open(path) as source:
                for rows, bad in explained(parts_of(source, self.columns, self.dtype), name):
                    yield Batch(rows, name, first, bad)
                    first += len(rows)

    def state(self) -> tuple[tuple[str, int, int], ...]:
        """See `BatchReader`."""
        return self.files.state()


def available_columns(files: Files) -> AvailableColumns:
    """The columns of the first file."""
    path = files.paths[0]

    def columns() -> Iterator[AvailableColumns]:
        with files.open(path) as source:
            yield FORMATS[files.kind].describe(source)

    found: AvailableColumns = next(explained(columns(), files.name(path)))
    return found
