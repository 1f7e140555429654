"""Values of each row, wherever the rows are: computed later by their engine, or gathered from a source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rows
from mixtura.data.source import Source
from mixtura.errors import DataError


@dataclass(frozen=True, slots=True, eq=False)
class RowValues:
    """Values computed for rows, with the rows' positions; ``+`` joins those of two sets of rows.

    Attributes
    ----------
    parts : tuple of (positions, values)
        Positions of m rows, and their values (v, m).
    """

    parts: tuple[tuple[slice | NDArray[np.intp], NDArray[Any]], ...]

    def __add__(self, other: RowValues) -> RowValues:
        return RowValues(self.parts + other.parts)

    def at_positions(self, length: int, missing: tuple[float, ...]) -> Array:
        """The values as an array (v, length), with ``missing`` (v,) at positions without a row."""
        values = np.repeat(np.array(missing)[:, None], length, axis=1)
        for positions, part in self.parts:
            values[:, positions] = part
        return values


def map_rows(source: Source, f: Callable[[Rows], NDArray[Any]]) -> NDArray[Any]:
    """``f(rows)`` of all rows of a source in their order, in memory, (length,) or (length, k).

    A source may have a method ``map_rows`` that does so; else it must not have rows of weight zero.

    Examples
    --------
    >>> from mixtura.data import ArraySource
    >>> map_rows(ArraySource.of([[1.0, 2.0], [3.0, 4.0]]), lambda rows: rows.sum(axis=1)).tolist()
    [3.0, 7.0]
    """
    own = getattr(source, "map_rows", None)
    if own is not None:
        found: NDArray[Any] = own(f)
        return found
    if source.n_rows < source.length:
        raise DataError("X is a Source with rows of weight zero, which it does not give; give it a method map_rows")
    parts = source.sum(lambda chunk: RowValues(((chunk.positions, f(chunk.rows)),))).parts
    values = np.empty((source.length, *parts[0][1].shape[1:]), parts[0][1].dtype)
    for positions, part in parts:
        values[positions] = part
    return values
