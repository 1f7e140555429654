"""Methods that make the replicates of a bootstrap: resampled rows, random weights, or rows drawn from the mixture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rng, format_count
from mixtura.data import (
    ArraySource,
    Intervals,
    MeasuredSource,
    MissingValues,
    RowNoise,
    Source,
    completed_source,
    first_values,
    round_to_units,
)
from mixtura.errors import ParameterError
from mixtura.fitting import KnownComponents
from mixtura.mixture import Mixture

# Rows in which a value of each column is looked for.
SAMPLE_ROWS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Rows that were fitted, with their weights and what is known of their components.

    Attributes
    ----------
    source : Source
        Of n rows, those of weight zero included.
    weights : ndarray of shape (n,), or None
        Their weights.
    kind : {"counts", "sampling"} or None
        What the weights are.
    known : KnownComponents
        What is known of the rows' components, checked.
    units : ndarray of shape (d,)
        Rounding unit of each column; 0 where it is not rounded.
    """

    source: Source
    weights: Array | None
    kind: str | None
    known: KnownComponents
    units: Array

    @property
    def has_counts(self) -> bool:
        """Whether the weights are counts; a source of the user's need not say what its weights are."""
        return self.weights is not None and self.kind != "sampling"

    @property
    def counts(self) -> Array:
        """How often each row was observed, (n,): its count, or 1."""
        return self.weights if self.weights is not None and self.has_counts else np.ones(self.source.length)

    @property
    def sampling_weights(self) -> Array:
        """Sampling weights of the rows, (n,); ones if they have none."""
        return np.ones(self.source.length) if self.weights is None or self.has_counts else self.weights

    def observed(self, times: Array) -> Source:
        """The rows, each observed so many times, (n,), with its sampling weight."""
        return self.source.reweighted(np.divide(times, self.counts, out=np.zeros(len(times)), where=self.counts > 0))


# Rows of a replicate, and what is known of their components.
Replicate: TypeAlias = tuple[Source, KnownComponents]


def _resample(_: Mixture, data: Sample, rng: Rng) -> Replicate:
    """The rows, each as often as it is drawn with replacement; groups of rows are drawn as wholes."""
    if data.known.groups is not None:
        return _resample_groups(data, rng)
    counts = data.counts
    drawn = rng.multinomial(round(counts.sum()), counts / counts.sum()).astype(np.float64)
    return data.observed(drawn), data.known


def _resample_groups(data: Sample, rng: Rng) -> Replicate:
    """The rows of groups that are drawn with replacement; a group that is drawn twice is two groups."""
    numbers, has_weight = data.known.groups, _groups_with_weight(data)
    rows_of = np.split(np.argsort(numbers, kind="stable"), np.cumsum(np.bincount(numbers))[:-1])
    parts = [rows_of[group] for group in rng.choice(has_weight, size=len(has_weight))]
    positions, sizes = np.concatenate(parts), [len(part) for part in parts]
    known = replace(data.known.take(positions), groups=np.repeat(np.arange(len(parts)), sizes))
    return data.source.take(positions), known


def _groups_with_weight(data: Sample) -> NDArray[np.intp]:
    """Numbers of the groups in which a row has a positive weight."""
    return np.flatnonzero(np.bincount(data.known.groups, data.weights) > 0)


def check_groups(data: Sample) -> None:
    """Raise ParameterError if the rows have groups, but not several to draw: all replicates would be the same rows."""
    if data.known.groups is None:
        return
    count = len(_groups_with_weight(data))
    if count < 2:
        raise ParameterError(
            f"groups: {format_count(count, 'group')} with a positive weight; expected two at least, since groups are "
            "drawn as wholes, and replicates of one group would all be the same rows"
        )


def _draw_weights(_: Mixture, data: Sample, rng: Rng) -> Replicate:
    """The rows with random weights of a Dirichlet distribution with the counts as parameters.

    If each row was observed once, they are uniform on the simplex.
    """
    counts = data.counts
    weights = rng.standard_gamma(counts) if data.has_counts else rng.standard_exponential(len(counts))
    return data.observed(weights * (counts.sum() / weights.sum())), data.known


def _sample_fit(mixture: Mixture, data: Sample, rng: Rng) -> Replicate:
    """As many rows as were observed, drawn from the mixture or their known component, and rounded as they were.

    They keep their sampling weights.
    """
    times = np.rint(data.counts).astype(np.intp)
    known = data.known.take(np.repeat(np.arange(len(times)), times))
    drawn, _ = mixture.sample(int(times.sum()), rng)
    for j in range(mixture.n_components) if known.labels is not None else ():
        own = np.flatnonzero(known.labels == j)
        drawn[own] = mixture.select(np.array([j])).without_noise().sample(len(own), rng)[0]
    weights = np.repeat(data.sampling_weights, times)
    if isinstance(data.source, MeasuredSource) and isinstance(data.source.measurement, RowNoise):
        return _measured_again(data.source, drawn, np.repeat(np.arange(len(times)), times), weights, rng), known
    sampled = getattr(data.source, "given_rows", data.source.rows)(SAMPLE_ROWS, np.random.default_rng(0)).rows
    rounded = round_to_units(drawn, data.units, first_values(sampled))
    source = ArraySource(rounded, weights, None, "counts")
    return _with_holes(source, data.source, times), known


def _with_holes(source: ArraySource, like: Source, times: NDArray[np.intp]) -> Source:
    """Rows in which values are missing as in those of another source, each of which counts ``times`` (n,).

    Raises
    ------
    ParameterError
        If the other rows lack values and are not in memory.
    """
    if not isinstance(like, MeasuredSource):
        return source
    if not isinstance(like.given, ArraySource):
        raise ParameterError("method is 'parametric': X lacks values and is not in memory; resample rows instead")
    holes = np.isnan(like.given.array).repeat(times, axis=0)
    array = source.array.copy()
    array[holes] = np.nan
    return MeasuredSource.of(replace(source, array=array))


def _measured_again(
    source: MeasuredSource, drawn: Array, positions: NDArray[np.intp], weights: Array, rng: Rng
) -> Source:
    """Rows drawn from a mixture, measured as those at positions of a source: with such errors, and as much missing."""
    noise: Any = source.measurement.take(positions)
    given = source.map_rows(lambda rows: rows)
    rows = np.where(np.isnan(given[positions]), np.nan, noise.measure(drawn, rng))
    return MeasuredSource.of(ArraySource(rows, weights, None, "counts"), noise)


REPLICATE_METHODS: dict[str, Callable[[Mixture, Sample, Rng], Replicate]] = {
    "resample": _resample,
    "weights": _draw_weights,
    "parametric": _sample_fit,
}


# The method by which missing values are drawn, and each replicate is fitted twice.
IMPUTATION = "imputation"

METHODS = (*REPLICATE_METHODS, IMPUTATION)


def imputed_replicates(
    mixture: Mixture, data: Sample, rng: Rng, refit: Callable[[Replicate], Mixture | None]
) -> tuple[Replicate, Replicate]:
    """Rows with drawn values in place of missing ones, and the same rows with random weights.

    Values are drawn under a fit to the incomplete rows with random weights, as if its parameters were drawn from their
    posterior distribution; without that, what is not known of the parameters would be left out (Rubin 1987).
    """
    drawn = refit(_draw_weights(mixture, data, rng)) or mixture
    given = data.source.given if isinstance(data.source, MeasuredSource) else data.source
    completed = replace(data, source=completed_source(given, lambda rows: drawn.impute(rows, n=1, seed=rng)[0]))
    return (completed.source, data.known), _draw_weights(mixture, completed, rng)


def check_method(method: Any, source: Source, known: KnownComponents) -> None:
    """Raise ParameterError if replicates cannot be made by a method, or not of such rows."""
    if not isinstance(method, str) or method not in METHODS:
        raise ParameterError(f"method is {method!r}; expected one of {', '.join(map(repr, METHODS))}")
    if method != "resample" and known.groups is not None:
        raise ParameterError(
            f"method is {method!r}, but rows have groups, which are drawn as wholes; take 'resample', which does so"
        )
    if method == "parametric" and known.prior_responsibilities is not None:
        raise ParameterError(
            "method is 'parametric', but nothing says what would be known of drawn rows; take 'resample' or 'weights'"
        )
    in_memory = isinstance(source, MeasuredSource) and isinstance(source.given, ArraySource)
    if method == IMPUTATION and not (in_memory and isinstance(getattr(source, "measurement", None), MissingValues)):
        raise ParameterError(
            "method is 'imputation', but X has no missing values, or is not in memory; take 'resample' or 'weights'"
        )
    if method == "parametric" and isinstance(getattr(source, "measurement", None), Intervals):
        raise ParameterError(
            "method is 'parametric', but nothing says which of the drawn values would be censored, beyond limits or in "
            "bins; take 'resample' or 'weights'"
        )
