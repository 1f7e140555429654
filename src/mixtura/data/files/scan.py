"""Files of any size as a source, read once, and then from a temporary copy, block by block."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from mixtura._support import LazyModule, Rows, format_count, format_list, using_threads
from mixtura.data.chosen_columns import ChosenColumns
from mixtura.data.chunk import Chunk
from mixtura.data.files.arrow import StreamReader, described
from mixtura.data.files.batches import AvailableColumns, BatchReader
from mixtura.data.files.blocks import Blocks, Spool, in_blocks
from mixtura.data.files.intake import Intake
from mixtura.data.files.locate import locate_files
from mixtura.data.files.npy import NpyRows
from mixtura.data.files.passes import CountedBlocks, OnRows, counted_batches, ignore_rows
from mixtura.data.files.readers import FilesReader, available_columns
from mixtura.data.files.reservoir import Reservoir
from mixtura.data.files.source import FileSource
from mixtura.data.files.zarr_store import ZarrStore, is_zarr
from mixtura.data.measurement import MISSING_VALUES
from mixtura.data.stored import kind_and_scale, sample_size
from mixtura.data.tables import find_columns
from mixtura.data.usable_rows import check_some_values, modelled_note
from mixtura.errors import DataError, ParameterError

pa = LazyModule("pyarrow")

# The columns of what is read, what messages call it, and what makes a reader of some columns as values of a type.
Opened: TypeAlias = tuple[AvailableColumns, str, Callable[[tuple[str, ...], np.dtype[Any]], BatchReader]]


@dataclass(frozen=True, slots=True, eq=False)
class ReadAgain:
    """Blocks that are read from the files in each pass, which are refused if they have changed.

    Attributes
    ----------
    reader : BatchReader
    intake : Intake
        The checks of the first pass.
    shape : (int, int)
    before : tuple
        State of the files at the first pass.
    """

    reader: BatchReader
    intake: Intake
    shape: tuple[int, int]
    before: tuple[tuple[str, int, int], ...]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self.reader.dtype

    def __iter__(self) -> Iterator[Rows]:
        """The blocks in order."""
        check_unchanged(self.reader, self.before)
        yield from in_blocks(self.intake.again().checked(self.reader.batches()), self.shape[1], self.dtype)


def check_unchanged(reader: BatchReader, before: tuple[tuple[str, int, int], ...]) -> None:
    """Raise DataError if a file was changed since the first pass."""
    changed = sorted(set(before) ^ set(reader.state()))
    if changed:
        raise DataError(f"{changed[0][0]} was changed while it was read; scan it again when nobody writes to it")


def scan_files(
    what: Any,
    chosen: ChosenColumns,
    *,
    weights_are: str | None = None,
    missing: str = "model",
    bad_rows: str = "error",
    file_format: str | None = None,
    spool: int | None = None,
    folder: str | None = None,
    threads: int | None = None,
    on_rows: OnRows | None = None,
) -> FileSource:
    """The source of files, or of a table with ``__arrow_c_stream__``, of the chosen columns; see `mixtura.scan`."""
    reader, notes = _open(what, file_format, chosen)
    weighted, width = chosen.weights_column is not None, len(reader.columns)
    sample = Reservoir.of_size(sample_size(width), width, reader.dtype, np.random.default_rng(0))
    intake = Intake.of(reader.columns, sample, weighted=weighted, missing=missing, bad_rows=bad_rows)
    before = reader.state()
    with using_threads(threads):
        blocks = _store(reader, intake, spool=spool, folder=folder, on_rows=on_rows)
    check_unchanged(reader, before)
    if not blocks.shape[0]:
        raise DataError(f"{reader.name} has no rows that can be used")
    kind, scale = None, None
    if weighted:
        weight, squares, whole = intake.sums["weight"], intake.sums["squares"], not intake.sums["broken"]
        kind, scale = kind_and_scale(weight, squares, whole=whole, weights_are=weights_are)
    n_features = len(reader.columns) - weighted
    n_missing = int(intake.holes.sum())
    check_some_values(intake.holes[:n_features], blocks.shape[0], reader.columns, reader.name)
    modelled = modelled_note(reader.name, n_missing, blocks.shape[0] * n_features)
    rows, positions = sample.in_order()
    source = FileSource(
        CountedBlocks(blocks, on_rows or ignore_rows),
        Chunk(rows, None, 0, positions),
        n_rows=int(intake.sums["positive"]) if weighted else blocks.shape[0],
        columns=reader.columns[:-1] if weighted else reader.columns,
        weight_scale=scale,
        threads=threads,
        weights_are=kind,
        notes=(
            *notes,
            *intake.notes(blocks.shape[0]),
            *modelled,
        ),
        measurement=MISSING_VALUES if n_missing else None,
        holes=tuple(intake.holes[:n_features].tolist()),
        gaps=np.concatenate(intake.gaps) if intake.gaps else None,
        name=reader.name,
        lengths=tuple(intake.lengths.items()),
    )
    return replace(source, sample=source.chunk(rows, 0, positions))


def _open(what: Any, file_format: str | None, chosen: ChosenColumns) -> tuple[BatchReader, tuple[str, ...]]:
    """The reader of the columns that are used, the weights last, and a note on those that are left out."""
    found, name, make = _open_table(what) if hasattr(what, "__arrow_c_stream__") else _open_files(what, file_format)
    asked = (*(chosen.columns or ()), chosen.weights_column)
    available = (*found.names, *(key for key in found.keys if key in asked))
    used = chosen.among(available, found.numeric, name)
    _check_unique(used, found.names, name)
    text = [column for column in found.names if column not in found.numeric]
    notes: tuple[str, ...] = ()
    if text and chosen.columns is None:
        _check_marks(found, find_columns(chosen.exclude, found.names, name) if chosen.exclude else (), name)
        notes = (f"{name}: left out {format_count(len(text), 'column')} without numbers: {format_list(text)}",)
    return make(used, np.dtype(np.float32 if found.single.issuperset(used) else np.float64)), notes


def _check_unique(columns: Sequence[str], names: Sequence[str], name: str) -> None:
    """Raise DataError if several columns have the name of one that is used."""
    counts = Counter(names)
    for column in columns:
        if counts[column] > 1:
            raise DataError(f'{name} has {counts[column]} columns called "{column}"; rename them')


def _open_table(what: Any) -> Opened:
    """A table of another package."""
    stream = pa.RecordBatchReader.from_stream(what)
    return described(stream.schema), "X", partial(StreamReader, stream)


def _open_files(what: Any, file_format: str | None) -> Opened:
    """Files at an address."""
    address = os.fspath(what)
    if is_zarr(address, file_format):
        store = ZarrStore.of(address)
        return store.available, store.name, store.reader
    files = locate_files(address, file_format)
    name = files.name(files.paths[0])
    if files.kind == "npy":
        if len(files.paths) > 1:
            raise DataError(f"{files.paths[0]} and {len(files.paths) - 1} more: give one .npy file")
        array = NpyRows.of(files.paths[0])
        return array.available, name, array.reader
    found = available_columns(files)
    return found, name, partial(FilesReader.of, files, found)


def _check_marks(found: AvailableColumns, excluded: Sequence[str], name: str) -> None:
    """Raise DataError if a column that is not excluded has numbers that are not plain."""
    for column in found.marked.keys() - set(excluded):
        raise DataError(
            f'{name}, column "{column}": {found.marked[column]!r} is not a plain number, as files that are '
            f"read in parts need them: write it without signs, or exclude {column}, or read the file whole"
        )


def _store(
    reader: BatchReader, intake: Intake, *, spool: int | None, folder: str | None, on_rows: OnRows | None
) -> Blocks:
    """Read all rows for the first time; the blocks from which they are read later."""
    width, batches = len(reader.columns), reader.batches()
    if on_rows is not None:
        batches = counted_batches(batches, reader.n_rows, on_rows)
    rows = intake.checked(batches)
    if isinstance(reader, NpyRows) and intake.action != "drop":
        deque(rows, maxlen=0)
        if not intake.gaps:
            return reader
        rows = intake.again().checked(reader.batches())
    if spool == 0:
        if isinstance(reader, StreamReader):
            raise ParameterError("spool is 0, but a table of another package may be read once only; leave spool out")
        return ReadAgain(reader, intake, (sum(map(len, rows)), width), reader.state())
    return Spool.of(in_blocks(rows, width, reader.dtype), width, reader.dtype, limit=spool, folder=folder)
