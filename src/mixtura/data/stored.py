"""What sources have in common whose rows are stored elsewhere, the weights as their last column: chunks and samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixtura._support import CHUNK_ELEMENTS, CHUNK_ROWS, Array, Rng, Rows, as_entropy, check_weight_kind
from mixtura.data.chunk import Chunk
from mixtura.errors import DataError

# Elements and rows of a block, which is the work of one thread, as a chunk of an array is.
BLOCK_ELEMENTS, MOST_ROWS = CHUNK_ELEMENTS, CHUNK_ROWS

# Most rows, and most numbers, of the sample of a source that is kept in memory.
SAMPLE_ROWS, SAMPLE_VALUES = 100_000, 4_000_000


def rows_per_block(n_columns: int) -> int:
    """Number of rows of a block, which depends on the number of columns alone.

    Examples
    --------
    >>> rows_per_block(8), rows_per_block(1000)
    (65536, 524)
    """
    return min(max(BLOCK_ELEMENTS // n_columns, 1), MOST_ROWS)


def sample_size(n_columns: int) -> int:
    """Number of rows of the sample of a source that is kept in memory, on which starts are compared.

    Examples
    --------
    >>> sample_size(8), sample_size(1000)
    (100000, 4000)
    """
    return min(SAMPLE_ROWS, max(SAMPLE_VALUES // n_columns, 1000))


@dataclass(frozen=True, slots=True)
class StoredWeights:
    """Where the weights of stored rows are.

    Attributes
    ----------
    scale : float or None
        By what the last column, the weights, is multiplied; None where rows have no weights.
    """

    scale: float | None = None

    def chunk(
        self, block: Rows, start: int, offsets: NDArray[np.intp] | None = None, factor: Array | None = None
    ) -> Chunk:
        """The rows of positive weight among rows as they are stored, (m, d) or (m, d + 1).

        Positions are as in `Chunk`; ``factor``, (m,), multiplies the weights.

        Examples
        --------
        >>> chunk = StoredWeights(2.0).chunk(np.array([[7.0, 1.0], [8.0, 0.0], [9.0, 3.0]]), start=10)
        >>> chunk.rows.ravel().tolist(), chunk.sample_weight.tolist(), chunk.positions.tolist()
        ([7.0, 9.0], [2.0, 6.0], [10, 12])
        """
        weight = self.weights(block, factor)
        rows = block if self.scale is None else block[:, :-1]
        return Chunk(rows, weight, start, offsets).of_positive_weight()

    def weights(self, block: Rows, factor: Array | None = None) -> Array | None:
        """Weights of rows as they are stored, (m,), which may be zero; None without weights."""
        stored = None if self.scale is None else block[:, -1].astype(np.float64) * self.scale
        if factor is None:
            return stored
        factor = np.asarray(factor, dtype=np.float64)
        return factor if stored is None else stored * factor


def part_of_sample(sample: Chunk, n: int, n_rows: int, rng: Rng, gather: Callable[[int, Rng], Chunk]) -> Chunk:
    """A random sample of n of ``n_rows`` rows: a part of the sample in memory, or gathered where that is too small."""
    size = len(sample.rows)
    if n >= size:
        return sample if size == n_rows else gather(min(n, n_rows), rng)
    return sample.take(np.sort(rng.choice(size, size=n, replace=False)))


def chosen_rows(n: int, n_rows: int, rng: Rng) -> NDArray[np.intp]:
    """Ascending numbers of n of ``n_rows`` rows, drawn without replacement."""
    seeded = np.random.default_rng(as_entropy(rng))
    return np.sort(seeded.choice(n_rows, size=n, replace=False, shuffle=False))


def reweighted_sample(sample: Chunk, factor: Array) -> Chunk:
    """The rows of a sample whose weights stay positive when they are multiplied by the factors of all rows."""
    own = np.asarray(factor, dtype=np.float64)[sample.positions]
    weight = own if sample.sample_weight is None else sample.sample_weight * own
    return sample.reweighted(weight).take(np.flatnonzero(weight))


def joined(parts: Sequence[Chunk]) -> Chunk:
    """Chunks as one, with the positions of all rows.

    Examples
    --------
    >>> joined([Chunk(np.array([[1.0]])), Chunk(np.array([[2.0], [3.0]]), start=5)]).positions.tolist()
    [0, 5, 6]
    """
    rows = np.concatenate([part.rows for part in parts])
    positions = [np.arange(p.start, p.stop) if isinstance(p := part.positions, slice) else p for part in parts]
    weights = [part.sample_weight for part in parts if part.sample_weight is not None]
    return Chunk(rows, np.concatenate(weights) if weights else None, 0, np.concatenate(positions))


def kind_and_scale(weight: float, squares: float, *, whole: bool, weights_are: str | None) -> tuple[str, float]:
    """What weights are, and by what they are multiplied (`mixtura.fit`).

    Parameters
    ----------
    weight, squares : float
        Sums of the weights and of their squares.
    whole : bool
        Whether all are whole numbers.
    weights_are : {"counts", "sampling"} or None
        As in `mixtura.fit`.

    Examples
    --------
    >>> kind_and_scale(3.0, 5.0, whole=True, weights_are=None), kind_and_scale(3.0, 5.0, whole=False, weights_are=None)
    (('counts', 1.0), ('sampling', 0.6))
    """
    check_weight_kind(weights_are)
    if not weight:
        raise DataError("every weight is zero; at least one row must count")
    kind = weights_are or ("counts" if whole else "sampling")
    return kind, weight / squares if kind == "sampling" else 1.0
