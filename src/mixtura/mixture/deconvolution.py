"""True values of rows that were measured with errors, as a mixture expects them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import Array, Rng, Rows, format_count, underflow_to_zero
from mixtura.data import RowNoise
from mixtura.errors import ParameterError
from mixtura.kernels import RowErrors, RowTerms, TrueValues

if TYPE_CHECKING:
    from mixtura.mixture.mixture import Mixture


@dataclass(frozen=True, slots=True, eq=False)
class PosteriorMoments:
    """Means and covariances of rows' true values, given what was measured.

    Attributes
    ----------
    mean : ndarray of shape (n, d)
    covariance : ndarray of shape (n, d, d)

    Examples
    --------
    >>> from mixtura import Mixture
    >>> Mixture([1.0], [[0.0]], [[[1.0]]]).deconvolve([[2.0]], noise_covariance=1.0)
    <PosteriorMoments of 1 row in 1 column>
    """

    mean: Array
    covariance: Array

    def __repr__(self) -> str:
        n, d = self.mean.shape
        return f"<PosteriorMoments of {format_count(n, 'row')} in {format_count(d, 'column')}>"


@underflow_to_zero
def deconvolve(mixture: Mixture, X: Any, *, noise_covariance: Any = None) -> PosteriorMoments:
    """Mean and covariance of each row's true value, given the row and the mixture of the true values.

    Parameters
    ----------
    X : array-like or table of shape (n, d), or Measured
        The measured values; missing ones are NaN, None or the table's own.
    noise_covariance : array-like of shape (d, d), (n, d) or (n, d, d), or a number, optional
        Covariance of the errors of measurement, unless X is a `Measured`: one matrix for all rows, variances of each
        row, or a matrix for each row.

    Returns
    -------
    PosteriorMoments

    Raises
    ------
    DataError, ParameterError
        If rows and errors do not fit, or the mixture has a noise component.

    References
    ----------
    Bovy, Hogg & Roweis (2011), Ann. Appl. Stat. 5, 1657-1677.

    Examples
    --------
    >>> from mixtura import Mixture
    >>> mixture = Mixture([1.0], [[0.0]], [[[1.0]]])
    >>> found = mixture.deconvolve([[2.0], [2.0]], noise_covariance=[[1.0], [3.0]])
    >>> found.mean.tolist(), found.covariance.tolist()
    ([[1.0], [0.5]], [[[0.5]], [[0.75]]])
    """
    if mixture.noise is not None:
        raise ParameterError(
            "the mixture has a noise component, whose rows have no likely true values; use without_noise()"
        )
    rows, measurement = mixture.measured_rows(X, noise_covariance)
    noise = measurement if isinstance(measurement, RowNoise) else _exact(rows)
    true, n, d = TrueValues.of(mixture.affine), len(rows), mixture.n_features
    mean, covariance = np.empty((n, d)), np.empty((n, d, d))
    for part, terms in _terms(true, rows, noise):
        joint = terms.joint - terms.joint.max(axis=1, keepdims=True)
        r = np.exp(joint)
        r /= r.sum(axis=1, keepdims=True)
        expected, rest = _moments(true, terms)
        own = np.einsum("nk,nki->ni", r, expected)
        apart = expected - own[:, None]
        mean[part] = own
        covariance[part] = np.einsum("nk,nkij->nij", r, rest) + np.einsum("nk,nki,nkj->nij", r, apart, apart)
    return PosteriorMoments(mean, covariance)


def _exact(rows: Rows) -> RowNoise:
    """No errors."""
    return RowNoise(np.zeros((1, rows.shape[1])), np.zeros(len(rows), dtype=np.intp))


def _terms(true: TrueValues, rows: Rows, noise: RowNoise) -> Iterator[tuple[slice, RowTerms]]:
    """What blocks of rows tell of the true values, and which rows they are."""
    errors, first = RowErrors(rows, noise.covariances, noise.numbers, noise.projections, None), 0
    for part in errors.parts(len(true.means)):
        own = slice(first, first + len(part.rows))
        yield own, RowTerms.of(true, part)
        first = own.stop


def _moments(true: TrueValues, terms: RowTerms) -> tuple[Array, Array]:
    """Means (n, k, d) and covariances (n, k, d, d) of the true values for each component."""
    matrices = true.dense().covariances
    expected = true.means + np.einsum("kij,jkn->nki", matrices, terms.linear)
    precision = terms.precision
    if precision.ndim == 3:
        precision = precision[:, None] * np.eye(len(precision))[:, :, None, None]
    return expected, matrices - matrices @ precision.transpose(3, 2, 0, 1) @ matrices


@underflow_to_zero
def likely_true_values(gaussian: Mixture, rows: Rows, noise: RowNoise, rng: Rng) -> Rows:
    """True values, (n, d), of rows with errors under one Gaussian, for starts that take them for exact.

    They are expected values plus what the errors hide, drawn at random: v + S R' T^-1 (x - R v) for a draw v of the
    Gaussian. Values without error stay as they are, missing ones are draws given the others, and values whose errors
    are large are spread out as the Gaussian is, rather than gathered at its mean.
    """
    true = TrueValues.of(gaussian.affine)
    draws = gaussian.sample(len(rows), rng)[0]
    maps = noise.projections
    measured = draws if maps is None else np.einsum("nij,nj->ni", maps, draws)
    # Terms are of deviations from the mean, so that of a draw is added.
    shifted = rows - measured + (gaussian.means[0] if maps is None else maps @ gaussian.means[0])
    values = draws.copy()
    for part, terms in _terms(true, shifted, noise):
        values[part] += np.einsum("ij,jn->ni", true.dense().covariances[0], terms.linear[:, 0])
    if maps is None:
        values = np.where(_exact_values(rows, noise), rows, values)
    return values if rows.dtype == np.float64 else values.astype(np.float32)


def _exact_values(rows: Rows, noise: RowNoise) -> Any:
    """Which values are measured without error, (n, d)."""
    variances = noise.covariances if noise.is_diagonal else np.diagonal(noise.covariances, axis1=1, axis2=2)
    return (variances == 0)[noise.numbers] & ~np.isnan(rows)
