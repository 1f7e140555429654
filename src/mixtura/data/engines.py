"""Tables and arrays that another engine holds, such as Dask's and Spark's: as sources, and for values of each row.

To add an engine, write a function that makes `Partitions` of its tables and one that computes values of each row, and
register them in `ENGINES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from mixtura.data.chosen_columns import ChosenColumns
from mixtura.data.dask import dask_partitions, map_dask_rows
from mixtura.data.partitions import Partitions, PartitionSource, RowOutput
from mixtura.data.spark import map_spark_rows, spark_partitions

# Makes the partitions of a table, of the chosen columns and the weights, which are given beside it or None.
MakePartitions = Callable[[Any, ChosenColumns, Any], Partitions]

# Values of each row of a table, computed when they are asked for by a function of rows as it holds them.
MapRows = Callable[[Any, Callable[[Any], NDArray[Any]], RowOutput], Any]


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that holds rows in partitions.

    Attributes
    ----------
    partitions : callable
        From a table, the chosen columns and the weights beside the table, or None, to `Partitions`.
    map_rows : callable
        From a table, a function of its rows, and the function's `RowOutput`, to what the engine computes later.
    """

    partitions: MakePartitions
    map_rows: MapRows

    def source(
        self,
        X: Any,
        chosen: ChosenColumns,
        sample_weight: Any = None,
        *,
        weights_are: str | None = None,
        missing: str = "model",
        threads: int | None = None,
    ) -> PartitionSource:
        """The source of a table, whose rows are checked and counted; the arguments are those of `mixtura.scan`.

        ``sample_weight`` is the name of a column, or what the engine can put beside the table.
        """
        if isinstance(sample_weight, str):
            chosen, sample_weight = ChosenColumns(chosen.columns, chosen.exclude, sample_weight), None
        weighted = sample_weight is not None or chosen.weights_column is not None
        partitions = self.partitions(X, chosen, sample_weight)
        return PartitionSource.of(
            partitions, weighted=weighted, weights_are=weights_are, missing=missing, threads=threads
        )


# By the package in which the class of a table is defined.
ENGINES: Mapping[str, Engine] = MappingProxyType(
    {
        "dask": Engine(dask_partitions, map_dask_rows),
        "pyspark": Engine(spark_partitions, map_spark_rows),
    }
)


def engine_of(X: Any) -> Engine | None:
    """The engine that holds a table or an array; None for rows in memory.

    Examples
    --------
    >>> engine_of([[1.0, 2.0]]) is None
    True
    """
    return ENGINES.get(type(X).__module__.partition(".")[0])
