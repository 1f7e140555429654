"""Partitions that Dask holds: a pass over them is one graph, run by the user's client or by threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import add
from typing import Any
from uuid import uuid4

import numpy as np

from mixtura._support import LazyModule, Rows
from mixtura.data.chosen_columns import ChosenColumns
from mixtura.data.dask.blocks import BlockGraph
from mixtura.data.dask.failures import failures_in_words
from mixtura.data.dask.rows import stored_rows
from mixtura.data.partitions import PartOfSum, TreeSum

base = LazyModule("dask.base")
spec = LazyModule("dask.task_spec")

# How many parts are added by one task; more would wait for the last of them, fewer make more tasks.
PARTS_ADDED = 16


def dask_partitions(X: Any, chosen: ChosenColumns, sample_weight: Any = None) -> DaskPartitions:
    """The partitions of a Dask array or dataframe; the arguments are those of `stored_rows`."""
    return DaskPartitions(*stored_rows(X, chosen, sample_weight))


@dataclass(frozen=True, eq=False)
class DaskPartitions:
    """Partitions of rows that Dask holds, or reads again in each pass if they are not persisted.

    Attributes
    ----------
    rows : dask.array.Array of shape (n, d) or (n, d + 1)
        One block of columns, float64 or float32; n may be unknown.
    columns : tuple of str or None
    name : str
    """

    rows: Any
    columns: tuple[str, ...] | None = None
    name: str = "X"

    @property
    def count(self) -> int:
        """Number of partitions."""
        return int(self.rows.numblocks[0])

    @property
    def n_columns(self) -> int:
        """Number of columns, that of the weights included."""
        return int(self.rows.shape[1])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        found: np.dtype[Any] = self.rows.dtype
        return found

    @cached_property
    def blocks(self) -> BlockGraph:
        """The graph of the rows, optimised once for all passes."""
        return BlockGraph.of(self.rows)

    def reduce(self, task: Callable[[Rows, Any], Any], arguments: Sequence[Any]) -> TreeSum:
        """The sum of a task's values over all partitions: one task for each, whose values are added in their order.

        The task travels as a node of the graph, on which all others depend. A worker that dies takes with it only
        what can be computed again; a scattered value could not, and the computation would wait for it for ever.

        Raises
        ------
        DataError
            If rows are lost that Dask cannot compute again, or workers die again and again.
        """
        run = uuid4().hex  # keys of two passes must differ
        shared = f"mixtura-task-{run}"
        graph = {**self.blocks.graph, shared: spec.DataNode(shared, PartOfSum(task))}
        keys = []
        for number, (block, argument) in enumerate(zip(self.blocks.nodes, arguments, strict=True)):
            keys.append((f"mixtura-part-{run}", number))
            reads = getattr(block, "dependencies", True)
            graph[keys[-1]] = spec.Task(
                keys[-1], _part, spec.TaskRef(shared), number, block, argument, _data_producer=not reads
            )
        last = _add_in_order(graph, keys, f"mixtura-sum-{run}")
        get = base.get_scheduler(collections=[self.rows])
        with failures_in_words(self.name):
            total: TreeSum = get(graph, last)
        return total


def _part(part: PartOfSum, number: int, rows: Rows, argument: Any) -> TreeSum:
    """The part of a sum that one partition has."""
    return part(number, rows, argument)


def _sum(*parts: TreeSum) -> TreeSum:
    """The sum of some parts."""
    return reduce(add, parts)


def _add_in_order(graph: dict[Any, Any], keys: list[Any], name: str) -> Any:
    """Add the tasks to a graph that add up others in their order, a fixed number at a time; the key of the sum."""
    level = 0
    while len(keys) > 1:
        groups = [keys[start : start + PARTS_ADDED] for start in range(0, len(keys), PARTS_ADDED)]
        keys = [(name, level, number) for number in range(len(groups))]
        for key, group in zip(keys, groups, strict=True):
            graph[key] = spec.Task(key, _sum, *map(spec.TaskRef, group))
        level += 1
    return keys[0]
