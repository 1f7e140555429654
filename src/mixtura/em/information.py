"""The observed information of a mixture's parameters, and what remains to rise: how far EM is from its limit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from mixtura._support import TINY, Array, Rows, one_blas_thread
from mixtura.data import MISSING_VALUES, Chunk, Intervals, MeasuredSource, Measurement, MissingValues, Source
from mixtura.em.coordinates import FisherCoordinates
from mixtura.em.estep import EStep
from mixtura.em.incomplete_scores import expected_scores
from mixtura.em.interval_scores import ExpectedWithin
from mixtura.em.run import Iterate
from mixtura.em.tail_scores import t_scores
from mixtura.kernels import Unseen
from mixtura.mixture import Mixture

# Most multiplications for an estimate: as many as a few passes over the rows.
MAX_MULTIPLICATIONS = 3e7

# Up to so many rows all are used; of more, so many are sampled.
ALL_ROWS, SAMPLE_ROWS = 50_000, 10_000

# Of rows with missing values no more are used: each pattern costs some matrices.
INCOMPLETE_ROWS = 3000

# A pass over so few rows costs less than an estimate of what it gains.
FEW_ROWS = 500

# Rows for each parameter that an estimate needs.
ROWS_PER_PARAMETER = 10

# With t components, where nothing else tells of the directions in which the likelihood is flat.
T_ROWS_PER_PARAMETER = 2

# Scores in one block of rows, which stay in the cache.
BLOCK_SCORES = 65_536

# Least eigenvalue, as a fraction of the complete data's information: below, EM would need 100,000 iterations.
LEAST_EIGENVALUE = 1e-5

# An eigenvalue of an estimate from a sample of n rows is clear of its errors if it is at least this over sqrt(n).
CLEAR = 5.0

# Where values are known by intervals, or rows beyond limits not at all, the complete data's information may be so many
# times the observed one; it stands in for that where the rows are too few to tell.
MOST_MISSING = 1000.0


class Information(Protocol):
    """An estimate of the observed information of one row in `FisherCoordinates`."""

    @property
    def excess(self) -> float:
        """How many times too large it may be in some direction: what remains to rise may be so many times more."""

    def solve(self, gradient: Array) -> Array:
        """The inverse matrix times a gradient, (p,)."""


@dataclass(frozen=True, slots=True)
class CompleteInformation:
    """The information that the complete data would have: the identity, by which EM moves."""

    excess: float = 1.0

    def solve(self, gradient: Array) -> Array:
        """The gradient itself."""
        return gradient


@dataclass(frozen=True, slots=True, eq=False)
class ObservedInformation:
    """A positive definite matrix of the coordinates that are not always zero.

    Attributes
    ----------
    values : ndarray of shape (q,)
        Eigenvalues.
    vectors : ndarray of shape (q, q)
        Eigenvectors, in the columns.
    free : ndarray of bool, (p,)
        Which of the coordinates the matrix is of.
    """

    values: Array
    vectors: Array
    free: NDArray[np.bool_]

    excess: ClassVar[float] = 1.0

    def solve(self, gradient: Array) -> Array:
        """The inverse matrix times a gradient, (p,); zero where coordinates are always zero."""
        solved = np.zeros_like(gradient)
        solved[self.free] = self.vectors @ ((self.vectors.T @ gradient[self.free]) / self.values)
        return solved


def estimate_information(source: Source, estep: EStep, iterate: Iterate, step: Array | None = None) -> Information:
    """Estimate the observed information of one row at an iterate, from which a ``step`` of EM leads, if it is known.

    With few rows it is that of all of them: the complete data's information less what is missing, the covariance of the
    complete data's scores given each row (Louis 1982, J. R. Stat. Soc. B 44, 226-233). That is exact where EM has
    converged. From a sample small eigenvalues of this are lost in its errors; then it is the mean square of the rows'
    scores, in which they are not. With too many parameters for either it is the complete data's information.
    """
    measurement = getattr(source, "measurement", None)
    unknown = CompleteInformation(MOST_MISSING if isinstance(measurement, Intervals) else 1.0)
    if not (estep.rows_are_independent and (measurement is None or isinstance(measurement, MissingValues | Intervals))):
        return unknown
    if measurement is not None and iterate.mixture.affine.tails is not None:  # of such rows scores are not known
        return unknown
    coordinates = FisherCoordinates(iterate.mixture)
    free = coordinates.free if step is None else coordinates.moving(step, iterate.stats.weight)
    count = int(free.sum())
    most = min(ALL_ROWS, int(MAX_MULTIPLICATIONS / count**2))
    most = most if source.n_rows <= most else min(most, SAMPLE_ROWS)
    if most < min(ROWS_PER_PARAMETER * count, source.n_rows):
        return unknown
    with one_blas_thread():  # its other threads would go on spinning, and slow the kernel's down
        if measurement is not None:
            found = _estimate_incomplete(source, estep, iterate, free, min(most, INCOMPLETE_ROWS))
            return unknown if found is None else found
        return _estimate(source, estep, iterate, free, most)


def _estimate(source: Source, estep: EStep, iterate: Iterate, free: NDArray[np.bool_], most: int) -> Information:
    """The estimate from so many rows, or the complete data's information where these do not suffice."""
    count = int(free.sum())
    sample = source.rows(most, np.random.default_rng(0))
    resp, weight = estep.responsibilities(sample, iterate.mixture, iterate.memory)
    squared, complete = _moments(iterate.mixture, sample, resp, weight, free)
    if iterate.mixture.affine.tails is not None:  # the rows' scales are missing, too, which `complete` leaves out
        if weight.sum() < T_ROWS_PER_PARAMETER * count:
            return CompleteInformation()
        return _from_scores(squared, iterate.mixture, free)
    values, vectors = np.linalg.eigh(np.eye(count) - complete + squared)
    if values[0] < (LEAST_EIGENVALUE if source.n_rows <= most else CLEAR / np.sqrt(most)):
        if weight.sum() < ROWS_PER_PARAMETER * count:
            return CompleteInformation()
        values, vectors = np.linalg.eigh(squared)
    return ObservedInformation(np.maximum(values, LEAST_EIGENVALUE), vectors, free)


def _estimate_incomplete(
    source: Source, estep: EStep, iterate: Iterate, free: NDArray[np.bool_], most: int
) -> Information | None:
    """The mean square of the scores of so many rows that are not complete; None if they are too few."""
    count, rows_of = int(free.sum()), getattr(source, "given_rows", source.rows)
    sample = rows_of(most, np.random.default_rng(0))
    measurement = source.measurement.take(sample.positions) if isinstance(source, MeasuredSource) else MISSING_VALUES
    sample = replace(sample, measurement=measurement)
    resp, weight = estep.responsibilities(sample, iterate.mixture, iterate.memory)
    if weight.sum() < ROWS_PER_PARAMETER * count:
        return None
    squared = _moments(iterate.mixture, sample, resp, weight, free)[0]
    window = measurement.window if isinstance(measurement, Intervals) else None
    if window is not None:  # an iteration counts the unseen rows, too
        squared /= 1 + Unseen.beyond(iterate.mixture, window).weights(1.0).sum()
    return _from_scores(squared, iterate.mixture, free)


def _from_scores(squared: Array, mixture: Mixture, free: NDArray[np.bool_]) -> ObservedInformation:
    """The information that is the mean square of the rows' scores, (q, q)."""
    roots = np.sqrt(mixture.all_weights)
    squared[: len(roots), : len(roots)] += np.outer(roots, roots)  # all weights together cannot change
    values, vectors = np.linalg.eigh(squared)
    return ObservedInformation(np.maximum(values, LEAST_EIGENVALUE), vectors, free)


def remaining_rise(source: Source, estep: EStep, iterate: Iterate, target: Mixture) -> float:
    """Estimate by how much the log-likelihood will rise yet, in nats: half the score statistic.

    ``target`` is the mixture that an EM iteration gives at the iterate.
    """
    gradient = FisherCoordinates(iterate.mixture).of(target)
    information = estimate_information(source, estep, iterate, gradient)
    return 0.5 * float(information.solve(gradient) @ gradient) * iterate.stats.total * information.excess


def _moments(
    mixture: Mixture, sample: Chunk, resp: Array, weight: Array, free: NDArray[np.bool_]
) -> tuple[Array, Array]:
    """Mean squares, (q, q), of the rows' scores, and of the complete data's, in the free coordinates."""
    count = int(free.sum())
    squared, complete = np.zeros((count, count)), np.zeros((count, count))
    recorded = _recorded_score(mixture, sample.measurement, free)
    step = max(BLOCK_SCORES // count, 1)
    for first in range(0, len(resp), step):
        part = slice(first, first + step)
        chunk = sample.take(part)
        m, within = len(chunk.rows), _expected_within(mixture, chunk)
        own = [_component_scores(mixture, chunk.rows, j, free, within) for j in range(resp.shape[1])]
        total = np.zeros((m, count)) - recorded
        for j, (places, scores) in enumerate(own):
            expected = resp[part, j, None] * scores
            total[:, places] += expected
            complete[np.ix_(places, places)] += (weight[part, None] * expected).T @ scores
        squared += (weight[part, None] * total).T @ total
    return squared / weight.sum(), complete / weight.sum()


def _expected_within(mixture: Mixture, chunk: Chunk) -> ExpectedWithin | None:
    """What components expect of rows with intervals; None of others."""
    measurement = chunk.measurement
    return ExpectedWithin.of(mixture, chunk.rows, measurement) if isinstance(measurement, Intervals) else None


def _recorded_score(mixture: Mixture, measurement: Measurement | None, free: NDArray[np.bool_]) -> Array:
    """The score of the probability of being recorded, (q,), by that of rows that are not; 0 without limits."""
    found = np.zeros(int(free.sum()))
    if not isinstance(measurement, Intervals) or measurement.window is None:
        return found
    beyond = ExpectedWithin.beyond(mixture, measurement.window)
    for j, weight in enumerate(Unseen.beyond(mixture, measurement.window).weights(1.0)):
        places, scores = _component_scores(mixture, beyond.rows, j, free, beyond)
        found[places] -= weight * scores[0]
    return found


def _component_scores(
    mixture: Mixture,
    rows: Rows,
    component: int,
    free: NDArray[np.bool_],
    within: ExpectedWithin | None = None,
) -> tuple[NDArray[np.intp], Array]:
    """The free coordinates by which log w_j p_j(x) has derivatives, (b,), and these derivatives, (n, b).

    Of noise, the last component, they are the logarithms of the weights alone. ``free`` says which coordinates are.
    """
    roots = np.sqrt(np.maximum(mixture.all_weights, TINY))
    (k, d), s = mixture.means.shape, len(roots)
    by_weight = np.tile(-roots, (len(rows), 1))
    by_weight[:, component] += 1 / roots[component]
    if component == k:
        return np.arange(s), by_weight
    covariances = mixture.covariances

    def by_deviation(deviations: Array) -> Array:
        white = covariances.whiten(component, deviations)
        return np.concatenate([white, covariances.log_coordinate_scores(white)], axis=1)

    tails = 0 if mixture.degrees_of_freedom is None else k
    free_tails, count = free[len(free) - tails :], int(free.sum())
    by_tails, tail_places = np.empty((len(rows), 0)), np.empty(0, dtype=np.intp)
    if mixture.affine.tails is not None:
        both, by_tails, tail_places = t_scores(mixture, rows, component, free_tails)
    elif within is not None:
        both = within(component, by_deviation)
    elif np.isnan(rows).any():
        both = expected_scores(mixture, rows, component, by_deviation)
    else:
        both = by_deviation(rows - mixture.means[component])
    by_mean, by_matrix = both[:, :d], both[:, d:]
    size = by_matrix.shape[1]
    shared = count - int(free_tails.sum()) < s + k * (d + size)
    matrix_first = s + k * d + (0 if shared else component * size)
    own = [np.arange(s), s + component * d + np.arange(d), matrix_first + np.arange(size), count + tail_places]
    scores = [by_weight, by_mean / roots[component], by_matrix / (1.0 if shared else roots[component]), by_tails]
    return np.concatenate(own), np.concatenate(scores, axis=1)
