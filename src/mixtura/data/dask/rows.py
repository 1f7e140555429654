"""Arrays and dataframes of Dask as one array of rows, of the columns that are used, the weights last."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mixtura._support import LazyModule, Rows, as_numbers, column_names, format_count
from mixtura.data.chosen_columns import ChosenColumns
from mixtura.errors import CellError, DataError

da = LazyModule("dask.array")

# Kinds of NumPy's types, and of pandas' own, whose values are numbers: bool, int, unsigned, float.
KINDS_OF_NUMBERS = "biuf"


def stored_rows(X: Any, chosen: ChosenColumns, sample_weight: Any = None) -> tuple[Any, tuple[str, ...] | None]:
    """The chosen columns as a Dask array (n, d) or (n, d + 1), one block of columns, and their names if they have some.

    Parameters
    ----------
    X : dask.array.Array of shape (n, d) or (n,), or dask.dataframe.DataFrame or Series
    chosen : ChosenColumns
        An array's columns are called "1", "2", and so on.
    sample_weight : Dask array or Series of shape (n,), array-like or number, optional
        Weights that become the last column.

    Raises
    ------
    DataError
        If X is something else of Dask's, a column does not hold numbers, or the weights do not match the rows.
    """
    if hasattr(type(X), "to_dask_array"):
        rows, names = _rows_of_table(X, chosen)
    else:
        rows, names = rows_of_array(X, chosen), None
    if sample_weight is None:
        return rows, names
    return _with_weights(rows, sample_weight), names and (*names, "sample_weight")


def _rows_of_table(X: Any, chosen: ChosenColumns) -> tuple[Any, tuple[str, ...] | None]:
    """The chosen columns of a DataFrame, or of a Series, as an array, and their names if all are text."""
    table = X.to_frame() if X.ndim == 1 else X
    types, names = list(table.dtypes), column_names(table)
    places, dtype = _choose(types, names, chosen)
    width = len(places)
    numbers = table.iloc[:, places].map_partitions(_as_block, dtype, meta=np.empty((0, width), dtype))
    return numbers, names and tuple(names[place] for place in places)


def rows_of_array(X: Any, chosen: ChosenColumns) -> Any:
    """The chosen columns of an array of one or two dimensions, in one block of columns.

    Raises
    ------
    DataError
        If it has another shape, its columns are not counted, or its blocks are not NumPy's.
    """
    if not hasattr(type(X), "numblocks"):
        raise DataError(f"X is a {type(X).__name__} of Dask; expected a dask.array or a dask.dataframe")
    if X.ndim not in (1, 2) or 0 in X.shape[1:]:
        raise DataError(f"X has shape {X.shape}; expected (rows, columns) with at least one column")
    if type(X._meta) is not np.ndarray:  # noqa: SLF001 Dask has no other name for it
        raise DataError(f"X has blocks of {type(X._meta).__name__}; expected NumPy arrays")  # noqa: SLF001
    rows = X[:, None] if X.ndim == 1 else X
    if math.isnan(rows.shape[1]):
        raise DataError("X does not know its number of columns; call X.compute_chunk_sizes() first")
    places, dtype = _choose([X.dtype] * rows.shape[1], None, chosen)
    if places != list(range(rows.shape[1])):
        rows = rows[:, places]
    return rows.rechunk({1: -1}).astype(dtype)  # neither makes a task where there is nothing to do


def _choose(types: Sequence[Any], names: Sequence[str] | None, chosen: ChosenColumns) -> tuple[list[int], DTypeLike]:
    """Positions of the chosen columns, given all columns' types, and the type of their numbers together."""
    available = names or [str(number) for number in range(1, len(types) + 1)]
    if len(set(available)) < len(available):
        twice = next(name for name in available if list(available).count(name) > 1)
        raise DataError(f'X has two columns "{twice}"; rename one')
    numeric = [name for name, type_ in zip(available, types, strict=True) if type_.kind in KINDS_OF_NUMBERS]
    places = [list(available).index(name) for name in chosen.among(available, numeric, "X")]
    for place in places:
        if types[place].kind not in KINDS_OF_NUMBERS:
            advice = "convert it by X.astype, or leave it out"
            raise CellError(f'X, column "{available[place]}", is of type {types[place]}; expected numbers: {advice}')
    single = all(types[place] == np.float32 for place in places)
    return places, np.dtype(np.float32 if single else np.float64)


def _as_block(partition: Any, dtype: DTypeLike) -> Rows:
    """The numbers of a partition of a dataframe; NaN where pandas has no value."""
    block: Rows = partition.to_numpy(dtype=dtype, na_value=np.nan)
    return block


def _with_weights(rows: Any, sample_weight: Any) -> Any:
    """Rows with their weights as the last column, in float64 unless both are float32."""
    if type(sample_weight).__module__.partition(".")[0] == "dask":
        weights = _weights_like(rows, stored_rows(sample_weight, ChosenColumns())[0])
    else:
        weights = as_numbers(sample_weight, "sample_weight")
        weights = _sent(rows, weights) if weights.ndim else weights
    index = "ij" if weights.ndim else None
    dtype = np.result_type(rows.dtype, weights.dtype)
    widths = {"j": lambda width: width + 1}
    meta = np.empty((0, 0), dtype)
    return da.blockwise(_beside, "ij", rows, "ij", weights, index, adjust_chunks=widths, align_arrays=False, meta=meta)


def _sent(rows: Any, weights: NDArray[Any]) -> Any:
    """Weights in memory, (n,), as a Dask array (n, 1) in the partitions of the rows; they are sent to workers once."""
    n = rows.shape[0]
    if math.isnan(n):
        raise DataError(
            "sample_weight is an array, and X does not know the lengths of its partitions; make the weights a column "
            "of X and give its name, or call compute_chunk_sizes() of a Dask array"
        )
    if weights.shape != (n,):
        raise DataError(f"sample_weight has shape {weights.shape}; expected one weight for each row, ({n},)")
    return da.from_array(weights[:, None], chunks=(rows.chunks[0], 1)).persist()


def _weights_like(rows: Any, weights: Any) -> Any:
    """Weights, (n, 1), in the partitions of the rows, where the lengths say how."""
    if weights.shape[1] != 1:
        raise DataError(f"sample_weight has {format_count(weights.shape[1], 'column')}; expected one")
    n, given = rows.shape[0], weights.shape[0]
    if n == given:
        return weights.rechunk((rows.chunks[0], 1))
    if not (math.isnan(n) or math.isnan(given)):
        raise DataError(f"sample_weight has {given} rows; X has {n}")
    if rows.numblocks[0] != weights.numblocks[0]:
        counts = [format_count(each.numblocks[0], "partition") for each in (rows, weights)]
        raise DataError(
            f"X has {counts[0]} and sample_weight {counts[1]}, of unknown lengths; make the weights a column of X and "
            "give its name"
        )
    return weights


def _beside(block: Rows, weights: Any) -> Rows:
    """The rows of a partition with their weights, (m, 1) or one for all, as the last column."""
    weights = np.broadcast_to(weights, (len(block), 1)) if np.ndim(weights) == 0 else weights
    if len(weights) != len(block):
        raise DataError(f"sample_weight has {len(weights)} rows in a partition where X has {len(block)}")
    return np.hstack([block, weights])
