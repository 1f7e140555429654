"""Marginal densities of the values that rows have, and the regressions of those that they lack, for each pattern."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array
from mixtura.kernels.affine import Affine, Density

# Most numbers in one array of all patterns' matrices.
MOST_NUMBERS = 1 << 21


@dataclass(frozen=True, slots=True)
class PatternDensity:
    """The marginal density of the columns of a pattern, as kernels take densities of all columns.

    Attributes
    ----------
    affine : Affine
        Its factors are zero in the columns that are missing.
    n_features : int
        Number of columns, d, the missing ones included.
    """

    affine: Affine
    n_features: int


@dataclass(frozen=True, slots=True, eq=False)
class Conditionals:
    """What a mixture says of rows with p patterns of missing values.

    Attributes
    ----------
    affine : Affine
        Of the mixture in all columns.
    seen : ndarray of bool, (p, d)
        Which columns the rows of each pattern have.
    factors : ndarray of shape (p, k, d, d), or, diagonal, (p, k, d)
        As in `Affine`, with zeros for missing columns.
    constants : ndarray of shape (p, k)
        As in `Affine`.
    slopes : ndarray of shape (p, k, d, d), or None where covariances are diagonal
        Matrices W: the expected deviations of all columns from a component's mean are W times those of the columns
        seen, with zeros in the missing ones.
    rest : ndarray of shape (p, k, d, d), or, diagonal, (p, k, d)
        Covariances of the missing columns given those seen, with zeros elsewhere.
    """

    affine: Affine
    seen: NDArray[np.bool_]
    factors: Array
    constants: Array
    slopes: Array | None
    rest: Array

    @classmethod
    def of(cls, affine: Affine, seen: NDArray[np.bool_]) -> Conditionals:
        """Those of patterns (p, d), of which some may be complete."""
        return _diagonal(affine, seen) if affine.form == "diagonal" else _dense(affine, seen)

    def only(self, pattern: int) -> Conditionals:
        """Those of one pattern."""
        own = slice(pattern, pattern + 1)
        slopes = None if self.slopes is None else self.slopes[own]
        return Conditionals(self.affine, self.seen[own], self.factors[own], self.constants[own], slopes, self.rest[own])

    def density(self, pattern: int) -> PatternDensity:
        """The marginal density of a pattern, for rows whose missing values are replaced by the shift."""
        affine, factors = self.affine, self.factors[pattern]
        centres = np.where(self.seen[pattern], affine.means - affine.shift, 0.0)
        offsets = centres * factors if affine.form == "diagonal" else (centres[:, None, :] @ factors)[:, 0]
        marginal = replace(
            affine,
            form="diagonal" if affine.form == "diagonal" else "dense",
            constants=self.constants[pattern],
            factors=factors,
            offsets=offsets,
            means=affine.shift + centres,
            variances=np.broadcast_to(affine.variances, affine.means.shape),
            tails=affine.tails and affine.tails.in_columns(int(self.seen[pattern].sum())),
        )
        return PatternDensity(marginal, len(affine.shift))

    def expected(self, patterns: NDArray[np.intp], means: Array) -> Array:
        """Means of all columns, (u, k, d), given the means (u, k, d) of those seen, for rows with these patterns."""
        seen = self.seen[patterns][:, None, :]
        deviations = np.where(seen, means - self.affine.means, 0.0)
        if self.slopes is not None:
            deviations = np.einsum("ukij,ukj->uki", self.slopes[patterns], deviations)
        return self.affine.means + deviations

    def spread(self, scatter: Array) -> Array:
        """Scatter of all columns, (p, k, d, d) or (p, k, d), given that of the columns seen of each pattern's rows."""
        if self.slopes is None:
            seen = self.seen[:, None, :]
            return np.where(seen if scatter.ndim == 3 else seen[..., None] & seen[:, :, None], scatter, 0.0)
        return self.slopes @ scatter @ self.slopes.swapaxes(2, 3)


def _lacking(seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which columns are missing, (p, d)."""
    return np.asarray(~seen)


def _noise_constants(affine: Affine, seen: NDArray[np.bool_]) -> Array:
    """Log-volume, (p,), of the noise's region in the columns that each pattern lacks."""
    widths = affine.noise_log_widths
    return np.zeros(len(seen)) if widths is None else np.logical_not(seen) @ widths


def _diagonal(affine: Affine, seen: NDArray[np.bool_]) -> Conditionals:
    """The conditionals of components with diagonal covariances."""
    lacking = _lacking(seen)
    missing = lacking[:, None, :]
    factors = np.where(missing, 0.0, affine.factors)
    gaussian: NDArray[np.bool_] = np.asarray(affine.factors.any(axis=1))
    with np.errstate(divide="ignore"):
        logs = np.where(affine.factors > 0, np.log(affine.factors), 0.0) - 0.5 * math.log(2 * math.pi)
    constants = affine.constants - lacking @ logs.T * gaussian
    constants += np.where(gaussian, 0.0, _noise_constants(affine, seen)[:, None])
    rest = np.where(missing, affine.variances, 0.0)
    return Conditionals(affine, seen, factors, constants, None, rest)


def _dense(affine: Affine, seen: NDArray[np.bool_]) -> Conditionals:
    """The conditionals of components with full covariances."""
    k, d = affine.means.shape
    gaussian: NDArray[np.bool_] = np.asarray(affine.factors.any(axis=(1, 2)))
    own = np.where(gaussian[:, None, None], affine.factors, np.eye(d))
    inverses = np.linalg.inv(own)
    covariances = inverses.swapaxes(1, 2) @ inverses  # S = U^-T U^-1
    pairs = seen[:, None, :, None] & seen[:, None, None, :]
    known = np.where(pairs, covariances, np.eye(d))
    lower = np.linalg.cholesky(known)
    # The LU factorisation of an upper triangular matrix is itself, so this inverse is back substitution.
    factors = np.where(pairs, np.linalg.inv(lower.swapaxes(2, 3)), 0.0)
    precisions = factors @ factors.swapaxes(2, 3)
    slopes = covariances @ precisions
    lacking = _lacking(seen)
    both = lacking[:, None, :, None] & lacking[:, None, None, :]
    rest = np.where(both, covariances - slopes @ covariances, 0.0)
    slopes = np.where(seen[:, None, :, None], np.where(pairs, np.eye(d), 0.0), slopes)  # no rounding in columns seen
    all_logs = np.log(np.diagonal(own, axis1=1, axis2=2)).sum(axis=1)
    known_logs = -np.log(np.diagonal(lower, axis1=2, axis2=3)).sum(axis=2)
    logs = 0.5 * math.log(2 * math.pi) * lacking.sum(axis=1)[:, None]
    constants = affine.constants - all_logs + known_logs + logs
    if not gaussian.all():
        noise = affine.constants + _noise_constants(affine, seen)[:, None]
        shape = (len(seen), k, d, d)
        constants = np.where(gaussian, constants, noise)
        zero = ~np.broadcast_to(gaussian[None, :, None, None], shape)
        factors, slopes, rest = (np.where(zero, 0.0, each) for each in (factors, slopes, rest))
    shape = (len(seen), k, d, d)
    factors, slopes, rest = (np.broadcast_to(each, shape) for each in (factors, slopes, rest))
    return Conditionals(affine, seen, factors, constants, slopes, rest)


def pattern_groups(count: int, density: Density) -> Iterator[slice]:
    """Slices of so many patterns whose matrices fit into memory together."""
    numbers = density.affine.means.size * (1 if density.affine.form == "diagonal" else density.n_features)
    step = max(MOST_NUMBERS // numbers, 1)
    for first in range(0, count, step):
        yield slice(first, min(first + step, count))
