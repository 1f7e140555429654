"""Rows with missing values completed, so that starts, scales and regions can be found as for complete rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from mixtura._support import Rng, Rows
from mixtura.covariance import DiagonalCovariance
from mixtura.covariance.models import as_covariance_model
from mixtura.data import ArraySource, MeasuredSource, RowNoise, Source, as_measured_source, completed_part
from mixtura.em import LoglikRises, Problem, ReseedThenRemove, Run, iterate
from mixtura.em.estep import Plain
from mixtura.em.mstep import MStep
from mixtura.kernels import summarise
from mixtura.mixture import Mixture, likely_true_values
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
    """The Gaussian of highest likelihood; with diagonal covariance where there are few rows."""
    summary = summarise(source.completed)
    model = "VVV" if source.n_rows > 2 * source.n_features else "VVI"
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
    """

    inner: Callable[[Problem, int, Rng], Stats | Mixture]

    def __call__(self, problem: Problem, k: int, rng: Rng) -> Stats | Mixture:
        return self.inner(replace(problem, source=completed_part(problem.source)), k, rng)
