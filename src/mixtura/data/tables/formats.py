"""File formats, and reading the cells of a file in any of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mixtura.data.tables.arrays import read_npy, read_npz
from mixtura.data.tables.arrow_stream import count_cells
from mixtura.data.tables.cells import Cells, FileContent, check_cells, load_polars
from mixtura.data.tables.excel import read_excel
from mixtura.data.tables.json_text import read_json, read_ndjson
from mixtura.data.tables.reading import DEFAULT_READING, Reading
from mixtura.data.tables.text import read_csv, read_tsv
from mixtura.data.tables.unpack import OPENERS, unpack
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
    ".json": "json",
    ".xlsx": "excel",
    ".xls": "excel",
    ".ods": "excel",
    ".npy": "npy",
    ".npz": "npz",
}

# What separates the cells of text that is written, and of text that is read in parts.
DELIMITERS = {"csv": ",", "tsv": "\t"}


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


def read_cells(path: str, reading: Reading = DEFAULT_READING) -> Cells:
    """Read the cells of a file; the path ``-`` is standard input.

    Raises
    ------
    DataError
        If the file is empty or is not what its format says.
    OSError
        If it cannot be read.
    """
    file_format = format_of(path, reading.file_format)
    polars = load_polars()
    content = FileContent(_path_or_bytes(path, reading.max_unpacked), display_name(path), reading)
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


def _read_parquet(content: FileContent) -> Cells:
    """Read the cells of a Parquet file."""
    polars = load_polars()
    check_cells(content, _count_cells(polars.scan_parquet(content.data)))
    return Cells(polars.read_parquet(content.data), has_names=True)


def _read_arrow(content: FileContent) -> Cells:
    """Read the cells of an Arrow IPC or Feather file (version 2), or of an IPC stream."""
    polars = load_polars()
    try:
        check_cells(content, _count_cells(polars.scan_ipc(content.data)))
        return Cells(polars.read_ipc(content.data), has_names=True)
    except (polars.exceptions.PolarsError, OSError):
        data = content.data if isinstance(content.data, bytes) else content.data.read_bytes()
        check_cells(content, count_cells(data))
        return Cells(polars.read_ipc_stream(data), has_names=True)


def _count_cells(lazy: Any) -> int:
    """Number of cells of a file that polars has not read yet."""
    rows = lazy.select(load_polars().len()).collect().item()
    return int(rows) * len(lazy.collect_schema())


FORMATS: dict[str, Callable[[FileContent], Cells]] = {
    "csv": read_csv,
    "tsv": read_tsv,
    "parquet": _read_parquet,
    "arrow": _read_arrow,
    "ndjson": read_ndjson,
    "json": read_json,
    "excel": read_excel,
    "npy": read_npy,
    "npz": read_npz,
}
