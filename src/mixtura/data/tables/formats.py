"""File formats, and reading the cells of a file in any of them."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mixtura.data.tables.cells import Cells, FileContent, default_column_names, load_polars
from mixtura.data.tables.text import read_csv, read_tsv
from mixtura.errors import DataError, ParameterError

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

DECOMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".xz": lzma.decompress,
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
    suffixes = [suffix for suffix in Path(path.lower()).suffixes if suffix not in DECOMPRESSORS]
    found = SUFFIXES.get(suffixes[-1]) if suffixes else None
    if found is None:
        raise DataError(
            f"{path}: the name does not tell the format; expected one of {', '.join(SUFFIXES)}, "
            f"or pass --format ({', '.join(FORMATS)})"
        )
    return found


def read_cells(path: str, given: str | None = None, header: bool | None = None) -> Cells:
    """Read the cells of a file.

    Parameters
    ----------
    path : str
        ``-`` is standard input.
    given : str, optional
        The format; by default that of the file's suffix.
    header : bool, optional
        Whether the first row of a CSV or TSV file names the columns; guessed unless given.

    Raises
    ------
    DataError
        If the file is empty or is not what its format says.
    OSError
        If it cannot be read.
    """
    file_format = format_of(path, given)
    polars = load_polars()
    content = FileContent(_path_or_bytes(path), display_name(path), header)
    try:
        return FORMATS[file_format](content)
    except DataError:
        raise
    except (polars.exceptions.PolarsError, ValueError, EOFError, OSError) as error:
        if getattr(error, "errno", None) is not None:  # the system's error; a reader's error for a broken file has none
            raise
        raise DataError(f"{content.name} cannot be read as {file_format}: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    """The first line of an error's message; readers follow it with advice for programmers."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _path_or_bytes(path: str) -> Path | bytes:
    """The path of a regular file, so that its reader may map it into memory; else the decompressed bytes."""
    if path == "-":
        data = sys.stdin.buffer.read()
    else:
        file = Path(path)
        unpack = DECOMPRESSORS.get(file.suffix.lower())
        if file.is_file() and unpack is None:
            with file.open("rb") as stream:  # raises where the file cannot be read
                data = stream.read(1)
            if data:
                return file
        else:
            data = file.read_bytes()
            data = _decompress(data, path, unpack) if unpack and data else data
    if not data:
        raise DataError(f"{display_name(path)} is empty")
    return data


def _decompress(data: bytes, path: str, unpack: Callable[[bytes], bytes]) -> bytes:
    """Decompress bytes; raise DataError where they are broken."""
    try:
        return unpack(data)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise DataError(f"{path} is broken: {_first_line(error)}") from None


def _read_parquet(content: FileContent) -> Cells:
    """Read the cells of a Parquet file."""
    return Cells(load_polars().read_parquet(content.data), has_names=True)


def _read_arrow(content: FileContent) -> Cells:
    """Read the cells of an Arrow IPC or Feather file (version 2), or of an IPC stream."""
    polars = load_polars()
    try:
        return Cells(polars.read_ipc(content.data), has_names=True)
    except (polars.exceptions.PolarsError, OSError):
        return Cells(polars.read_ipc_stream(content.data), has_names=True)


def _read_ndjson(content: FileContent) -> Cells:
    """Read the cells of a file with one JSON object on each line."""
    return Cells(load_polars().read_ndjson(content.data, infer_schema_length=None), has_names=True)


def _read_npy(content: FileContent) -> Cells:
    """Read the cells of a NumPy array of one or two dimensions; nothing in the file is executed."""
    with content.open() as stream:
        array = np.lib.format.read_array(stream, allow_pickle=False)
    if array.dtype.kind not in "fiub" or array.ndim not in (1, 2) or 0 in array.shape:
        what = f"an array of {array.dtype} of shape {array.shape}"
        raise DataError(f"{content.name} is {what}; expected numbers, (rows, columns)")
    table = array.reshape(len(array), -1)
    if table.dtype != np.float32:
        table = table.astype(np.float64)
    return Cells(load_polars().from_numpy(table, schema=default_column_names(table.shape[1])), has_names=False)


FORMATS: dict[str, Callable[[FileContent], Cells]] = {
    "csv": read_csv,
    "tsv": read_tsv,
    "parquet": _read_parquet,
    "arrow": _read_arrow,
    "ndjson": _read_ndjson,
    "npy": _read_npy,
}
