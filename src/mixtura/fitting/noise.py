"""Starts with noise: its region, and the rows or the weight with which EM starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Rng, as_amount, as_mask, underflow_to_zero, using_threads
from mixtura.data import Source, Summary
from mixtura.em import Problem, reseed_empty
from mixtura.errors import DataError, ParameterError
from mixtura.fitting.uniform_noise import UniformNoise
from mixtura.mixture import NOISE_REGIONS as REGIONS
from mixtura.mixture import Mixture, Noise
from mixtura.starts import Initial, find_noise
from mixtura.stats import Stats

# Weight of noise at the start where its rows are not known.
DEFAULT_WEIGHT = 0.05

# Largest weight of noise at the start: beside heavy rows that are noise, that of the others may be lost in rounding.
MOST_NOISE = float(np.nextafter(1, 0))

# Largest number of values with which neighbours are computed, since that needs all rows in memory.
MAX_VALUES = 1 << 27

EXPECTED = (
    "expected True, 'neighbours', a weight to start from (between 0 and 1), rows to start from (booleans (n,), or "
    "numbers), or a Noise"
)


@dataclass(frozen=True, slots=True, eq=False)
class WithNoise:
    """A start with noise: the components start from the rows that are not noise.

    Attributes
    ----------
    initial : callable
        The start of the components.
    noise : Noise
        With the weight at the start.
    rows : ndarray of bool, (n,), or None
        Rows that are noise at the start; None where they are not known.
    """

    initial: Initial
    noise: Noise
    rows: NDArray[np.bool_] | None = None

    def __call__(self, problem: Problem, k: int, rng: Rng) -> Stats | Mixture:
        """Statistics with noise, or a mixture with noise."""
        noiseless = problem.without_background()
        if self.rows is not None:
            noiseless = replace(noiseless, source=without_noise_rows(problem.source, self.rows, k))
        start = self.initial(noiseless, k, rng)
        weight = self.noise.weight
        if isinstance(start, Stats):
            if start.noise_weight:  # a start of `mixtura.select`, which includes noise
                return start
            filled, _ = reseed_empty(noiseless, start, rng)
            return replace(filled, noise_weight=filled.total * weight / (1 - weight))
        if start.noise is not None:
            return start
        return replace(start, weights=start.weights * (1 - weight), noise=self.noise, n_parameters=0)


def without_noise_rows(source: Source, rows: NDArray[np.bool_], k: int) -> Source:
    """The source with weight zero for some rows, those of noise."""
    remaining = source.reweighted(np.where(rows, 0.0, 1.0))
    if remaining.n_rows < k:
        raise DataError(
            f"noise: of {source.n_rows} rows {remaining.n_rows} are left for {k} components; give fewer rows of noise"
        )
    return remaining


# Weight of noise at the start, and its rows, (n,); None where they are not known.
NoiseStart: TypeAlias = tuple[float, NDArray[np.bool_] | None]


@underflow_to_zero
def with_noise(
    noise: UniformNoise | Noise | None, source: Source, summary: Summary, *, initial: Initial, start: Any
) -> tuple[Noise | None, tuple[Initial, ...]]:
    """The noise region, and a start with noise for each of the noise starts; None and ``initial`` without noise.

    A starting mixture with noise gives the weight of noise, and its region where ``noise`` is None.
    """
    if isinstance(start, Mixture) and start.noise is not None:
        return noise_region(start.noise if noise is None else noise, source, summary), (initial,)
    region, noise_starts = noise_region_and_starts(noise, source, summary)
    if region is None:
        return None, (initial,)
    return region, tuple(WithNoise(initial, region.with_weight(weight), rows) for weight, rows in noise_starts)


@underflow_to_zero
def noise_region_and_starts(
    noise: UniformNoise | Noise | None, source: Source, summary: Summary
) -> tuple[Noise | None, tuple[NoiseStart, ...]]:
    """The noise region, and the weights and rows of noise at the start; None and () without noise."""
    if noise is None:
        return None, ()
    if isinstance(noise, Noise):
        if not 0 < noise.weight < 1:
            raise ParameterError(f"noise has weight {noise.weight}; EM needs a weight between 0 and 1 to start from")
        return noise_region(noise, source, summary), ((noise.weight, None),)
    guesses = [
        (_weight_fraction(rows, source, summary), rows) if isinstance(rows, np.ndarray) else (rows, None)
        for rows in _candidates(noise.begin, source)
    ]
    return noise_region(noise, source, summary), tuple(guesses)


def noise_region(noise: UniformNoise | Noise, source: Source, summary: Summary) -> Noise:
    """Noise over the region that is asked for: a given one, or one around the data."""
    if isinstance(noise, UniformNoise):
        if noise.region not in REGIONS:
            raise ParameterError(f"noise: region is {noise.region!r}; expected one of {', '.join(map(repr, REGIONS))}")
        return REGIONS[noise.region](source, summary)
    if noise.n_features != source.n_features:
        raise ParameterError(
            f"noise has {noise.n_features} dimensions; the data has {source.n_features}: give a region in its columns"
        )
    return noise


def _candidates(noise: Any, source: Source) -> list[NDArray[np.bool_] | float]:
    """Rows, or weights, of noise at the start."""
    named: dict[Any, Callable[[], list[NDArray[np.bool_] | float]]] = {
        "neighbours": lambda: [_noise_by_neighbours(source)],
        True: lambda: [_noise_by_neighbours(source), DEFAULT_WEIGHT] if _fits_in_memory(source) else [DEFAULT_WEIGHT],
    }
    if isinstance(noise, bool | str):
        if noise not in named:
            raise ParameterError(f"noise is {noise!r}; {EXPECTED}")
        return named[noise]()
    if np.ndim(noise) == 0:
        weight = as_amount(noise, "noise")
        if not 0 < weight < 1:
            raise ParameterError(f"noise is {noise!r}; {EXPECTED}")
        return [weight]
    return [_as_rows(noise, source.length)]


def _as_rows(noise: Any, length: int) -> NDArray[np.bool_]:
    """Rows given as booleans or by number."""
    mask = as_mask(noise, length)
    if mask is None:
        given = np.asarray(noise)
        raise ParameterError(
            f"noise is an array of {given.dtype} of shape {given.shape}; "
            f"expected {length} booleans, or numbers of rows from 0 to {length - 1}"
        )
    return mask


def _fits_in_memory(source: Source) -> bool:
    """Whether there are few enough values to keep all rows in memory."""
    return source.n_rows * source.n_features <= MAX_VALUES


def _noise_by_neighbours(source: Source) -> NDArray[np.bool_]:
    """Rows of positive weight that `find_noise` finds, (n,)."""
    if not _fits_in_memory(source):
        raise ParameterError("noise: there are too many rows to compute neighbours; give a weight to start from")
    every = source.rows(source.n_rows, np.random.default_rng(0))
    found = np.zeros(source.length, dtype=bool)
    with using_threads(getattr(source, "threads", None)):
        found[every.positions] = find_noise(every.rows)
    return found


def _weight_fraction(rows: NDArray[np.bool_], source: Source, summary: Summary) -> float:
    """Fraction of the total weight that some rows have, below 1; `DEFAULT_WEIGHT` if it is zero."""
    own = source.take(np.flatnonzero(rows))
    chunk = own.rows(max(own.n_rows, 1), np.random.default_rng(0))
    fraction = float(chunk.weigh(np.ones(len(chunk.rows))).sum()) / summary.weight
    return min(fraction, MOST_NOISE) or DEFAULT_WEIGHT
