"""Tasks over partitions: sums of functions of chunks, and rows that are fetched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rows, chunk_slices
from mixtura.data.chunk import Chunk
from mixtura.data.stored import StoredWeights


@dataclass(frozen=True, slots=True)
class SumOfChunks:
    """The sum of a function over the chunks of a partition; None if none of its rows has a positive weight."""

    f: Callable[[Chunk], Any]
    weights: StoredWeights

    def __call__(self, block: Rows, place: tuple[int, Array | None]) -> Any:
        start, factor = place
        whole = self.weights.chunk(block, start, None, factor)
        if not len(whole.rows):
            return None
        return reduce(add, map(self.f, whole.parts(chunk_slices(*whole.rows.shape))))


@dataclass(frozen=True, slots=True)
class TakeRows:
    """Some of a partition's rows of positive weight, as a list of one chunk."""

    weights: StoredWeights

    def __call__(self, block: Rows, place: tuple[int, Array | None, NDArray[np.intp]]) -> list[Chunk] | None:
        start, factor, chosen = place
        chunk = self.weights.chunk(block, start, None, factor).take(chosen)
        return [chunk] if len(chosen) else None


@dataclass(frozen=True, slots=True)
class TakeStored:
    """Some of a partition's rows and their weights, those of weight zero included, as a list of one pair."""

    weights: StoredWeights

    def __call__(self, block: Rows, place: tuple[int, Array | None, NDArray[np.intp]]) -> Any:
        _, factor, chosen = place
        stored, own = block[chosen], None if factor is None else factor[chosen]
        rows = stored if self.weights.scale is None else stored[:, :-1]
        return [(rows, self.weights.weights(stored, own))] if len(chosen) else None


@dataclass(frozen=True, slots=True)
class CountPositive:
    """The number of a partition's rows of positive weight, as a tuple of one."""

    weights: StoredWeights

    def __call__(self, block: Rows, place: tuple[int, Array | None]) -> tuple[int, ...]:
        return (len(self.weights.chunk(block, place[0], None, place[1]).rows),)


@dataclass(frozen=True, slots=True)
class MapRows:
    """A function of a partition's rows, those of weight zero included, as a tuple of one array."""

    f: Callable[[Rows], NDArray[Any]]
    weights: StoredWeights

    def __call__(self, block: Rows, place: Any) -> tuple[NDArray[Any], ...] | None:
        if not len(block):
            return None
        return (self.f(block if self.weights.scale is None else block[:, :-1]),)
