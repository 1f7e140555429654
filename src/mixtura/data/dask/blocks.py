"""The graph of a Dask array's blocks, in the form in which a pass can put its own tasks on top."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mixtura._support import LazyModule

dask = LazyModule("dask")
spec = LazyModule("dask.task_spec")
optimization = LazyModule("dask.optimization")


@dataclass(frozen=True, slots=True, eq=False)
class BlockGraph:
    """The blocks of an array of one block of columns, as nodes of a graph.

    Attributes
    ----------
    nodes : tuple
        For each partition what another task can have as an argument: the task that makes the block, if nothing else
        needs the block, or a reference to it. So one task reads a partition and computes with it, which halves
        what the scheduler has to do.
    graph : dict
        The other tasks that the blocks depend on.
    held : Any
        What keeps persisted blocks on the workers.
    """

    nodes: tuple[Any, ...]
    graph: Mapping[Any, Any]
    held: Any

    @classmethod
    def of(cls, rows: Any) -> BlockGraph:
        """The blocks of a Dask array."""
        (optimised,) = dask.optimize(rows)
        graph = dict(optimised.__dask_graph__())
        keys = [_target(graph, row[0]) for row in optimised.__dask_keys__()]
        uses = Counter(keys)
        for node in graph.values():
            if not isinstance(node, spec.Alias):
                uses.update(_target(graph, key) for key in getattr(node, "dependencies", ()))
        own = {key for key in keys if uses[key] == 1 and isinstance(graph.get(key), spec.GraphNode)}
        nodes = tuple(graph[key] if key in own else spec.TaskRef(key) for key in keys)
        needed = {key for node in nodes for key in getattr(node, "dependencies", (getattr(node, "key", None),))}
        return cls(nodes, optimization.cull(graph, [key for key in needed if key in graph])[0], rows)


def _target(graph: Mapping[Any, Any], key: Any) -> Any:
    """The key of the task behind a key that only renames it."""
    while isinstance(node := graph.get(key), spec.Alias) and node.target != key:
        key = node.target
    return key
