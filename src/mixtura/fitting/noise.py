"""Starts with noise: which rows it begins with, and what `mixtura.fit` may be told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Rng, as_amount
from mixtura.data import ArraySource, Chunk, Source
from mixtura.em import Task, reseed_empty
from mixtura.errors import DataError, ParameterError
from mixtura.mixture import REGIONS, Mixture, Noise
from mixtura.starts import Initial, denoise
from mixtura.stats import Stats

# The share that noise begins with where nobody knows which rows it has.
SHARE = 0.05

EXPECTED = (
    "expected True, 'neighbours', the share it begins with (between 0 and 1), the rows it begins with (booleans (n,), "
    "or their numbers), or a Noise"
)


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
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

    def __call__(self, task: Task, k: int, rng: Rng) -> Stats | Mixture:
        """Statistics with noise, or a mixture with noise."""
        quiet = replace(task, noise=None)
        if self.rows is not None:
            quiet = replace(quiet, source=without(task.source, self.rows, k))
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


def without(source: Source, rows: NDArray[np.bool_], k: int) -> ArraySource:
    """The same rows, where those of noise count nothing."""
    if not isinstance(source, ArraySource):
        raise ParameterError("noise: rows can only be named of data in memory; give the share it begins with")
    given = np.ones(source.length) if source.sample_weight is None else source.sample_weight
    weight = np.where(rows, 0.0, given)
    if np.count_nonzero(weight) < k:
        raise DataError(f"noise: of {source.n_rows} rows {np.count_nonzero(weight)} are left for {k} components")
    return replace(source, sample_weight=weight)


# The share that noise begins with, and the rows; None where nobody knows these.
Beginning: TypeAlias = tuple[float, NDArray[np.bool_] | None]


def surrounded(
    noise: Any, region: str, source: Source, initial: Initial, start: Any
) -> tuple[Noise | None, tuple[Initial, ...]]:
    """Where noise may lie, and the starts to try: those of the components, each with what noise begins with."""
    inherited = start.noise if isinstance(start, Mixture) else None
    if inherited is not None:
        return inherited, (initial,)
    around, beginnings = surroundings(noise, region, source)
    if around is None:
        return None, (initial,)
    return around, tuple(Beside(initial, around.weighted(share), rows) for share, rows in beginnings)


def surroundings(noise: Any, region: str, source: Source) -> tuple[Noise | None, tuple[Beginning, ...]]:
    """Where noise may lie, and what it may begin with; None and nothing where there is none."""
    if region not in REGIONS:
        raise ParameterError(f"noise_region is {region!r}; expected one of {', '.join(map(repr, REGIONS))}")
    if noise is None or noise is False:
        return None, ()
    if isinstance(noise, Noise):
        if noise.n_features != source.n_features or not 0 < noise.weight < 1:
            raise ParameterError(
                f"noise has {noise.n_features} dimensions and weight {noise.weight}; the data has "
                f"{source.n_features}, and a weight between 0 and 1 is needed to begin with"
            )
        return noise, ((noise.weight, None),)
    guesses = [
        (_share(rows, source), rows) if isinstance(rows, np.ndarray) else (rows, None)
        for rows in _guesses(noise, source)
    ]
    return REGIONS[region](source), tuple(guesses)


def _guesses(noise: Any, source: Source) -> list[NDArray[np.bool_] | float]:
    """Rows, or shares, that noise may begin with."""
    named: dict[Any, Callable[[], list[NDArray[np.bool_] | float]]] = {
        "neighbours": lambda: [_neighbours(source)],
        True: lambda: [_neighbours(source), SHARE] if isinstance(source, ArraySource) else [SHARE],
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


def _neighbours(source: Source) -> NDArray[np.bool_]:
    """Rows that count, and are noise by their neighbours."""
    if not isinstance(source, ArraySource):
        raise ParameterError("noise: neighbours can only be found of data in memory; give the share it begins with")
    counted = np.ones(source.length, dtype=bool) if source.sample_weight is None else source.sample_weight > 0
    counted[counted] = denoise(source.array[counted])
    return counted


def _share(rows: NDArray[np.bool_], source: Source) -> float:
    """The share of the weight that rows have, and a little where they have none."""

    def look(chunk: Chunk) -> Stats:
        members = np.stack([rows[chunk.positions], ~rows[chunk.positions]], axis=1).astype(np.float64)
        weight = chunk.weigh(members).sum(axis=0)
        return replace(Stats.empty(2, 1, "diagonal"), weight=weight)

    weight = source.sum(look).weight
    return float(weight[0] / weight.sum()) or SHARE
