"""Missing values of rows, as a mixture expects them given the others, or drawn from its conditional distribution."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mixtura import kernels
from mixtura._support import Array, Rng, Rows, as_count, as_rng, underflow_to_zero
from mixtura.data import MISSING_VALUES, Chunk, Histogram, Measured, Patterns
from mixtura.errors import ParameterError
from mixtura.kernels import Conditionals, pattern_groups

if TYPE_CHECKING:
    from mixtura.mixture.mixture import Mixture


@underflow_to_zero
def impute(mixture: Mixture, X: Any, *, n: int | None = None, seed: int | Rng | None = None) -> Rows:
    """Replace missing values by their conditional means, or by draws from their conditional distribution.

    Parameters
    ----------
    X : array-like or table of shape (m, d)
        Missing values are NaN, None or the table's own.
    n : int, optional
        Number of draws for each row (multiple imputation, Rubin 1987); unless given, conditional means.
    seed : int, numpy Generator or RandomState, optional
        For the draws.

    Returns
    -------
    ndarray of shape (m, d), or (n, m, d)
        Values that are not missing stay as they are.

    Raises
    ------
    ParameterError
        If X is a `Measured` or a `Histogram`, whose values are not exact: see `Mixture.deconvolve`.

    Examples
    --------
    >>> from mixtura import DenseCovariance, Mixture
    >>> mixture = Mixture([1.0], [[0.0, 0.0]], DenseCovariance(np.array([[[1.0, 0.5], [0.5, 1.0]]]), 1))
    >>> mixture.impute([[2.0, None], [None, None], [1.0, 3.0]]).tolist()
    [[2.0, 1.0], [0.0, 0.0], [1.0, 3.0]]
    >>> mixture.impute([[2.0, None]], n=3, seed=0).round(2)[:, 0, 1].tolist()
    [0.54, 2.13, 0.39]
    """
    if isinstance(X, Measured | Histogram):
        raise ParameterError(
            f"X is a {type(X).__name__}, and impute keeps values that are not missing as if they were exact; "
            "mixture.deconvolve(X).mean has the true values that are expected"
        )
    rows, incomplete = mixture.check_incomplete_rows(X)
    if n is None:
        return _with_means(mixture, rows) if incomplete else rows.copy()
    count, rng = as_count(n, "n"), as_rng(seed)
    draws: Any = np.repeat(rows[None], count, axis=0)
    for own, which, conditionals in _by_pattern(mixture, rows):
        missing = np.flatnonzero(~conditionals.seen[which])
        draws[:, own[:, None], missing] = _draws(mixture, rows[own], conditionals.only(which), count, rng)[..., missing]
    return draws


def _by_pattern(mixture: Mixture, rows: Rows) -> Iterator[tuple[NDArray[np.intp], int, Conditionals]]:
    """For each pattern with missing values the numbers of its rows, its number, and what the mixture says of it."""
    patterns = Patterns.of(rows)
    starts = np.append(0, patterns.ends[:-1])
    for group in pattern_groups(len(patterns.ends), mixture):
        conditionals = Conditionals.of(mixture.affine, patterns.seen[group])
        for which, (start, end) in enumerate(zip(starts[group], patterns.ends[group], strict=True)):
            if not conditionals.seen[which].all():
                yield patterns.order[start:end], which, conditionals


def _expected(rows: Rows, conditionals: Conditionals) -> Array:
    """What each component expects of the rows of a pattern, (m, k, d)."""
    shape = (len(rows), *conditionals.affine.means.shape)
    known = np.broadcast_to(np.where(np.isnan(rows), 0.0, rows)[:, None, :], shape)
    return conditionals.expected(np.zeros(len(rows), dtype=np.intp), known)


def _with_means(mixture: Mixture, rows: Rows) -> Rows:
    """Rows with missing values replaced by their conditional means."""
    filled = rows.copy()
    responsibilities = kernels.kernel_for(MISSING_VALUES, mixture).posterior(mixture, Chunk(rows))
    for own, which, conditionals in _by_pattern(mixture, rows):
        expected = _expected(rows[own], conditionals.only(which))
        missing = ~conditionals.seen[which]
        filled[np.ix_(own, missing)] = np.einsum("mk,mkj->mj", responsibilities[own], expected[:, :, missing])
    return filled


def _draws(mixture: Mixture, rows: Rows, conditionals: Conditionals, count: int, rng: Rng) -> Array:
    """So many draws of all columns, (count, m, d), for the rows of a pattern; only the missing ones are of use."""
    k, many = mixture.n_components, (count, len(rows))
    cumulated = kernels.kernel_for(MISSING_VALUES, mixture).posterior(mixture, Chunk(rows)).cumsum(axis=1)
    chosen = (rng.random(many)[:, :, None] > cumulated[None, :, :-1]).sum(axis=2)
    expected = _expected(rows, conditionals)[np.arange(len(rows)), chosen]
    rest, unknown = conditionals.rest[0], ~conditionals.seen[0]
    matrices = rest if rest.ndim == 3 else rest[..., None] * np.eye(rest.shape[-1])
    lower = np.linalg.cholesky(np.where(unknown & unknown[:, None], matrices[:k], np.eye(len(unknown))))
    own = np.minimum(chosen, k - 1)
    errors = np.einsum("...ij,...j->...i", lower[own], rng.standard_normal((*many, len(unknown))))
    if (tails := mixture.affine.tails) is not None:
        errors *= _t_factors(rows, conditionals, tails.degrees_of_freedom[own], own, rng)[..., None]
    if mixture.noise is None:
        return expected + errors
    uniform = mixture.noise.sample(count * len(rows), rng).reshape(*many, -1)
    return np.where((chosen == k)[..., None], uniform, expected + errors)


def _t_factors(rows: Rows, conditionals: Conditionals, nu: Array, chosen: NDArray[np.intp], rng: Rng) -> Array:
    """Random factors of the Gaussian errors of draws for the rows of a pattern, (count, m), from chosen t components.

    ``nu`` and ``chosen``, (count, m), are the components' degrees of freedom and numbers.

    Given the columns seen, of which there are q, at a squared distance D, the scale u has a chi-squared distribution
    with nu + q degrees of freedom, divided by nu + D.
    """
    affine = conditionals.density(0).affine
    known = np.where(np.isnan(rows), affine.shift, rows) - affine.shift
    distance = kernels.squared_mahalanobis(affine, np.ascontiguousarray(known.T))[chosen, np.arange(len(rows))]
    count = int(conditionals.seen[0].sum())
    factors, finite = np.ones(chosen.shape), np.isfinite(nu)
    chi_squared = rng.chisquare(np.where(finite, nu, 1.0) + count)
    factors[finite] = np.sqrt((nu + distance)[finite] / chi_squared[finite])
    return factors
