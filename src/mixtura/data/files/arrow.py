"""Parquet and Arrow files, and other packages' tables, by PyArrow: a batch of records at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura._support import LazyModule, Rows
from mixtura.data.files.batches import AvailableColumns, Batch, Format, Part, absent
from mixtura.data.stored import rows_per_block
from mixtura.errors import DataError

pa = LazyModule("pyarrow")
parquet = LazyModule("pyarrow.parquet")

# Bytes of a read ahead in Parquet: more take more memory and are no faster.
BUFFER_BYTES = 1 << 20


def _parquet(source: Any, columns: Sequence[str]) -> Iterator[Any]:
    """Record batches of a Parquet file; the scanner of datasets would take gigabytes for files of large row groups."""
    file = parquet.ParquetFile(source, pre_buffer=False, buffer_size=BUFFER_BYTES)
    yield from file.iter_batches(batch_size=rows_per_block(len(columns)), columns=list(columns))


def _arrow_file(source: Any) -> Iterator[Any]:
    """Record batches of an Arrow file (Feather, version 2), or of a stream of them."""
    try:
        file = pa.ipc.open_file(source)
    except pa.ArrowInvalid:
        source.seek(0)
        yield from pa.ipc.open_stream(source)
        return
    for number in range(file.num_record_batches):
        yield file.get_batch(number)


def _parquet_parts(source: Any, columns: Sequence[str], dtype: np.dtype[Any]) -> Iterator[Part]:
    yield from ((as_matrix(records, columns, dtype), ()) for records in _parquet(source, columns))


def _arrow_parts(source: Any, columns: Sequence[str], dtype: np.dtype[Any]) -> Iterator[Part]:
    yield from ((as_matrix(records, columns, dtype), ()) for records in _arrow_file(source))


def _describe_parquet(source: Any) -> AvailableColumns:
    return described(parquet.read_schema(source))


def _describe_arrow(source: Any) -> AvailableColumns:
    first = next(iter(_arrow_file(source)), None)
    if first is None:
        raise DataError("there are no rows")
    return described(first.schema)


def _count_parquet(source: Any) -> int:
    return int(parquet.read_metadata(source).num_rows)


PARQUET = Format(_describe_parquet, _parquet_parts, _count_parquet)
ARROW = Format(_describe_arrow, _arrow_parts)


def described(schema: Any) -> AvailableColumns:
    """The columns of a schema of PyArrow."""
    return AvailableColumns(
        tuple(schema.names),
        tuple(field.name for field in schema if _is_numeric(field.type)),
        frozenset(field.name for field in schema if field.type == pa.float32()),
    )


def _is_numeric(kind: Any) -> bool:
    """Whether values of an Arrow type are numbers; nothing but empty cells may become numbers yet."""
    types = pa.types
    tests = (types.is_floating, types.is_integer, types.is_decimal, types.is_boolean, types.is_null)
    return any(test(kind) for test in tests)


@dataclass(frozen=True, slots=True, eq=False)
class StreamReader:
    """A stream of record batches, as other packages' tables give it; see `mixtura.data.files.batches.BatchReader`.

    It can be read once.
    """

    stream: Any
    columns: tuple[str, ...]
    dtype: np.dtype[Any]
    name: str = "X"

    @property
    def n_rows(self) -> None:
        """Not known."""

    def batches(self) -> Iterator[Batch]:
        """All rows."""
        first = 1
        for records in with_file_name(self.stream, self.name):
            yield Batch(as_matrix(records, self.columns, self.dtype), self.name, first)
            first += records.num_rows

    def state(self) -> tuple[tuple[str, int, int], ...]:
        """Nothing is known."""
        return ()


def with_file_name(items: Iterable[Any], name: str) -> Iterator[Any]:
    """What is read of a file; errors name the file, and those of PyArrow become errors of ours."""
    try:
        yield from items
    except (pa.ArrowException, OSError, DataError) as error:
        raise DataError(f"{name}: {(str(error) or 'it cannot be read').splitlines()[0]}") from None


def as_matrix(records: Any, columns: Sequence[str], dtype: np.dtype[Any]) -> Rows:
    """The columns of a record batch as a matrix (m, d), column by column in memory; NaN for empty cells."""
    rows = np.empty((records.num_rows, len(columns)), dtype, order="F")
    for j, column in enumerate(columns):
        if column not in records.schema.names:
            raise absent(column)
        values = records.column(column)
        try:
            rows[:, j] = values.cast(pa.float64()).to_numpy(zero_copy_only=False)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            reason = str(error).splitlines()[0]
            raise DataError(f'column "{column}": expected numbers, not {values.type} ({reason})') from None
    return rows
