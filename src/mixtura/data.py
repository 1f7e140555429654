"""Rows on their way to the kernels, a chunk at a time."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Index: TypeAlias = NDArray[np.signedinteger] | NDArray[np.bool_]
Rows: TypeAlias = NDArray[np.float64] | NDArray[np.float32]
Scalar = TypeVar("Scalar", bound=np.generic)
Rng: TypeAlias = np.random.Generator | np.random.RandomState

# A block's scratch arrays (rows x features, float64) should about stay in the second-level cache.
BLOCK_ELEMENTS = 1 << 17

# A chunk is a thread's share of the work at a time: large enough for what Python does with it not to matter.
CHUNK_ELEMENTS = 1 << 19
CHUNK_ROWS = 1 << 16

# So many chunks keep the threads of most machines busy, unless they would have hardly any rows.
MANY = 16
FEWEST_ROWS = 1 << 13


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows that stand together, and how much each counts.

    Attributes
    ----------
    rows : ndarray of shape (n, d)
    sample_weight : ndarray of shape (n,), or None when each row counts once
    start : int
        Where the chunk begins in its source.
    kept : ndarray of shape (n,), or None when no row is passed over
        How far each row stands from ``start``.
    """

    rows: Rows
    sample_weight: Array | None = None
    start: int = 0
    kept: NDArray[np.intp] | None = None

    def parts(self, cuts: Iterable[slice]) -> Iterator[Chunk]:
        """Parts of this chunk, as views."""
        for cut in cuts:
            weight = None if self.sample_weight is None else self.sample_weight[cut]
            if self.kept is None:
                yield Chunk(self.rows[cut], weight, self.start + cut.start)
            else:
                yield Chunk(self.rows[cut], weight, self.start, self.kept[cut])

    @property
    def positions(self) -> slice | NDArray[np.intp]:
        """Where these rows are in their source."""
        return slice(self.start, self.start + len(self.rows)) if self.kept is None else self.start + self.kept

    @property
    def first(self) -> int:
        """Where the first row is in its source."""
        return self.start if self.kept is None else self.start + int(self.kept[0])

    def weigh(self, values: Array) -> Array:
        """Multiply values of shape (n,) or (n, k) by the sample weights."""
        if self.sample_weight is None:
            return values
        weight = self.sample_weight
        return values * (weight if values.ndim == 1 else weight[:, None])


def shares(n_rows: int, n_features: int) -> list[slice]:
    """Cut rows into equal chunks for threads; how depends on nothing but the shape of the data.

    Their number is a multiple of four, and of sixteen where there are enough rows, so that threads end together.

    Examples
    --------
    >>> shares(1000, 2), len(shares(20_000, 2)), len(shares(200_000, 2))
    ([slice(0, 1000, None)], 4, 16)
    """
    most = min(max(CHUNK_ELEMENTS // n_features, 1024), CHUNK_ROWS)
    if 0 < n_rows <= most and n_rows < 2 * FEWEST_ROWS:  # what follows says the same; predictions of a row ask often
        return [slice(0, n_rows, None)]
    count = max(-(-n_rows // most), min(n_rows // FEWEST_ROWS, MANY))
    multiple = 1 if count <= 1 else 4 if count < MANY else MANY
    count = -(-count // multiple) * multiple
    edges = [n_rows * c // count for c in range(count + 1)] if count else []
    return [slice(start, stop) for start, stop in itertools.pairwise(edges)]


def blocks(n_rows: int, n_features: int) -> Iterator[slice]:
    """Cut ``n_rows`` rows into blocks whose size depends on nothing but the number of features.

    Examples
    --------
    >>> list(blocks(10_000, 16))
    [slice(0, 8192, None), slice(8192, 10000, None)]
    """
    size = min(max(BLOCK_ELEMENTS // n_features, 256), 16384)
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))
