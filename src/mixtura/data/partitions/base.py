"""The protocol of partitions: rows that an engine, such as Dask or Spark, holds in parts and computes with in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from mixtura._support import Rows, one_blas_thread
from mixtura.data.partitions.tree import TreeSum

# A function of the rows of a partition, as they are stored, and of an argument; None says that it has no value.
Task = Callable[[Rows, Any], Any]


class Partitions(Protocol):
    """Rows in partitions that an engine holds, the only thing that a `PartitionSource` needs of an engine."""

    @property
    def count(self) -> int:
        """Number of partitions."""

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of the columns, that of the weights last; None where they have none."""

    @property
    def n_columns(self) -> int:
        """Number of columns, that of the weights included."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values, float64 or float32."""

    @property
    def name(self) -> str:
        """What messages call the rows."""

    def reduce(self, task: Task, arguments: Sequence[Any]) -> TreeSum:
        """The sum of ``PartOfSum(task)(number, rows, arguments[number])`` over all partitions, in any order.

        Where the engine has processes of its own, tasks and arguments travel by cloudpickle. What a worker had
        computed that is lost is computed again by others.
        """


@dataclass(frozen=True, slots=True)
class PartOfSum:
    """Computes a task's value for a partition: ``part(number, rows, argument)``."""

    task: Task

    def __call__(self, number: int, rows: Rows, argument: Any) -> TreeSum:
        with one_blas_thread():  # the engine runs as many tasks at a time as there are cores
            return TreeSum.of(number, self.task(rows, argument))
