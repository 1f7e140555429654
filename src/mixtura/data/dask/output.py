"""Values of each row of a Dask array or dataframe, which Dask computes when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import (
    LazyModule,
    as_column_like,
    as_columns_like,
    check_columns_present,
    column_names,
    one_blas_thread,
    using_threads,
)
from mixtura.data.chosen_columns import ChosenColumns
from mixtura.data.dask.rows import rows_of_array
from mixtura.data.partitions import RowOutput

da = LazyModule("dask.array")
dask = LazyModule("dask")


def map_dask_rows(X: Any, f: Callable[[Any], NDArray[Any]], output: RowOutput) -> Any:
    """``f`` of the rows of each partition, later.

    Returns
    -------
    dask.array.Array of shape (n,) or (n, k)
        For an array, in its partitions.
    dask.dataframe.Series or DataFrame
        For a dataframe, with its index and its divisions. The Series has the name of the output; of several values
        those of the first component are the column "posterior_0", if the output is called posterior, and so on.

    Raises
    ------
    DataError
        If a dataframe lacks a column, or an array cannot be rows (`rows_of_array`).
    """
    shared = dask.delayed(f, pure=True)  # a node of the graph: it does not travel with each partition's task
    if hasattr(type(X), "to_dask_array"):
        table = _used_columns(X, output)
        meta = table._meta  # noqa: SLF001 Dask has no other name for it
        return table.map_partitions(_of_table, shared, output, meta=_of_table(meta, f, output))
    rows = rows_of_array(X, ChosenColumns())
    empty = output.of(f, np.empty((0, 1)))
    if output.width is None:
        return rows.map_blocks(_of_block, shared, output, drop_axis=1, meta=empty)
    return rows.map_blocks(_of_block, shared, output, chunks=(rows.chunks[0], (output.width,)), meta=empty)


def _used_columns(X: Any, output: RowOutput) -> Any:
    """The columns of a dataframe that are used, so that no others are read; all where either side has no names."""
    names = None if X.ndim == 1 else column_names(X)
    if not (names and output.columns):
        return X
    check_columns_present(names, output.columns)
    return X[list(output.columns)]


def _of_block(rows: Any, f: Callable[[Any], NDArray[Any]], output: RowOutput) -> NDArray[Any]:
    """Values of a partition's rows, in one thread, since Dask runs as many tasks at a time as there are cores."""
    with using_threads(1), one_blas_thread():
        return output.of(f, rows)


def _of_table(partition: Any, f: Callable[[Any], NDArray[Any]], output: RowOutput) -> Any:
    """Values of a partition's rows, as a Series or as a DataFrame."""
    values = _of_block(partition, f, output)
    if output.width is None:
        return as_column_like(partition, values, output.name)
    return as_columns_like(partition, values, [f"{output.name}_{number}" for number in range(output.width)])
