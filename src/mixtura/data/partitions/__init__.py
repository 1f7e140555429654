"""Rows that an engine holds in partitions: `PartitionSource`, and what it needs of an engine, `Partitions`.

To add an engine, write a class with the members of `Partitions` in a file of its own.
"""

from __future__ import annotations

from mixtura.data.partitions.base import Partitions, PartOfSum
from mixtura.data.partitions.output import RowOutput
from mixtura.data.partitions.source import PartitionSource
from mixtura.data.partitions.survey import PartitionSurvey
from mixtura.data.partitions.tree import TreeSum

__all__ = ["PartOfSum", "PartitionSource", "PartitionSurvey", "Partitions", "RowOutput", "TreeSum"]
