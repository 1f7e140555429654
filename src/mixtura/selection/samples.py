"""The rows of a sweep: all, some to choose starts by, and those that are not noise to begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mixtura._support import Rng, Rows
from mixtura.data import ArraySource, Source
from mixtura.em import Problem
from mixtura.fitting import NoiseStart, without_noise_rows
from mixtura.selection.cell import CellStart
from mixtura.selection.cell_starts import methods, shared_starts
from mixtura.starts import Initial

# Up to so many rows all starts run on all of them; beyond it on so many random rows, and only the best so many then go
# on with all. Up to so many values that is done within the kernel, too.
FEW_ROWS = 3000
SAMPLE = 2000
MOST_VALUES = 1 << 18


@dataclass(frozen=True, slots=True, eq=False)
class StartSample:
    """Rows that the components of cells may start from, and what noise begins with beside them.

    Attributes
    ----------
    source : Source
    small : ArraySource
        All of its rows, or as many as starts are chosen by.
    share : float
        The share of noise; 0 where there is none.
    note : str
        What is added to the names of starts, where there are several grounds.
    """

    source: Source
    small: ArraySource
    share: float
    note: str

    def named(self, starts: Sequence[Any], rng: Rng) -> Mapping[str, Initial]:
        """What the names of starts stand for on these rows."""
        return methods(self.small, starts, rng)

    def begins(
        self, problem: Problem, k: int, starts: Sequence[Any], rng: Rng, *, named: Mapping[str, Initial]
    ) -> list[CellStart]:
        """The starts that all models with k components share."""
        if k > self.small.n_rows:
            return []
        quiet = replace(problem.without_background(), source=self.source)
        found = shared_starts(replace(quiet, source=self.small), quiet, k, starts, rng, named=named)
        return [self._beside(begin) for begin in found]

    def _beside(self, begin: CellStart) -> CellStart:
        """A start with its part of noise, unless it brings its own."""
        stats = begin.stats
        noise_weight = stats.noise_weight or stats.total * self.share / (1 - self.share)
        return CellStart(begin.name + self.note, replace(stats, noise_weight=noise_weight))


def start_samples(
    source: Source, small: ArraySource, entropy: int, noise_starts: Sequence[NoiseStart]
) -> tuple[StartSample, ...]:
    """One for each beginning of noise, or one without."""
    found: list[StartSample] = []
    for share, rows in noise_starts or [(0.0, None)]:
        quiet = source if rows is None else without_noise_rows(source, rows, 1)
        piece = small if rows is None else small_piece(quiet, entropy)
        found.append(StartSample(quiet, piece, share, f", noise {share:.2g}" if found else ""))
    return tuple(found)


def large_piece(source: Source, entropy: int) -> ArraySource | None:
    """All rows as one array, where there are not too many."""
    return _piece(source, source.n_rows, entropy) if source.n_rows * source.n_features <= MOST_VALUES else None


def small_piece(source: Source, entropy: int) -> ArraySource:
    """Rows that starts are chosen by, as one array."""
    few = source.n_rows <= FEW_ROWS and source.n_rows * source.n_features <= MOST_VALUES
    return _piece(source, source.n_rows if few else SAMPLE, entropy)


def _piece(source: Source, count: int, entropy: int) -> ArraySource:
    """So many random rows as one array."""
    sample = source.rows(count, np.random.default_rng(entropy))
    weight = None if sample.sample_weight is None else np.ascontiguousarray(sample.sample_weight)
    rows: Rows = np.ascontiguousarray(sample.rows)  # type: ignore[assignment] # either precision stays
    return ArraySource(rows, weight, 1)
