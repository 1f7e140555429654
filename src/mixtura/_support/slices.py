"""Slices that divide rows into chunks, the unit of work of a thread, and blocks, the unit that fits the cache."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

# Elements of a block's temporary arrays (rows x columns, float64): so few that they stay in the second-level cache.
BLOCK_ELEMENTS = 1 << 17

# Most elements and rows of a chunk: large enough that Python's overhead for each chunk does not matter.
CHUNK_ELEMENTS = 1 << 19
CHUNK_ROWS = 1 << 16

# Number of chunks that keeps the threads of most machines busy.
FULL_COUNT = 16

# A chunk of fewer rows is not worth a thread.
FEWEST_ROWS = 1 << 13


def chunk_slices(n_rows: int, n_features: int) -> list[slice]:
    """Slices of equal chunks of rows, each the work of one thread; they depend on the shape of the data alone.

    There is one, or their number is a multiple of 4, and of 16 where there are enough rows, so that threads finish
    together.

    Examples
    --------
    >>> chunk_slices(1000, 2), len(chunk_slices(20_000, 2)), len(chunk_slices(200_000, 2))
    ([slice(0, 1000, None)], 4, 16)
    """
    most = min(max(CHUNK_ELEMENTS // n_features, 1024), CHUNK_ROWS)
    if 0 < n_rows <= most and n_rows < 2 * FEWEST_ROWS:  # a shortcut, since predictions for single rows are frequent
        return [slice(0, n_rows, None)]
    count = max(-(-n_rows // most), min(n_rows // FEWEST_ROWS, FULL_COUNT))
    multiple = 1 if count <= 1 else 4 if count < FULL_COUNT else FULL_COUNT
    count = -(-count // multiple) * multiple
    edges = [n_rows * c // count for c in range(count + 1)] if count else []
    return [slice(start, stop) for start, stop in itertools.pairwise(edges)]


def block_slices(n_rows: int, n_features: int) -> Iterator[slice]:
    """Slices of blocks of rows that fit the cache; their size depends on the number of columns alone.

    Examples
    --------
    >>> list(block_slices(10_000, 16))
    [slice(0, 8192, None), slice(8192, 10000, None)]
    """
    size = min(max(BLOCK_ELEMENTS // n_features, 256), 16384)
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))
