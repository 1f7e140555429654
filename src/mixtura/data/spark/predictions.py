"""What is computed of each row of a Spark DataFrame, as a column that is added to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import LazyModule, distinct_name, one_blas_thread, using_threads
from mixtura.data.chosen_columns import ChosenColumns
from mixtura.data.partitions import RowOutput
from mixtura.data.spark.batches import MatrixOfBatch
from mixtura.data.spark.columns import SparkColumns

pa = LazyModule("pyarrow")
types = LazyModule("pyspark.sql.types")


@dataclass(frozen=True, slots=True, eq=False)
class AddColumn:
    """Adds what a function computes of the rows to record batches, for ``DataFrame.mapInArrow``.

    Attributes
    ----------
    f : callable
        From rows to values, (n,) or (n, width).
    output : RowOutput
    matrix : MatrixOfBatch
    names : tuple of str
        Of the columns that stay, which come first, and of the new one.
    """

    f: Callable[[Any], NDArray[Any]]
    output: RowOutput
    matrix: MatrixOfBatch
    names: tuple[str, ...]

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        for batch in batches:
            with using_threads(1), one_blas_thread():  # Spark runs as many tasks at a time as there are cores
                values = self.output.of(self.f, self.matrix(batch))
            kept = batch.columns[: len(self.names) - 1]
            yield pa.RecordBatch.from_arrays([*kept, _as_arrow(values)], names=list(self.names))


def _as_arrow(values: NDArray[Any]) -> Any:
    """Values of rows, (n,) or (n, width), as Arrow's array of numbers or of lists.

    Examples
    --------
    >>> _as_arrow(np.array([[1.0, 2.0], [3.0, 4.0]])).to_pylist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    if values.ndim == 1:
        return pa.array(values)
    offsets = np.arange(len(values) + 1, dtype=np.int32) * values.shape[1]
    return pa.ListArray.from_arrays(offsets, np.ascontiguousarray(values).ravel())


def map_spark_rows(X: Any, f: Callable[[Any], NDArray[Any]], output: RowOutput) -> Any:
    """The DataFrame with one more column, which Spark computes when it is asked for it.

    Raises
    ------
    ParameterError
        If X is no DataFrame of Spark's, or lacks a column.
    DataError
        If the columns hold no numbers, or their number is another one than the function expects.
    """
    columns = SparkColumns.of(X, ChosenColumns(output.columns))
    matrix = columns.matrix(None)
    if columns.vector is None:
        f(np.zeros((1, len(columns.numbers))))  # it says whether this is the right number of columns
    names = tuple(field.name for field in columns.fields)
    name = distinct_name(output.name, {name.lower() for name in names})
    number = types.LongType() if output.type is int else types.DoubleType()
    kind = number if output.width is None else types.ArrayType(number, containsNull=False)
    schema = types.StructType([*columns.fields, types.StructField(name, kind, nullable=False)])
    return columns.beside_all().mapInArrow(AddColumn(f, output, matrix, (*names, name)), schema)
