"""Rows on their way to the kernels, a chunk at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Index: TypeAlias = NDArray[np.signedinteger] | NDArray[np.bool_]
Rows: TypeAlias = NDArray[np.float64] | NDArray[np.float32]
Rng: TypeAlias = np.random.Generator | np.random.RandomState

# A block's scratch arrays (rows x features, float64) should stay in the second-level cache.
BLOCK_ELEMENTS = 1 << 16


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows that stand together, and how much each counts.

    Attributes
    ----------
    rows : ndarray of shape (n, d)
    sample_weight : ndarray of shape (n,), or None when each row counts once
    positions : slice or ndarray of shape (n,)
        Where these rows are in their source.
    start : int
        Where the chunk begins in its source.
    """

    rows: Rows
    sample_weight: Array | None = None
    positions: slice | NDArray[np.int64] = field(default_factory=lambda: slice(None))
    start: int = 0

    def weigh(self, values: Array) -> Array:
        """Multiply values of shape (n,) or (n, k) by the sample weights."""
        if self.sample_weight is None:
            return values
        weight = self.sample_weight
        return values * (weight if values.ndim == 1 else weight[:, None])


def blocks(n_rows: int, n_features: int) -> Iterator[slice]:
    """Cut ``n_rows`` rows into blocks whose size depends on nothing but the number of features.

    Examples
    --------
    >>> list(blocks(10_000, 16))
    [slice(0, 4096, None), slice(4096, 8192, None), slice(8192, 10000, None)]
    """
    size = min(max(BLOCK_ELEMENTS // n_features, 256), 16384)
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))
