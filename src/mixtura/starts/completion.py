"""Rows with missing values completed, so that starts, scales and regions can be found as for complete rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from mixtura._support import Rng, Rows
from mixtura.covariance import DiagonalCovariance
from mixtura.covariance.models import as_covariance_model
from mixtura.data import (
    ArraySource,
    Intervals,
    MeasuredSource,
    RowNoise,
    Source,
    arrays_of,
    as_measured_source,
    completed_part,
    rows_for_named_starts,
)
from mixtura.em import LoglikRises, Problem, ReseedThenRemove, Run, iterate
from mixtura.em.estep import Plain
from mixtura.em.mstep import MStep
from mixtura.kernels import summarise
from mixtura.mixture import Mixture, likely_true_values
from mixtura.starts.within_intervals import draw_within, draws_of_bins
from mixtura.stats import Stats

# Iterations of EM for the one Gaussian that completes the rows, and the rise per row at which it stops.
MAX_ITERATIONS, TOLERANCE = 50, 1e-3

# Rows of a source in files from which that Gaussian is found.
SAMPLE_ROWS = 100_000

# Least variance of that Gaussian in any direction, as a fraction of the columns' variances.
FLOOR = 1e-6


def with_completed_rows(source: Source) -> Source:
    """A source whose missing values, if any, are drawn given the others under one Gaussian fitted to all rows.

    Of rows with errors the true values are completed, which are then likely ones under that Gaussian.
    """
    measurement = getattr(source, "measurement", None)
    if measurement is None:
        return source
    if isinstance(source, MeasuredSource) and isinstance(source.measurement, Intervals):
        return _drawn_within(source, source.measurement.without_window)
    gaussian = _one_gaussian(_in_memory(source))
    noisy = isinstance(measurement, RowNoise)
    return as_measured_source(source, LikelyValues(gaussian, measurement) if noisy else DrawnValues(gaussian))


@dataclass(frozen=True, slots=True, eq=False)
class LikelyValues:
    """Completes rows that were measured with errors by likely true values under a Gaussian."""

    gaussian: Mixture
    noise: RowNoise

    def __call__(self, rows: Rows) -> Rows:
        return likely_true_values(self.gaussian, rows, self.noise, np.random.default_rng(0))


def _drawn_within(source: MeasuredSource, measurement: Intervals) -> MeasuredSource:
    """The source with values drawn within their intervals, as if rows had been recorded everywhere."""
    gaussian = _one_gaussian(replace(source, measurement=measurement))
    given, start = arrays_of(source)
    drawn = draw_within(start.array, given.array, measurement, gaussian)
    return replace(source, completed=replace(given, array=drawn), drawn=draws_of_bins(source, gaussian))


@dataclass(frozen=True, slots=True, eq=False)
class DrawnValues:
    """Completes rows by draws from what a mixture says of missing values given the others."""

    mixture: Mixture

    def __call__(self, rows: Rows) -> Rows:
        return self.mixture.impute(rows, n=1, seed=0)[0] if np.isnan(rows).any() else rows


def _in_memory(source: Source) -> MeasuredSource:
    """Rows in memory with missing values, all of them or a sample."""
    if isinstance(source, MeasuredSource):
        return source
    sample = source.rows(SAMPLE_ROWS, np.random.default_rng(0))
    return MeasuredSource.of(ArraySource.of_sample(source, sample, getattr(source, "threads", None)))


def _one_gaussian(source: MeasuredSource) -> Mixture:
    """The Gaussian of highest likelihood; diagonal where there are few rows, or several intervals in one of them."""
    summary, measurement = summarise(source.completed), source.measurement
    several = isinstance(measurement, Intervals) and measurement.most_bounded(arrays_of(source)[0].array) > 1
    model = "VVV" if source.n_rows > 2 * source.n_features and not several else "VVI"
    mstep = MStep(as_covariance_model(model), FLOOR * summary.scale)
    problem = Problem(source, Plain(), mstep, ReseedThenRemove(), summary)
    start = Mixture(np.ones(1), summary.mean[None], DiagonalCovariance(summary.scale[None], 1, source.n_features))
    run = Run.started(problem.begin(start))
    rng = np.random.default_rng(0)
    return iterate(problem, run, stop=[LoglikRises(TOLERANCE)], max_iter=MAX_ITERATIONS, rng=rng).last.mixture


@dataclass(frozen=True, slots=True, eq=False)
class FromCompletedRows:
    """A start that is found on completed rows, for a problem with incomplete ones.

    Attributes
    ----------
    inner : callable
        The start.
    by_name : bool
        Whether the start does not depend on the rows' positions.
    """

    inner: Callable[[Problem, int, Rng], Stats | Mixture]
    by_name: bool = False

    def __call__(self, problem: Problem, k: int, rng: Rng) -> Stats | Mixture:
        rows = rows_for_named_starts(problem.source) if self.by_name else completed_part(problem.source)
        return self.inner(replace(problem, source=rows), k, rng)
