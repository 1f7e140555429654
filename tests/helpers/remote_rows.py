"""Partitions of the tests' own: tasks are pickled as for other processes, and parts added in a random order."""

import random
from dataclasses import dataclass
from functools import reduce
from operator import add

import cloudpickle
import numpy as np

from mixtura.data.partitions import PartitionSource, PartOfSum


@dataclass
class RemoteRows:
    """Rows in partitions that end at given rows."""

    rows: np.ndarray
    ends: tuple
    columns: tuple | None = None
    name: str = "X"
    seed: int = 0

    @property
    def count(self):
        return len(self.ends)

    @property
    def n_columns(self):
        return self.rows.shape[1]

    @property
    def dtype(self):
        return self.rows.dtype

    def __reduce__(self):
        raise TypeError("a task refers to the rows themselves, which do not travel")

    def reduce(self, task, arguments):
        remote = cloudpickle.dumps(PartOfSum(task))
        blocks = np.split(self.rows, self.ends[:-1])
        parts = [
            cloudpickle.loads(remote)(number, block, argument)
            for number, (block, argument) in enumerate(zip(blocks, arguments, strict=True))
        ]
        random.Random(self.seed).shuffle(parts)
        return reduce(add, parts)


def in_partitions(rows, weight=None, ends=(0, 1, 1000, 1000, 2999), **options):
    """The source of rows and weights in partitions, of which two are empty and one has a single row, by default."""
    stored = rows if weight is None else np.column_stack([rows, weight]).astype(rows.dtype)
    ends = (*(end for end in ends if end < len(rows)), len(rows))
    remote = RemoteRows(stored, ends, **{k: options.pop(k) for k in ("columns", "seed") if k in options})
    kind = None if weight is None else "counts"
    return PartitionSource.of(remote, weighted=weight is not None, **{"weights_are": kind, **options})
