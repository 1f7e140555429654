"""Starts with noise: which rows it begins with, and what `mixtura.fit` may be told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Rng, as_amount, underflow_to_zero
from mixtura.data import Source, Summary
from mixtura.em import Problem, reseed_empty
from mixtura.errors import DataError, ParameterError
from mixtura.fitting.model import UniformNoise
from mixtura.mixture import NOISE_REGIONS as REGIONS
from mixtura.mixture import Mixture, Noise
from mixtura.starts import Initial, find_noise
from mixtura.stats import Stats

# The share that noise begins with where nobody knows which rows it has.
SHARE = 0.05

# Of so many values neighbours are looked at, which need all rows in memory.
MOST_VALUES = 1 << 27

EXPECTED = (
    "expected True, 'neighbours', the share it begins with (between 0 and 1), the rows it begins with (booleans (n,), "
    "or their numbers), or a Noise"
)


@dataclass(frozen=True, slots=True, eq=False)
class WithNoise:
    """A start for the components, from the rows that are not noise, and what noise begins with.

    Attributes
    ----------
    initial : callable
        The start of the components.
    noise : Noise
        Its weight is the share that noise begins with.
    rows : ndarray of bool, (n,), or None
        The rows that it begins with; None where nobody knows.
    """

    initial: Initial
    noise: Noise
    rows: NDArray[np.bool_] | None = None

    def __call__(self, problem: Problem, k: int, rng: Rng) -> Stats | Mixture:
        """Statistics with noise, or a mixture with noise."""
        quiet = problem.without_background()
        if self.rows is not None:
            quiet = replace(quiet, source=without(problem.source, self.rows, k))
        start = self.initial(quiet, k, rng)
        share = self.noise.weight
        if isinstance(start, Stats):
            if start.noise_weight:  # of a cell of a selection, whose noise has begun
                return start
            filled, _ = reseed_empty(quiet, start, rng)
            return replace(filled, noise_weight=filled.total * share / (1 - share))
        if start.noise is not None:
            return start
        return replace(start, weights=start.weights * (1 - share), noise=self.noise, n_parameters=0)


def without(source: Source, rows: NDArray[np.bool_], k: int) -> Source:
    """The source with weight zero for the rows of noise."""
    left = source.reweighted(np.where(rows, 0.0, 1.0))
    if left.n_rows < k:
        raise DataError(f"noise: of {source.n_rows} rows {left.n_rows} are left for {k} components")
    return left


# The share that noise begins with, and the rows; None where nobody knows these.
Beginning: TypeAlias = tuple[float, NDArray[np.bool_] | None]


@underflow_to_zero
def with_noise(
    noise: UniformNoise | Noise | None, source: Source, summary: Summary, *, initial: Initial, start: Any
) -> tuple[Noise | None, tuple[Initial, ...]]:
    """The noise region, and one start for each guess at which rows are noise."""
    inherited = start.noise if isinstance(start, Mixture) else None
    if inherited is not None:
        return inherited, (initial,)
    around, beginnings = noise_beginnings(noise, source, summary)
    if around is None:
        return None, (initial,)
    return around, tuple(WithNoise(initial, around.weighted(weight), rows) for weight, rows in beginnings)


@underflow_to_zero
def noise_beginnings(
    noise: UniformNoise | Noise | None, source: Source, summary: Summary
) -> tuple[Noise | None, tuple[Beginning, ...]]:
    """The noise region, and the guesses at which rows are noise: None and nothing, if there is none."""
    if noise is None:
        return None, ()
    if isinstance(noise, Noise):
        if noise.n_features != source.n_features or not 0 < noise.weight < 1:
            raise ParameterError(
                f"noise has {noise.n_features} dimensions and weight {noise.weight}; the data has "
                f"{source.n_features}, and a weight between 0 and 1 is needed to begin with"
            )
        return noise, ((noise.weight, None),)
    if noise.region not in REGIONS:
        raise ParameterError(f"noise: region is {noise.region!r}; expected one of {', '.join(map(repr, REGIONS))}")
    guesses = [
        (_share(rows, source, summary), rows) if isinstance(rows, np.ndarray) else (rows, None)
        for rows in _candidates(noise.begin, source)
    ]
    return REGIONS[noise.region](source, summary), tuple(guesses)


def _candidates(noise: Any, source: Source) -> list[NDArray[np.bool_] | float]:
    """Rows, or shares, that noise may begin with."""
    named: dict[Any, Callable[[], list[NDArray[np.bool_] | float]]] = {
        "neighbours": lambda: [_noise_by_neighbours(source)],
        True: lambda: [_noise_by_neighbours(source), SHARE] if _fits(source) else [SHARE],
    }
    if isinstance(noise, bool | str):
        if noise not in named:
            raise ParameterError(f"noise is {noise!r}; {EXPECTED}")
        return named[noise]()
    if np.ndim(noise) == 0:
        share = as_amount(noise, "noise")
        if not 0 < share < 1:
            raise ParameterError(f"noise is {noise!r}; {EXPECTED}")
        return [share]
    return [_as_mask(noise, source.length)]


def _as_mask(noise: Any, length: int) -> NDArray[np.bool_]:
    """Rows given as booleans or by number."""
    given = np.asarray(noise)
    if given.dtype == np.bool_ and given.shape == (length,):
        return given
    if given.ndim != 1 or given.dtype.kind not in "iu" or not ((given >= 0) & (given < length)).all():
        raise ParameterError(
            f"noise is an array of {given.dtype} of shape {given.shape}; "
            f"expected {length} booleans, or numbers of rows from 0 to {length - 1}"
        )
    mask = np.zeros(length, dtype=bool)
    mask[given] = True
    return mask


def _fits(source: Source) -> bool:
    """Whether all rows may be held in memory at once."""
    return source.n_rows * source.n_features <= MOST_VALUES


def _noise_by_neighbours(source: Source) -> NDArray[np.bool_]:
    """Rows that count, and are noise by their neighbours."""
    if not _fits(source):
        raise ParameterError(
            "noise: there are too many rows to look at their neighbours; give the share it begins with"
        )
    every = source.rows(source.n_rows, np.random.default_rng(0))
    found = np.zeros(source.length, dtype=bool)
    found[every.positions] = find_noise(every.rows)
    return found


def _share(rows: NDArray[np.bool_], source: Source, summary: Summary) -> float:
    """The share of the weight that rows have, and a little where they have none."""
    own = source.take(np.flatnonzero(rows))
    chunk = own.rows(max(own.n_rows, 1), np.random.default_rng(0))
    return float(chunk.weigh(np.ones(len(chunk.rows))).sum()) / summary.weight or SHARE
