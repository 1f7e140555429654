"""How the rows of a bootstrap's replicates are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rng, Rows
from mixtura.mixture import Mixture

# Known component of each row, (n,), -1 where it is unknown; None if no row has a known component.
KnownComponents: TypeAlias = NDArray[np.int64] | None


def _resample(_: Mixture, rows: Rows, rng: Rng, __: KnownComponents) -> tuple[Rows, Array]:
    """The rows, and how often each of them is drawn with replacement, (n,)."""
    return rows, rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows))).astype(np.float64)


def _draw_weights(_: Mixture, rows: Rows, rng: Rng, __: KnownComponents) -> tuple[Rows, Array]:
    """The rows, and random weights that are uniform on the simplex and sum to n, (n,)."""
    weights = rng.standard_exponential(len(rows))
    return rows, weights * (len(rows) / weights.sum())


def _sample_fit(mixture: Mixture, rows: Rows, rng: Rng, known: KnownComponents) -> tuple[Rows, Array]:
    """N rows drawn from the mixture, those of known component from it, and weights of one."""
    drawn, _ = mixture.sample(len(rows), rng)
    for j in range(mixture.n_components) if known is not None else ():
        own = np.flatnonzero(known == j)
        drawn[own] = mixture.select(np.array([j])).without_noise().sample(len(own), rng)[0]
    return drawn, np.ones(len(rows))


REPLICATE_METHODS: dict[str, Callable[[Mixture, Rows, Rng, KnownComponents], tuple[Rows, Array]]] = {
    "resample": _resample,
    "weights": _draw_weights,
    "parametric": _sample_fit,
}
