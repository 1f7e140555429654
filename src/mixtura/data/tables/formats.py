"""File formats: a path (or standard input) becomes a Polars frame, whatever it holds."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mixtura.data.tables.cells import Cells, FileContent, load_polars, numbered
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

UNPACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".xz": lzma.decompress,
}


def display_name(path: str) -> str:
    """How messages call a file.

    Examples
    --------
    >>> display_name("-"), display_name("data/a.csv")
    ('standard input', 'data/a.csv')
    """
    return "standard input" if path == "-" else path


def format_of(path: str, given: str | None = None) -> str:
    """The format of a file: as given, or as its name says; standard input is CSV unless told otherwise.

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
    suffixes = [suffix for suffix in Path(path.lower()).suffixes if suffix not in UNPACK]
    found = SUFFIXES.get(suffixes[-1]) if suffixes else None
    if found is None:
        raise DataError(
            f"{path}: the name does not tell the format; expected one of {', '.join(SUFFIXES)}, "
            f"or pass --format ({', '.join(FORMATS)})"
        )
    return found


def load(path: str, given: str | None = None, header: bool | None = None) -> Cells:
    """Read a file's cells.

    Parameters
    ----------
    path : str
        ``-`` is standard input.
    given : str, optional
        The format, where the name does not tell it.
    header : bool, optional
        Whether the first row of a CSV or TSV file names the columns; guessed unless given.

    Raises
    ------
    DataError
        If the file is empty or is not what its format says.
    OSError
        If it cannot be read.
    """
    form = format_of(path, given)
    polars = load_polars()
    content = FileContent(_data(path), display_name(path), header)
    try:
        return FORMATS[form](content)
    except DataError:
        raise
    except (polars.exceptions.PolarsError, ValueError, EOFError, OSError) as error:
        if getattr(error, "errno", None) is not None:  # readers raise OSError for broken files, too, without a number
            raise
        raise DataError(f"{content.name} cannot be read as {form}: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    """The first line of a message: what follows is advice for programmers."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _data(path: str) -> Path | bytes:
    """A regular file's path, so that its reader may map it into memory; the bytes of everything else."""
    if path == "-":
        data = sys.stdin.buffer.read()
    else:
        file = Path(path)
        unpack = UNPACK.get(file.suffix.lower())
        if file.is_file() and unpack is None:
            with file.open("rb") as stream:  # raises what is wrong with it
                data = stream.read(1)
            if data:
                return file
        else:
            data = file.read_bytes()
            data = _unpacked(data, path, unpack) if unpack and data else data
    if not data:
        raise DataError(f"{display_name(path)} is empty")
    return data


def _unpacked(data: bytes, path: str, unpack: Callable[[bytes], bytes]) -> bytes:
    """Decompress, or say that it is broken."""
    try:
        return unpack(data)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise DataError(f"{path} is broken: {_first_line(error)}") from None


def _parquet(content: FileContent) -> Cells:
    """A Parquet file."""
    return Cells(load_polars().read_parquet(content.data), named=True)


def _arrow(content: FileContent) -> Cells:
    """An Arrow IPC or Feather file (version 2), or an IPC stream."""
    polars = load_polars()
    try:
        return Cells(polars.read_ipc(content.data), named=True)
    except (polars.exceptions.PolarsError, OSError):
        return Cells(polars.read_ipc_stream(content.data), named=True)


def _ndjson(content: FileContent) -> Cells:
    """One JSON object a line."""
    return Cells(load_polars().read_ndjson(content.data, infer_schema_length=None), named=True)


def _npy(content: FileContent) -> Cells:
    """A NumPy array of one or two dimensions; nothing in it is executed."""
    with content.open() as stream:
        array = np.lib.format.read_array(stream, allow_pickle=False)
    if array.dtype.kind not in "fiub" or array.ndim not in (1, 2) or 0 in array.shape:
        what = f"an array of {array.dtype} of shape {array.shape}"
        raise DataError(f"{content.name} is {what}; expected numbers, (rows, columns)")
    table = array.reshape(len(array), -1)
    if table.dtype != np.float32:
        table = table.astype(np.float64)
    return Cells(load_polars().from_numpy(table, schema=numbered(table.shape[1])), named=False)


FORMATS: dict[str, Callable[[FileContent], Cells]] = {
    "csv": read_csv,
    "tsv": read_tsv,
    "parquet": _parquet,
    "arrow": _arrow,
    "ndjson": _ndjson,
    "npy": _npy,
}
