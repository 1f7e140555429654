"""Methods that make the replicates of a bootstrap: resampled rows, random weights, or rows drawn from the mixture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rng, Rows, RowWeights
from mixtura.data import round_to_units
from mixtura.mixture import Mixture

# Known component of each row, (n,), -1 where it is unknown; None if no row has a known component.
KnownComponents: TypeAlias = NDArray[np.int64] | None


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Rows (n, d) that were fitted, with their weights and known components.

    Attributes
    ----------
    rows : ndarray of shape (n, d)
    weights : RowWeights
    known : ndarray of shape (n,), or None
        Known component of each row.
    units : ndarray of shape (d,)
        Rounding unit of each column; 0 where it is not rounded.
    """

    rows: Rows
    weights: RowWeights
    known: KnownComponents
    units: Array

    @property
    def counts(self) -> Array:
        """How often each row was observed, (n,): its count, or 1."""
        return self._weights_if("counts")

    @property
    def sampling_weights(self) -> Array:
        """Sampling weights of the rows, (n,); ones if they have none."""
        return self._weights_if("sampling")

    def _weights_if(self, kind: str) -> Array:
        """The weights if they are of this kind, otherwise ones, (n,)."""
        values = self.weights.values
        return np.ones(len(self.rows)) if values is None or self.weights.kind != kind else values


# Rows of a replicate, their weights, and their known components.
Replicate: TypeAlias = tuple[Rows, Array, KnownComponents]


def _resample(_: Mixture, data: Sample, rng: Rng) -> Replicate:
    """The rows, and how often each of them is drawn with replacement, times its sampling weight."""
    counts = data.counts
    drawn = rng.multinomial(round(counts.sum()), counts / counts.sum()).astype(np.float64)
    return data.rows, drawn * data.sampling_weights, data.known


def _draw_weights(_: Mixture, data: Sample, rng: Rng) -> Replicate:
    """The rows, and random weights of a Dirichlet distribution with the counts as parameters, times sampling weights.

    If each row was observed once, they are uniform on the simplex.
    """
    counts = data.counts
    weights = rng.standard_gamma(counts) if data.weights.kind == "counts" else rng.standard_exponential(len(counts))
    return data.rows, weights * (counts.sum() / weights.sum()) * data.sampling_weights, data.known


def _sample_fit(mixture: Mixture, data: Sample, rng: Rng) -> Replicate:
    """As many rows as were observed, drawn from the mixture or their known component, and rounded as they were.

    They keep their sampling weights.
    """
    times = np.rint(data.counts).astype(np.intp)
    known = None if data.known is None else np.repeat(data.known, times)
    drawn, _ = mixture.sample(int(times.sum()), rng)
    for j in range(mixture.n_components) if known is not None else ():
        own = np.flatnonzero(known == j)
        drawn[own] = mixture.select(np.array([j])).without_noise().sample(len(own), rng)[0]
    return round_to_units(drawn, data.units, data.rows[0]), np.repeat(data.sampling_weights, times), known


REPLICATE_METHODS: dict[str, Callable[[Mixture, Sample, Rng], Replicate]] = {
    "resample": _resample,
    "weights": _draw_weights,
    "parametric": _sample_fit,
}
