"""From Arrow's record batches, as Spark hands them to Python, to matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura._support import LazyModule, Rows
from mixtura.errors import DataError

pa = LazyModule("pyarrow")


@dataclass(frozen=True, slots=True)
class MatrixOfBatch:
    """Makes matrices of the chosen columns of record batches; an empty cell is NaN.

    Attributes
    ----------
    vector : str or None
        The column whose cells are lists of numbers, one element for each of the first columns of the matrix.
    numbers : tuple of str
        The columns of numbers.
    dtype : str
        Type of the matrix.
    width : int or None
        Number of elements of each list; None takes it from the first.

    Examples
    --------
    >>> import pyarrow as pa
    >>> batch = pa.record_batch({"v": [[1.0, 2.0], None], "w": [3, 4]})
    >>> MatrixOfBatch("v", ("w",), "float64")(batch).tolist()
    [[1.0, 2.0, 3.0], [nan, nan, 4.0]]
    """

    vector: str | None
    numbers: tuple[str, ...]
    dtype: str
    width: int | None = None

    def __call__(self, batch: Any) -> Rows:
        found = [] if self.vector is None else [_elements(batch.column(self.vector), self.width)]
        kind = pa.float32() if self.dtype == "float32" else pa.float64()
        numbers = (batch.column(name).cast(kind, safe=False) for name in self.numbers)  # large integers are rounded
        found += [values.to_numpy(zero_copy_only=False)[None] for values in numbers]
        return np.concatenate(found, dtype=self.dtype).T


def _elements(lists: Any, width: int | None) -> Rows:
    """The elements of lists of equal lengths, a column for each list; NaN where there is none.

    Raises
    ------
    DataError
        If the lengths differ.
    """
    lengths = lists.value_lengths().drop_null().to_numpy()
    if width is None:
        width = int(lengths[0]) if len(lengths) else 1
    if (lengths != width).any():
        other = int(lengths[lengths != width][0])
        raise DataError(f"X has vectors of {width} elements, and one of {other}; all must have the same number")
    rows = np.full((len(lists), width), np.nan)
    elements = lists.flatten().to_numpy(zero_copy_only=False)
    rows[lists.is_valid().to_numpy(zero_copy_only=False)] = elements.reshape(-1, width)
    return rows.T
