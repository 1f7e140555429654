"""Readers of files, and of other packages' tables, by PyArrow: a batch of records at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura._support import LazyModule, Rows
from mixtura.data.files.batches import Batch
from mixtura.data.files.locate import Files
from mixtura.errors import DataError

pa = LazyModule("pyarrow")
csv = LazyModule("pyarrow.csv")
json = LazyModule("pyarrow.json")
parquet = LazyModule("pyarrow.parquet")

# Rows of a batch, bytes of a read ahead in Parquet, and bytes of text that are parsed at a time: more take more memory
# and are no faster.
BATCH_ROWS, BUFFER_BYTES, TEXT_BYTES = 65_536, 1 << 20, 1 << 20

Records = Iterator[Any]

# A number with marks between thousands, a decimal comma, a sign of a currency or of percent.
MARKED_NUMBER = re.compile(r"[-+$€£¥]?\s?\d[\d.,'\u2019\u00a0 ]*\s?[%€$£¥]?")


def _parquet(source: Any, columns: Sequence[str]) -> Records:
    """Record batches of a Parquet file; the scanner of datasets would take gigabytes for files of large row groups."""
    file = parquet.ParquetFile(source, pre_buffer=False, buffer_size=BUFFER_BYTES)
    yield from file.iter_batches(batch_size=BATCH_ROWS, columns=list(columns))


def _arrow_file(source: Any) -> Records:
    """Record batches of an Arrow file (Feather, version 2), or of a stream of them."""
    try:
        file = pa.ipc.open_file(source)
    except pa.ArrowInvalid:
        source.seek(0)
        yield from pa.ipc.open_stream(source)
        return
    for number in range(file.num_record_batches):
        yield file.get_batch(number)


def _arrow(source: Any, columns: Sequence[str]) -> Records:
    """Some columns of the record batches of an Arrow file."""
    yield from (part.select(list(columns)) for part in _arrow_file(source))


DELIMITERS = {"csv": ",", "tsv": "\t"}


def _open_csv(source: Any, kind: str, convert: Any = None) -> Any:
    """A reader of text in which cells are separated as in "csv" or "tsv"."""
    parse = csv.ParseOptions(delimiter=DELIMITERS[kind])
    return csv.open_csv(source, csv.ReadOptions(block_size=TEXT_BYTES), parse, convert)


def _text(kind: str) -> Callable[[Any, Sequence[str]], Records]:
    """A function that reads such text."""

    def read(source: Any, columns: Sequence[str]) -> Records:
        types = dict.fromkeys(columns, pa.float64())
        yield from _open_csv(source, kind, csv.ConvertOptions(column_types=types, include_columns=list(columns)))

    return read


def _ndjson(source: Any, columns: Sequence[str]) -> Records:
    """Record batches of lines of JSON."""
    schema = pa.schema([(name, pa.float64()) for name in columns])
    options = json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    yield from json.open_json(source, json.ReadOptions(block_size=TEXT_BYTES), options)


OPENERS: dict[str, Callable[[Any, Sequence[str]], Records]] = {
    "parquet": _parquet,
    "arrow": _arrow,
    **{kind: _text(kind) for kind in DELIMITERS},
    "ndjson": _ndjson,
}


@dataclass(frozen=True, slots=True, eq=False)
class ArrowReader:
    """Files that PyArrow reads; see `mixtura.data.files.batches.BatchReader`."""

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
        for path in self.files.paths:
            name, first = self.files.name(path), 1
            with self.files.open(path) as source:
                for records in _explained(OPENERS[self.files.kind](source, self.columns), name):
                    yield Batch(as_matrix(records, self.columns, self.dtype, name), name, first)
                    first += records.num_rows

    def state(self) -> tuple[tuple[str, int, int], ...]:
        """See `BatchReader`."""
        return self.files.state()


@dataclass(frozen=True, slots=True, eq=False)
class StreamReader:
    """A stream of record batches, as other packages' tables give it; it can be read once."""

    stream: Any
    columns: tuple[str, ...]
    dtype: np.dtype[Any]
    name: str = "X"

    def batches(self) -> Iterator[Batch]:
        """All rows."""
        first = 1
        for records in _explained(self.stream, self.name):
            yield Batch(as_matrix(records, self.columns, self.dtype, self.name), self.name, first)
            first += records.num_rows

    def state(self) -> tuple[tuple[str, int, int], ...]:
        """Nothing is known."""
        return ()


def read_schema(files: Files) -> Any:
    """The schema of the first file; of text, what its first rows tell."""
    path = files.paths[0]
    try:
        with files.open(path) as source:
            if files.kind == "parquet":
                return parquet.read_schema(source)
            if files.kind == "arrow":
                return next(iter(_arrow_file(source))).schema
            if files.kind == "ndjson":
                return json.open_json(source, json.ReadOptions(block_size=TEXT_BYTES)).schema
            return _open_csv(source, files.kind).schema
    except (pa.ArrowException, OSError, StopIteration) as error:
        raise DataError(f"{files.name(path)}: {(str(error) or 'there are no rows').splitlines()[0]}") from None


def check_no_marks(files: Files, text: Sequence[str]) -> None:
    """Raise DataError if a column of text holds numbers that are not plain, such as 1,234.50.

    Only the first rows of the first file are looked at.
    """
    if not text or files.kind not in DELIMITERS:
        return
    path = files.paths[0]
    with files.open(path) as source:
        first = _open_csv(source, files.kind).read_next_batch()
    for column in text:
        cells = [cell for cell in first.column(column).to_pylist() if isinstance(cell, str) and cell.strip()]
        marked = [cell for cell in cells if MARKED_NUMBER.fullmatch(cell.strip())]
        if cells and len(marked) > len(cells) / 2:
            raise DataError(
                f'{files.name(path)}, column "{column}": {marked[0]!r} is not a plain number, as files that are '
                f"read in parts need them: write it without signs, or exclude {column}, or read the file whole"
            )


def is_numeric(kind: Any) -> bool:
    """Whether values of an Arrow type are numbers; nothing but empty cells may become numbers yet."""
    types = pa.types
    tests = (types.is_floating, types.is_integer, types.is_decimal, types.is_boolean, types.is_null)
    return any(test(kind) for test in tests)


def _explained(records: Iterable[Any], name: str) -> Iterator[Any]:
    """Record batches; errors of PyArrow become errors of ours that name the file."""
    try:
        yield from records
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{name}: {str(error).splitlines()[0]}") from None


def as_matrix(records: Any, columns: Sequence[str], dtype: np.dtype[Any], name: str) -> Rows:
    """The columns of a record batch as a matrix (m, d), column by column in memory; NaN for empty cells."""
    rows = np.empty((records.num_rows, len(columns)), dtype, order="F")
    for j, column in enumerate(columns):
        if column not in records.schema.names:
            raise DataError(f'{name} has no column "{column}", which the files before it have')
        values = records.column(column)
        try:
            rows[:, j] = values.cast(pa.float64()).to_numpy(zero_copy_only=False)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            reason = str(error).splitlines()[0]
            raise DataError(f'{name}, column "{column}": expected numbers, not {values.type} ({reason})') from None
    return rows
