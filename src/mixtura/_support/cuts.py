"""How rows are cut: into chunks for threads, and into blocks for caches."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

# A block's scratch arrays (rows x features, float64) should about stay in the second-level cache.
BLOCK_ELEMENTS = 1 << 17

# A chunk is a thread's share of the work at a time: large enough for what Python does with it not to matter.
CHUNK_ELEMENTS = 1 << 19
CHUNK_ROWS = 1 << 16

# So many chunks keep the threads of most machines busy, unless they would have hardly any rows.
MANY = 16
FEWEST_ROWS = 1 << 13


def chunk_slices(n_rows: int, n_features: int) -> list[slice]:
    """Cut rows into equal chunks for threads; how depends on nothing but the shape of the data.

    Their number is a multiple of four, and of sixteen where there are enough rows, so that threads end together.

    Examples
    --------
    >>> chunk_slices(1000, 2), len(chunk_slices(20_000, 2)), len(chunk_slices(200_000, 2))
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


def block_slices(n_rows: int, n_features: int) -> Iterator[slice]:
    """Cut ``n_rows`` rows into blocks whose size depends on nothing but the number of features.

    Examples
    --------
    >>> list(block_slices(10_000, 16))
    [slice(0, 8192, None), slice(8192, 10000, None)]
    """
    size = min(max(BLOCK_ELEMENTS // n_features, 256), 16384)
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))
