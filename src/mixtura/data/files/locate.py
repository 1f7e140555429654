"""Files at an address: one file, all files of a folder, or those that match a pattern, here or in a store."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mixtura._support import LazyModule
from mixtura.data.tables import SUFFIXES
from mixtura.errors import DataError, missing_extra

fs = LazyModule("pyarrow.fs")

# From so many bytes on a file is read in parts, unless told.
LARGE_BYTES = 1_000_000_000

# Formats that can be read in parts.
READ_IN_PARTS = ("parquet", "arrow", "csv", "tsv", "ndjson", "npy")

# What makes an address a pattern.
MARKS = "*?["

# Suffixes of files that say something about the others in a folder.
REMARKS = (".txt", ".md")

# Suffixes of compressed text, which the reader unpacks as it goes.
PACKED = (".gz", ".bz2", ".zst")


@dataclass(frozen=True, slots=True, eq=False)
class Files:
    """Files of one format.

    Attributes
    ----------
    filesystem : pyarrow FileSystem
    paths : tuple of str
        In alphabetical order.
    kind : str
        Format: "parquet", "arrow", "csv", "tsv", "ndjson" or "npy".
    """

    filesystem: Any
    paths: tuple[str, ...]
    kind: str

    def name(self, path: str) -> str:
        """What messages call a file: its name, with the folders in which the files differ."""
        common = posixpath.commonpath([posixpath.dirname(each) for each in self.paths])
        return posixpath.relpath(path, common or ".")

    def open(self, path: str) -> Any:
        """A file, at any place of which can be read, or a stream of its text, unpacked."""
        if self.kind in ("parquet", "arrow"):
            return self.filesystem.open_input_file(path)
        return self.filesystem.open_input_stream(path, compression="detect")

    def state(self) -> tuple[tuple[str, int, int], ...]:
        """Path, size and time of change of each file."""
        found = self.filesystem.get_file_info(list(self.paths))
        return tuple((info.path, info.size, info.mtime_ns or 0) for info in found)


def locate_files(address: str, file_format: str | None = None) -> Files:
    """The files at an address: ``data.parquet``, ``folder``, ``logs/*.csv.gz`` or ``s3://bucket/part-*.parquet``.

    Raises
    ------
    DataError
        If there is no such file, or the files have several formats or one that cannot be read in parts.
    """
    filesystem, path = _open_filesystem(address)
    paths = tuple(sorted(_expand(filesystem, path)))
    if not paths:
        raise DataError(f"{address}: there is no such file")
    kinds = {file_format or _kind_of(path) for path in paths}
    if len(kinds) > 1 or kinds - set(READ_IN_PARTS):
        shown = ", ".join(sorted(str(kind) for kind in kinds))
        raise DataError(
            f"{address}: the format is {shown}; expected Parquet, Arrow, CSV, TSV, NDJSON or .npy, one for all files"
        )
    return Files(filesystem, paths, str(kinds.pop()))


def state_of(address: str) -> tuple[tuple[str, int, int], ...]:
    """Path, size and time of change of each file below an address."""
    filesystem, path = _open_filesystem(address)
    found = filesystem.get_file_info(fs.FileSelector(path.rstrip("/"), recursive=True))
    return tuple((info.path, info.size, info.mtime_ns or 0) for info in found if info.is_file)


def is_large(address: str) -> bool:
    """Whether data is better read in parts: several files, an address of a store, or a file beyond a gigabyte.

    Examples
    --------
    >>> is_large("logs/*.parquet"), is_large("s3://bucket/rows.csv"), is_large("rows.csv")
    (True, True, False)
    """
    if "://" in address:
        return True
    path = Path(address)
    if not path.exists():
        return _is_pattern(address)
    return path.is_dir() or (path.stat().st_size > LARGE_BYTES and _kind_of(address) in READ_IN_PARTS)


def _open_filesystem(address: str) -> tuple[Any, str]:
    """The file system of an address, and the path within it."""
    if find_spec("pyarrow") is None:
        raise missing_extra("pyarrow", "files")
    if "://" not in address:
        return fs.LocalFileSystem(), str(Path(address).absolute())
    if address.split("://", 1)[0] in ("file", "s3", "gs", "gcs", "abfs", "hdfs"):
        found: tuple[Any, str] = fs.FileSystem.from_uri(address)
        return found
    if find_spec("fsspec") is None:
        raise missing_extra("fsspec", "files")
    filesystem, path = LazyModule("fsspec.core").url_to_fs(address)
    return fs.PyFileSystem(fs.FSSpecHandler(filesystem)), path


def _expand(filesystem: Any, path: str) -> list[str]:
    """The file, or all files of a folder, however deep, or those that match a pattern, but for hidden ones."""
    has_pattern = _is_pattern(path)
    if not has_pattern and filesystem.get_file_info(path).is_file:
        return [path]
    fixed = path
    while _is_pattern(fixed):
        fixed = fixed.rpartition("/")[0]
    if filesystem.get_file_info(fixed or "/").type != fs.FileType.Directory:
        return []
    found = filesystem.get_file_info(fs.FileSelector(fixed or "/", recursive=True))
    files = [info.path for info in found if info.is_file and not _is_hidden(info.path, fixed)]
    if has_pattern:
        return [each for each in files if fnmatch(each.lstrip("/"), path.lstrip("/"))]
    return [each for each in files if not each.lower().endswith(REMARKS)]


def _is_pattern(path: str) -> bool:
    """Whether a path stands for all files that match it."""
    return any(mark in path for mark in MARKS)


def _is_hidden(path: str, folder: str) -> bool:
    """Whether a part of a path below a folder begins with a point or an underscore, as of unfinished writes."""
    return any(part.startswith((".", "_")) for part in path[len(folder) :].split("/"))


def _kind_of(path: str) -> str | None:
    """Format by the suffix, before that of the compression."""
    file = Path(path.lower())
    return SUFFIXES.get((file.with_suffix("") if file.suffix in PACKED else file).suffix)
