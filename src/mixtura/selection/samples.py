"""Rows from which the cells of a selection start: all or a sample, without those of noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mixtura._support import Rng
from mixtura.data import ArraySource, Source
from mixtura.em import Problem
from mixtura.fitting import NoiseStart, without_noise_rows
from mixtura.selection.cell import CellStart
from mixtura.selection.cell_starts import shared_starts, start_methods
from mixtura.starts import Initial

# With up to MAX_ROWS rows, EM runs from all starts on all rows; with more, on SAMPLE_SIZE random rows, and the best
# starts are continued on all rows. With up to MAX_VALUES values the kernel iterates EM on all rows.
MAX_ROWS = 3000
SAMPLE_SIZE = 2000
MAX_VALUES = 1 << 18


@dataclass(frozen=True, slots=True, eq=False)
class StartSample:
    """Rows from which the components of cells start, with the weight of noise at the start.

    Attributes
    ----------
    source : Source
    small : ArraySource
        All of its rows, or the sample on which starts are compared.
    noise_weight : float
        Weight of noise at the start; 0 without noise.
    suffix : str
        Added to the names of starts, to distinguish several noise starts.
    """

    source: Source
    small: ArraySource
    noise_weight: float
    suffix: str

    def start_methods(self, starts: Sequence[Any], rng: Rng) -> Mapping[str, Initial]:
        """The starts by name, for these rows."""
        return start_methods(self.small, starts, rng)

    def starts(
        self, problem: Problem, k: int, starts: Sequence[Any], rng: Rng, *, methods: Mapping[str, Initial]
    ) -> list[CellStart]:
        """The starts that all models with k components share."""
        if k > self.small.n_rows:
            return []
        noiseless = replace(problem.without_background(), source=self.source)
        found = shared_starts(replace(noiseless, source=self.small), noiseless, k, starts, rng, methods=methods)
        return [self._with_noise(start) for start in found]

    def _with_noise(self, start: CellStart) -> CellStart:
        """The start with the weight of noise, unless it has one already."""
        stats = start.stats
        noise_weight = stats.noise_weight or stats.total * self.noise_weight / (1 - self.noise_weight)
        return CellStart(start.name + self.suffix, replace(stats, noise_weight=noise_weight))


def start_samples(
    source: Source, small: ArraySource, entropy: int, noise_starts: Sequence[NoiseStart]
) -> tuple[StartSample, ...]:
    """A sample for each noise start, or one without noise."""
    found: list[StartSample] = []
    for weight, rows in noise_starts or [(0.0, None)]:
        noiseless = source if rows is None else without_noise_rows(source, rows, 1)
        sample = small if rows is None else rows_for_starts(noiseless, entropy)
        found.append(StartSample(noiseless, sample, weight, f", noise {weight:.2g}" if found else ""))
    return tuple(found)


def all_rows_in_memory(source: Source, entropy: int) -> ArraySource | None:
    """All rows as one array, or None if there are too many values."""
    return _random_rows(source, source.n_rows, entropy) if source.n_rows * source.n_features <= MAX_VALUES else None


def rows_for_starts(source: Source, entropy: int) -> ArraySource:
    """Rows on which starts are compared, all or a sample, as one array."""
    few = source.n_rows <= MAX_ROWS and source.n_rows * source.n_features <= MAX_VALUES
    return _random_rows(source, source.n_rows if few else SAMPLE_SIZE, entropy)


def _random_rows(source: Source, count: int, entropy: int) -> ArraySource:
    """``count`` random rows as one array."""
    return ArraySource.of_sample(source, source.rows(count, np.random.default_rng(entropy)), 1)
