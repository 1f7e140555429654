"""The blocks of a Spark DataFrame as `Partitions`, on RDDs where Spark has them and on DataFrames through Connect."""

from __future__ import annotations

import _thread
import math
import pickle
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any, Protocol

import numpy as np

from mixtura._support import LazyModule
from mixtura.data.chosen_columns import ChosenColumns
from mixtura.data.partitions import TreeSum
from mixtura.data.spark.blocks import SCHEMA, Key, MakeBlocks, Sent, SumOfBatches, SumOfPartitions, Work
from mixtura.data.spark.columns import SparkColumns
from mixtura.data.spark.failures import explaining_failures
from mixtura.data.stored import rows_per_block
from mixtura.errors import ParameterError

pyspark = LazyModule("pyspark")

# Up to so many partitions the driver adds their sums itself; beyond, workers add those of neighbours first.
DRIVER_ADDS = 64

# A task has at least so many bytes of rows if there are more tasks than cores: each task of Python's waits for 40 ms.
TASK_BYTES = 1 << 26


class KeptBlocks(Protocol):
    """Blocks that Spark keeps in memory or on disk."""

    def lengths(self) -> dict[Key, int]:
        """Number of rows of each block, in any order."""

    def total(self, work: Work) -> TreeSum:
        """The sum of a task's values over all blocks."""

    def release(self) -> None:
        """Let Spark forget the blocks."""


@dataclass(frozen=True, eq=False)
class BlocksOfRDD:
    """Blocks in an RDD, which workers read without a conversion."""

    rdd: Any

    @classmethod
    def of(cls, frame: Any) -> BlocksOfRDD:
        """The blocks of a DataFrame of blocks."""
        return cls(frame.rdd.map(tuple).persist(pyspark.StorageLevel.MEMORY_AND_DISK))

    def lengths(self) -> dict[Key, int]:
        """See `KeptBlocks`."""
        return {(part, number): length for part, number, length in self.rdd.map(_without_rows).collect()}

    def total(self, work: Work) -> TreeSum:
        """See `KeptBlocks`; like ``RDD.treeReduce``, but neighbours are added, whose sums `TreeSum` can join."""
        count, context = self.rdd.getNumPartitions(), self.rdd.context
        together = count if count <= DRIVER_ADDS else math.isqrt(count)
        tasks = max(context.defaultParallelism, math.ceil(work.n_bytes / TASK_BYTES))
        rdd = self.rdd.coalesce(tasks) if 2 * tasks <= count else self.rdd
        sent = context.broadcast(work)
        try:
            sums = rdd.mapPartitions(SumOfPartitions(sent, together))
            if together < count:
                sums = sums.reduceByKey(add, math.ceil(count / together))
            return reduce(add, (total for _, total in sums.collect()), TreeSum({}))
        finally:
            sent.destroy()

    def release(self) -> None:
        """See `KeptBlocks`."""
        self.rdd.unpersist()


def _without_rows(block: tuple[Any, ...]) -> tuple[Any, ...]:
    """Partition, number and length of a block."""
    return block[:3]


@dataclass(frozen=True, eq=False)
class BlocksOfFrame:
    """Blocks in a DataFrame, for Spark Connect, which has no RDDs."""

    frame: Any

    @classmethod
    def of(cls, frame: Any) -> BlocksOfFrame:
        """The blocks of a DataFrame of blocks."""
        return cls(frame.persist(pyspark.StorageLevel.MEMORY_AND_DISK))

    def lengths(self) -> dict[Key, int]:
        """See `KeptBlocks`."""
        rows = self.frame.select("part", "number", "length").collect()
        return {(part, number): length for part, number, length in rows}

    def total(self, work: Work) -> TreeSum:
        """See `KeptBlocks`."""
        sums = self.frame.mapInArrow(SumOfBatches(Sent(work)), "sum binary").collect()
        return reduce(add, (pickle.loads(row[0]) for row in sums), TreeSum({}))  # noqa: S301 workers have written it

    def release(self) -> None:
        """See `KeptBlocks`."""
        self.frame.unpersist()


@dataclass(frozen=True, eq=False)
class SparkPartitions:
    """The rows of a Spark DataFrame in blocks that Spark keeps, as `Partitions`, each block one of them.

    Rows are in the order of the DataFrame's partitions, as ``collect`` gives them. Spark forgets the blocks when this
    object is garbage-collected.
    """

    blocks: KeptBlocks
    lengths: dict[Key, int]
    columns: tuple[str, ...] | None
    n_columns: int
    dtype: np.dtype[Any]
    name: str = "X"

    @classmethod
    def of(cls, columns: SparkColumns) -> SparkPartitions:
        """Run the job that makes the blocks.

        Raises
        ------
        DataError
            If vectors have different numbers of elements.
        """
        with explaining_failures():
            width = columns.width()
            n_columns = len(columns.numbers) + (width or 0)
            make = MakeBlocks(columns.matrix(width), rows_per_block(n_columns))
            frame = columns.alone().mapInArrow(make, SCHEMA)
            kind: Callable[[Any], KeptBlocks] = BlocksOfFrame.of if is_connect(frame) else BlocksOfRDD.of
            blocks = kind(frame)
            lengths = dict(sorted(blocks.lengths().items()))
        found = cls(blocks, lengths, columns.names, n_columns, np.dtype(columns.dtype))
        # In a thread: garbage may be collected within a call to Spark, whose connection would then be used twice.
        weakref.finalize(found, _thread.start_new_thread, _release, (blocks,)).atexit = False
        return found

    @property
    def count(self) -> int:
        """See `Partitions`."""
        return len(self.lengths)

    def reduce(self, task: Callable[[Any, Any], Any], arguments: Sequence[Any]) -> TreeSum:
        """See `Partitions`."""
        work = Work.of(task, self.lengths, arguments, self.n_columns, self.dtype.name)
        with explaining_failures():
            return self.blocks.total(work)


def is_connect(frame: Any) -> bool:
    """Whether a DataFrame is one of Spark Connect's, without an import of what Connect needs."""
    return type(frame).__module__.startswith("pyspark.sql.connect.")


def _release(blocks: KeptBlocks) -> None:
    """Let Spark forget blocks; if the session has ended, it has done so."""
    with suppress(Exception):
        blocks.release()


def spark_partitions(X: Any, chosen: ChosenColumns, sample_weight: Any) -> SparkPartitions:
    """The rows of a Spark DataFrame, of the chosen columns.

    Raises
    ------
    ParameterError
        If weights are given beside the DataFrame, or X is no DataFrame, or has no such column.
    DataError
        If a column holds no numbers.
    """
    if sample_weight is not None:
        given = type(sample_weight).__name__
        raise ParameterError(f"sample_weight is a {given}; beside a DataFrame of Spark, give the name of a column")
    return SparkPartitions.of(SparkColumns.of(X, chosen))
