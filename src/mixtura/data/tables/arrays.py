"""NumPy's files: an array of numbers, or several arrays with names."""

from __future__ import annotations

import io
import math
import zipfile
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from mixtura._support import format_list
from mixtura.data.tables.cells import Cells, FileContent, check_cells, default_column_names, load_polars, rename_columns
from mixtura.errors import DataError


def read_npy(content: FileContent) -> Cells:
    """Read the cells of a NumPy array of one or two dimensions; nothing in the file is executed."""
    with content.open() as stream:
        _check_npy_header(stream, content)
        array = np.lib.format.read_array(stream, allow_pickle=False)
    if array.dtype.kind not in "fiub" or array.ndim not in (1, 2) or 0 in array.shape:
        what = f"an array of {array.dtype} of shape {array.shape}"
        raise DataError(f"{content.name} is {what}; expected numbers, (rows, columns)")
    return _as_cells(array)


def _as_cells(array: NDArray[np.generic]) -> Cells:
    """The cells of an array without names."""
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


def read_npz(content: FileContent) -> Cells:
    """Read the arrays of an archive of NumPy arrays side by side; those that have as many rows as the first matrix."""
    arrays = _unpack(content)
    rows = next((len(array) for array in arrays.values() if array.ndim == 2), None)
    rows = max((len(array) for array in arrays.values()), default=0) if rows is None else rows
    kept = {name: array for name, array in arrays.items() if len(array) == rows}
    if not rows or not kept:
        raise DataError(f"{content.name} has no arrays of numbers, (rows, columns)")
    if len(kept) == 1:
        return _as_cells(next(iter(kept.values())))
    columns = [values for array in kept.values() for values in array.reshape(rows, -1).T]
    names = [
        f"{name}{number + 1 if array.ndim == 2 else ''}"
        for name, array in kept.items()
        for number in range(array.size // rows)
    ]
    frame = load_polars().DataFrame(dict(zip(default_column_names(len(columns)), columns, strict=True)))
    left = [name for name in arrays if name not in kept]
    note = f"{content.name}: left out {format_list(left)}, which have not {rows} rows"
    return Cells(rename_columns(frame, names, content.name), has_names=True, notes=(note,) if left else ())


def _unpack(content: FileContent) -> dict[str, NDArray[np.generic]]:
    """Arrays of an archive with one or two dimensions, of numbers or text, by their names."""
    with content.open() as stream, zipfile.ZipFile(stream) as archive:
        check_cells(content, sum(member.file_size for member in archive.infolist()) // 8)
        arrays = {
            member.removesuffix(".npy"): np.lib.format.read_array(io.BytesIO(archive.read(member)), allow_pickle=False)
            for member in archive.namelist()
        }
    return {name: array for name, array in arrays.items() if array.dtype.kind in "fiubU" and array.ndim in (1, 2)}
