"""Write what is found out about each row while the rows are read in parts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from mixtura._support import LazyModule, atomic_write
from mixtura.cli.files import guarded, writes_text
from mixtura.cli.row_columns import row_numbers
from mixtura.data.files import FileSource
from mixtura.data.tables import DELIMITERS, SUFFIXES, Table, load_polars
from mixtura.errors import ParameterError

parquet = LazyModule("pyarrow.parquet")

# Columns of the rows of a table.
RowColumns: TypeAlias = Callable[[Table], Mapping[str, Sequence[Any]]]


def frames(source: FileSource, columns_of: RowColumns) -> Iterator[Any]:
    """Frames of each row's number and columns, in the order of the rows; of several files, with the file's name."""
    polars, before = load_polars(), 0
    names = [name for name, _ in source.lengths]
    ends = np.cumsum([0, *(length for _, length in source.lengths)])
    for table in source.tables():
        numbers = before + np.array(row_numbers(table))
        place: dict[str, Any] = {"row": numbers}
        if len(names) > 1:
            file = np.searchsorted(ends, numbers, side="left") - 1
            place = {"file": [names[j] for j in file.tolist()], "row": numbers - ends[file]}
        yield polars.DataFrame({**place, **columns_of(table)})
        before += table.n_read


def write_streamed(source: FileSource, columns_of: RowColumns, path: str | None) -> None:
    """Write the columns of all rows, as CSV to standard output without a path; a file appears when it is complete.

    Raises
    ------
    ParameterError
        If the format is neither text nor Parquet.
    """
    kind = "csv" if path is None else SUFFIXES[Path(path).suffix.lower()]
    if path is not None and not writes_text(path) and kind != "parquet":
        raise ParameterError(f"{path}: rows that are read in parts are written as CSV, TSV or Parquet")
    with ExitStack() as stack:
        target: Any = sys.stdout if path is None else stack.enter_context(atomic_write(path))
        write = _new_writer(kind, target, stack)
        for frame in frames(source, columns_of):
            write(frame)


def _new_writer(kind: str, target: Any, stack: ExitStack) -> Callable[[Any], object]:
    """A function that adds frames to a file or to standard output."""
    if kind == "parquet":
        return _parquet_writer(target, stack)
    stream = target if target is sys.stdout else stack.enter_context(target.open("w", encoding="utf-8", newline=""))
    headed: list[bool] = []

    def write(frame: Any) -> None:
        stream.write(guarded(frame).write_csv(include_header=not headed, separator=DELIMITERS[kind]))
        headed[:] = [True]

    return write


def _parquet_writer(target: Path, stack: ExitStack) -> Callable[[Any], object]:
    """A function that adds frames to a Parquet file as row groups."""
    writers: list[Any] = []

    def write(frame: Any) -> None:
        table = frame.to_arrow()
        if not writers:
            writers.append(stack.enter_context(parquet.ParquetWriter(target, table.schema)))
        writers[0].write_table(table.cast(writers[0].schema))

    return write
