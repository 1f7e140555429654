"""Sums over partitions that have the same bits in whatever order the partitions are added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

# Level and number of a node of the tree: node j of level i holds the sum of the partitions j 2^i to (j + 1) 2^i - 1.
Node: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class TreeSum:
    """A part of a sum over numbered values, added along a fixed binary tree; ``+`` joins two parts.

    Rounding depends on which numbers are added to which. Here these are always the same, although an engine may
    add the parts in any order, or compute some of them again.

    Attributes
    ----------
    nodes : dict
        Sums of the subtrees that are complete so far; None for those without any value.

    Examples
    --------
    >>> parts = [TreeSum.of(number, value) for number, value in enumerate([1e16, 1.0, -1e16, 1.0, None])]
    >>> one = parts[0] + parts[1] + parts[2] + parts[3] + parts[4]
    >>> other = parts[4] + (parts[3] + parts[1]) + (parts[2] + parts[0])
    >>> one.total() == other.total(), len((parts[0] + parts[1]).nodes)
    (True, 1)
    """

    nodes: dict[Node, Any]

    @classmethod
    def of(cls, number: int, value: Any) -> TreeSum:
        """The part of one value; None is the value of nothing."""
        return cls({(0, number): value})

    def __add__(self, other: TreeSum) -> TreeSum:
        nodes = dict(self.nodes)
        for node, value in other.nodes.items():
            _insert(nodes, node, value)
        return TreeSum(nodes)

    @property
    def count(self) -> int:
        """Number of values that were added, those of nothing included."""
        return sum(1 << level for level, _ in self.nodes)

    def total(self) -> Any:
        """The sum of all values, from the first to the last subtree that is complete; None if there is no value."""
        total = None
        for _, value in sorted(self.nodes.items(), key=lambda item: item[0][1] << item[0][0]):
            total = _plus(total, value)
        return total


def _insert(nodes: dict[Node, Any], node: Node, value: Any) -> None:
    """Add a subtree to others, which completes the larger ones whose other half is there."""
    while (sibling := (node[0], node[1] ^ 1)) in nodes:
        other = nodes.pop(sibling)
        value = _plus(other, value) if node[1] % 2 else _plus(value, other)
        node = (node[0] + 1, node[1] // 2)
    nodes[node] = value


def _plus(one: Any, other: Any) -> Any:
    """The sum of two values, of which either may be None for nothing."""
    if one is None or other is None:
        return other if one is None else one
    return one + other
