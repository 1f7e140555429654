"""A file before it is a table of numbers: first its content as bytes, then its cells."""

from __future__ import annotations

import importlib
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixtura.data.tables.reading import DEFAULT_READING, Reading
from mixtura.data.tables.unpack import check_unpacked, refuse_packed
from mixtura.errors import DataError, MixturaError, missing_extra

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class FileContent:
    """The content of a file, as its path or its bytes.

    Attributes
    ----------
    data : Path or bytes
        A path, so that the reader may map the file into memory, or all bytes.
    name : str
        What messages call the file.
    reading : Reading
        How it is read.
    """

    data: Path | bytes
    name: str
    reading: Reading = DEFAULT_READING

    @property
    def size(self) -> int:
        """Number of bytes."""
        return len(self.data) if isinstance(self.data, bytes) else self.data.stat().st_size

    def open(self) -> io.BytesIO | io.BufferedReader:
        """Open the content as a binary stream."""
        return io.BytesIO(self.data) if isinstance(self.data, bytes) else self.data.open("rb")

    def check_text(self) -> None:
        """Raise DataError for text that is compressed still, which polars would unpack without a limit."""
        with self.open() as stream:
            refuse_packed(stream.read(4), self.name)

    def lines(self) -> Iterator[str]:
        """Lines of the content as text; bytes that are not UTF-8 become replacement characters."""
        with io.TextIOWrapper(self.open(), encoding="utf-8-sig", errors="replace", newline="") as text:
            yield from text


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a file before they are converted to numbers.

    Attributes
    ----------
    frame : polars.DataFrame
        The cells, with a name for each column.
    has_names : bool
        Whether the names of the columns come from the file; else they are x1, x2, ...
    separator : str or None
        What separates cells of CSV and TSV, where text that looks like a formula has a quote before it.
    notes : tuple of str
        What the user should know about how the file was read.
    """

    frame: pl.DataFrame
    has_names: bool
    separator: str | None = None
    notes: tuple[str, ...] = ()


def load_polars() -> Any:
    """Import the package polars, or raise the error that says how to install it.

    Examples
    --------
    >>> load_polars().Series([1.0]).sum()
    1.0
    """
    try:
        return importlib.import_module("polars")
    except ImportError:
        raise missing_extra("polars", "cli") from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # polars' class, which is not there yet
            raise
        raise MixturaError(f"polars does not start: {error}; is there a limit on threads (ulimit -u)?") from None


def check_cells(content: FileContent, count: int) -> None:
    """Raise DataError if so many numbers take more memory than the file may unpack to."""
    check_unpacked(content.name, 8 * count, content.size, content.reading.max_unpacked)


def default_column_names(count: int) -> list[str]:
    """Names for ``count`` columns that have none: x1, x2, ..."""
    return [f"x{number}" for number in range(1, count + 1)]


def rename_columns(frame: pl.DataFrame, names: list[str], name: str) -> pl.DataFrame:
    """Rename a frame's columns; raise DataError where a name comes twice. ``name`` is what messages call the file."""
    column, times = Counter(names).most_common(1)[0]
    if times > 1:
        raise DataError(f'{name} has {times} columns called "{column}"; rename them')
    return frame.rename(dict(zip(frame.columns, names, strict=True)))
