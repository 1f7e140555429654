"""What workers of Spark do with rows: make blocks of bytes of them, and add up a task's values over blocks."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

import numpy as np

from mixtura._support import LazyModule, Rows
from mixtura.data.partitions import PartOfSum, TreeSum
from mixtura.data.spark.batches import MatrixOfBatch
from mixtura.data.spark.columns import PART
from mixtura.errors import DataError

cloudpickle = LazyModule("pyspark.cloudpickle")
pa = LazyModule("pyarrow")

# Types of the columns of blocks: the partition of the DataFrame and the number within it, which together tell the
# order, the number of rows, and their values, column by column.
SCHEMA = "part int, number int, length int, rows binary"

CHANGED = (
    "partition {} of X has other rows than in the first pass: they differ each time they are computed; write the "
    "DataFrame to a table first, or use its checkpoint()"
)

# A block as a row of such a table.
Block: TypeAlias = tuple[int, int, int, bytes]

# A block's partition and number within it.
Key: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class MakeBlocks:
    """Makes blocks of the record batches of one partition, for ``DataFrame.mapInArrow``.

    Attributes
    ----------
    matrix : MatrixOfBatch
    size : int
        Least number of rows of a block but the last, which is joined of batches; larger batches are cut.
    """

    matrix: MatrixOfBatch
    size: int

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        first = next(batches := iter(batches), None)
        if first is None:
            return
        part = first.column(PART)[0]  # not the task's, which has several partitions after a coalesce
        types = {"part": pa.int32(), "number": pa.int32(), "length": pa.int32(), "rows": pa.binary()}
        for number, rows in enumerate(_in_blocks(self._matrices(chain([first], batches)), self.size)):
            content = {"part": [part], "number": [number], "length": [len(rows)], "rows": [rows.T.tobytes()]}
            yield pa.record_batch(content, pa.schema(types))

    def _matrices(self, batches: Iterable[Any]) -> Iterator[Rows]:
        """The batches as matrices of no more rows than a block has."""
        for batch in batches:
            for start in range(0, batch.num_rows, self.size):
                yield self.matrix(batch.slice(start, self.size))


def _in_blocks(parts: Iterable[Rows], size: int) -> Iterator[Rows]:
    """Matrices joined until they have at least ``size`` rows.

    Examples
    --------
    >>> [len(block) for block in _in_blocks([np.ones((2, 1))] * 5, 3)]
    [4, 4, 2]
    """
    waiting: list[Any] = []
    for part in parts:
        waiting.append(part)
        if sum(map(len, waiting)) >= size:
            yield np.concatenate(waiting)
            waiting = []
    if waiting:
        yield np.concatenate(waiting)


@dataclass(frozen=True, slots=True)
class Work:
    """A task over blocks, pickled, with what is known of each block.

    Attributes
    ----------
    part : bytes
        The pickled `PartOfSum`, which knows the task.
    blocks : dict
        Number, number of rows and pickled argument of each block.
    n_columns : int
    dtype : str
    """

    part: bytes
    blocks: dict[Key, tuple[int, int, bytes]]
    n_columns: int
    dtype: str

    @classmethod
    def of(cls, task: Any, lengths: dict[Key, int], arguments: Iterable[Any], n_columns: int, dtype: str) -> Work:
        """The work of a task with an argument for each of the blocks, whose lengths are given in order."""
        pickled = map(cloudpickle.dumps, arguments)
        blocks = {
            key: (number, length, argument)
            for number, ((key, length), argument) in enumerate(zip(lengths.items(), pickled, strict=True))
        }
        return cls(cloudpickle.dumps(PartOfSum(task)), blocks, n_columns, dtype)

    @property
    def n_bytes(self) -> int:
        """Number of bytes of the rows of all blocks."""
        row = self.n_columns * np.dtype(self.dtype).itemsize
        return row * sum(length for _, length, _ in self.blocks.values())

    def totals(self, blocks: Iterable[Block], together: int) -> dict[int, TreeSum]:
        """The sums over some of the blocks, one for each ``together`` neighbouring partitions, by their number.

        Raises
        ------
        DataError
            If a block is not the one that the first job made.
        """
        part_of_sum = pickle.loads(self.part)  # noqa: S301 the driver has written it
        found: dict[int, TreeSum] = {}
        for part, number, length, rows in blocks:
            place, expected, argument = self.blocks.get((part, number), (0, -1, b""))
            if length != expected:
                raise DataError(CHANGED.format(part))
            matrix = np.frombuffer(rows, self.dtype).reshape(self.n_columns, length).T
            value = part_of_sum(place, matrix, pickle.loads(argument))  # noqa: S301 as above
            group = part // together
            found[group] = found[group] + value if group in found else value
        return found


@dataclass(frozen=True, slots=True)
class Sent:
    """A value that travels within a function, where there is no broadcast."""

    value: Any


@dataclass(frozen=True, slots=True)
class SumOfPartitions:
    """The sums over some partitions of an RDD, by the number of their neighbourhood, for ``RDD.mapPartitions``.

    Attributes
    ----------
    work : pyspark.Broadcast
        Of a `Work`.
    together : int
        Number of neighbouring partitions of the DataFrame that have one sum.
    """

    work: Any
    together: int

    def __call__(self, blocks: Iterable[Block]) -> Iterator[tuple[int, TreeSum]]:
        yield from self.work.value.totals(blocks, self.together).items()


@dataclass(frozen=True, slots=True)
class SumOfBatches:
    """The pickled sum over the blocks of a partition of a DataFrame, for ``DataFrame.mapInArrow``."""

    work: Sent

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        blocks = (block for batch in batches for block in _blocks_of(batch))
        for total in self.work.value.totals(blocks, together=1 << 31).values():
            yield pa.record_batch({"sum": [cloudpickle.dumps(total)]})


def _blocks_of(batch: Any) -> Iterator[Any]:
    """The blocks in a record batch, whose bytes are not copied."""
    *keys, rows = batch.columns
    yield from zip(*(key.to_pylist() for key in keys), (cell.as_buffer() for cell in rows), strict=True)
