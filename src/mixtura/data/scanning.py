"""`mixtura.scan`: data that does not fit into memory, in files or with an engine, as a source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mixtura.data.chosen_columns import ChosenColumns
from mixtura.data.engines import engine_of
from mixtura.data.files import FileSource, OnRows, scan_files
from mixtura.data.partitions import PartitionSource


def scan(
    what: Any,
    columns: Sequence[str | int] | None = None,
    *,
    exclude: Sequence[str | int] = (),
    weights_column: str | None = None,
    weights_are: str | None = None,
    missing: str = "model",
    bad_rows: str = "error",
    file_format: str | None = None,
    spool: int | None = None,
    folder: str | None = None,
    threads: int | None = None,
    on_rows: OnRows | None = None,
) -> FileSource | PartitionSource:
    """Open data that does not fit into memory as a source, for `mixtura.fit` and all other functions that take X.

    The rows are read once, checked, and copied to a temporary file, from which all later passes read; a random sample
    stays in memory, on which starts are compared. Memory is bounded, whatever the number of rows.

    Parameters
    ----------
    what : str or path, or table
        Parquet, Arrow or Feather, CSV, TSV and NDJSON (also .gz, .bz2, .zst), one .npy, or one Zarr store (an array
        of two dimensions, or a group of columns): a file, a folder, or a pattern such as ``"logs/*.parquet"``; local
        or an address that PyArrow or fsspec opens, such as ``"s3://bucket/part-*.parquet"``. Or a table with the
        method ``__arrow_c_stream__``, such as a relation of DuckDB or a frame of Polars; or a table or array of Dask,
        or a DataFrame of Spark, whose rows stay where they are.
    columns, exclude : sequence of str or int, optional
        Columns to use, and to leave out, as in `mixtura.read`; by default all that hold numbers. The keys of folders
        such as ``year=2024`` are columns, too, but are used only if they are asked for by their names.
    weights_column : str, optional
        Column that holds the rows' weights.
    weights_are : {"counts", "sampling"}, optional
        As in `mixtura.fit`.
    missing : {"model", "error", "drop"}
        What to do about rows with a cell that is empty or NaN: model the values that they have, refuse them, or leave
        them out. With "model", rows without any value are left out. Infinite cells are refused, or dropped.
    bad_rows : {"error", "drop"}
        What to do about rows of text that cannot be read: with text in place of a number, too many or too few cells,
        or broken JSON. Errors and notes count all of them, and show the first twenty.
    file_format : str, optional
        "parquet", "arrow", "csv", "tsv", "ndjson", "npy" or "zarr"; by default that of the suffix.
    spool : int, optional
        Largest size of the temporary copy in bytes; 0 for none, so that the files are read in each pass. By default
        four fifths of the free space. A .npy file is never copied.
    folder : str, optional
        Where the temporary copy lies; by default in the system's folder for such files (TMPDIR).
    threads : int, optional
        As in `mixtura.fit`.
    on_rows : callable, optional
        Called in each pass, this first one and those of fits, with a `mixtura.data.files.RowsRead` at its beginning
        and after each block; `mixtura.progress` makes one that shows them.

    Returns
    -------
    FileSource, or PartitionSource for Dask and Spark

    Raises
    ------
    DataError
        If a file or a cell cannot be used; the message names the file, the row and the column.
    ParameterError
        If a column is missing from the files.
    MissingExtraError
        If PyArrow is not installed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> path = pathlib.Path(tempfile.mkdtemp(), "rows.npy")
    >>> np.save(path, np.random.default_rng(0).normal(size=(1000, 2)))
    >>> scan(path)
    <FileSource of 1,000 rows in 2 columns (x1, x2)>
    """
    chosen = ChosenColumns(columns, exclude, weights_column)
    if (engine := engine_of(what)) is not None:
        return engine.source(what, chosen, weights_are=weights_are, missing=missing, threads=threads)
    return scan_files(
        what,
        chosen,
        weights_are=weights_are,
        missing=missing,
        bad_rows=bad_rows,
        file_format=file_format,
        spool=spool,
        folder=folder,
        threads=threads,
        on_rows=on_rows,
    )
