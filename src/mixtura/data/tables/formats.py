"""File formats, and reading the cells of a file in any of them."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from mixtura.data.tables.arrow_stream import count_cells
from mixtura.data.tables.cells import Cells, FileContent, default_column_names, load_polars
from mixtura.data.tables.text import read_csv, read_tsv
from mixtura.data.tables.unpack import OPENERS, check_unpacked, unpack
from mixtura.errors import DataError, MixturaError, ParameterError

SUFFIXES = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".npy": "npy",
}


def display_name(path: str) -> str:
    """What messages call a file: its path, or standard input for ``-``.

    Examples
    --------
    >>> display_name("-"), display_name("data/a.csv")
    ('standard input', 'data/a.csv')
    """
    return "standard input" if path == "-" else path


def format_of(path: str, given: str | None = None) -> str:
    """The format of a file: the one ``given``, or else that of its suffix; CSV for standard input.

    Examples
    --------
    >>> format_of("a.csv.gz"), format_of("-"), format_of("a.dat", "tsv")
    ('csv', 'csv', 'tsv')
    """
    if given is not None:
        if given not in FORMATS:
            raise ParameterError(f"format is {given!r}; expected one of {', '.join(FORMATS)}")
        return given
    if path == "-":
        return "csv"
    suffixes = [suffix for suffix in Path(path.lower()).suffixes if suffix not in OPENERS]
    found = SUFFIXES.get(suffixes[-1]) if suffixes else None
    if found is None:
        raise DataError(
            f"{path}: the name does not tell the format; expected one of {', '.join(SUFFIXES)}, "
            f"or pass --format ({', '.join(FORMATS)})"
        )
    return found


def read_cells(
    path: str, given: str | None = None, header: bool | None = None, max_unpacked: int | None = None
) -> Cells:
    """Read the cells of a file.

    Parameters
    ----------
    path : str
        ``-`` is standard input.
    given : str, optional
        The format; by default that of the file's suffix.
    header : bool, optional
        Whether the first row of a CSV or TSV file names the columns; guessed unless given.
    max_unpacked : int, optional
        Largest number of bytes that a compressed file may unpack to.

    Raises
    ------
    DataError
        If the file is empty or is not what its format says.
    OSError
        If it cannot be read.
    """
    file_format = format_of(path, given)
    polars = load_polars()
    content = FileContent(_path_or_bytes(path, max_unpacked), display_name(path), header, max_unpacked)
    try:
        return FORMATS[file_format](content)
    except (MixturaError, MemoryError):
        raise
    # A broken file brings readers to errors of every kind; polars' panic is no Exception.
    except (Exception, polars.exceptions.PanicException) as error:
        if getattr(error, "errno", None) is not None:  # the system's error
            raise
        raise DataError(f"{content.name} cannot be read as {file_format}: {_first_line(error)}") from None


def _first_line(error: BaseException) -> str:
    """The first line of an error's message; readers follow it with advice for programmers."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _path_or_bytes(path: str, max_unpacked: int | None) -> Path | bytes:
    """The path of a regular file, so that its reader may map it into memory; else the decompressed bytes."""
    if path == "-":
        if sys.stdin is None:
            raise DataError("standard input is closed; give the name of a file")
        data = sys.stdin.buffer.read()
    else:
        file = Path(path)
        packed = file.suffix.lower() in OPENERS
        with file.open("rb") as stream:  # raises where the file cannot be read
            data = stream.read(1)
            if data and not packed and file.is_file():
                return file
            data += stream.read() if data and not packed else b""
        data = unpack(file, max_unpacked) if data and packed else data
    if not data:
        raise DataError(f"{display_name(path)} is empty")
    return data


def _check_cells(content: FileContent, count: int) -> None:
    """Raise DataError if so many numbers take more memory than the file may unpack to."""
    check_unpacked(content.name, 8 * count, content.size, content.max_unpacked)


def _read_parquet(content: FileContent) -> Cells:
    """Read the cells of a Parquet file."""
    polars = load_polars()
    _check_cells(content, _count_cells(polars.scan_parquet(content.data)))
    return Cells(polars.read_parquet(content.data), has_names=True)


def _read_arrow(content: FileContent) -> Cells:
    """Read the cells of an Arrow IPC or Feather file (version 2), or of an IPC stream."""
    polars = load_polars()
    try:
        _check_cells(content, _count_cells(polars.scan_ipc(content.data)))
        return Cells(polars.read_ipc(content.data), has_names=True)
    except (polars.exceptions.PolarsError, OSError):
        data = content.data if isinstance(content.data, bytes) else content.data.read_bytes()
        _check_cells(content, count_cells(data))
        return Cells(polars.read_ipc_stream(data), has_names=True)


def _count_cells(lazy: Any) -> int:
    """Number of cells of a file that polars has not read yet."""
    rows = lazy.select(load_polars().len()).collect().item()
    return int(rows) * len(lazy.collect_schema())


def _read_ndjson(content: FileContent) -> Cells:
    """Read the cells of a file with one JSON object on each line."""
    content.check_text()
    return Cells(load_polars().read_ndjson(content.data, infer_schema_length=None), has_names=True)


def _read_npy(content: FileContent) -> Cells:
    """Read the cells of a NumPy array of one or two dimensions; nothing in the file is executed."""
    with content.open() as stream:
        _check_npy_header(stream, content)
        array = np.lib.format.read_array(stream, allow_pickle=False)
    if array.dtype.kind not in "fiub" or array.ndim not in (1, 2) or 0 in array.shape:
        what = f"an array of {array.dtype} of shape {array.shape}"
        raise DataError(f"{content.name} is {what}; expected numbers, (rows, columns)")
    table = array.reshape(len(array), -1)
    if table.dtype != np.float32:
        table = table.astype(np.float64)
    return Cells(load_polars().from_numpy(table, schema=default_column_names(table.shape[1])), has_names=False)


def _check_npy_header(stream: BinaryIO, content: FileContent) -> None:
    """Raise DataError for an array that is larger than its file, before memory is taken for it."""
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream)
    wanted, there = math.prod(shape) * dtype.itemsize, content.size - stream.tell()
    if wanted > there and not dtype.hasobject:
        raise DataError(f"{content.name} is cut off: shape {shape} of {dtype} takes {wanted} bytes, and it has {there}")
    stream.seek(0)


FORMATS: dict[str, Callable[[FileContent], Cells]] = {
    "csv": read_csv,
    "tsv": read_tsv,
    "parquet": _read_parquet,
    "arrow": _read_arrow,
    "ndjson": _read_ndjson,
    "npy": _read_npy,
}
