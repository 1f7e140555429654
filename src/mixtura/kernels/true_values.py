"""Rows with errors of measurement, the distribution of their true values, and sums over such rows.

For a row x = R v + e, with v from component j and e from N(0, N): T = R S_j R' + N is its covariance, and with
y = R' T^-1 (x - R m_j) and P = R' T^-1 R the true value v has the mean m_j + S_j y and the covariance S_j - S_j P S_j
(Bovy, Hogg & Roweis 2011, Ann. Appl. Stat. 5, 1657-1677). So sums of y and y y' - P over the rows suffice.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rows
from mixtura.errors import ParameterError
from mixtura.kernels.affine import Affine
from mixtura.stats import ScatterKind, Stats, as_scatter, outer

# Most numbers in the matrices of a block of rows, so that they stay in the cache.
BLOCK_NUMBERS = 1 << 16

LOG_TWO_PI = math.log(2 * math.pi)


@dataclass(frozen=True, slots=True, eq=False)
class TrueValues:
    """The distribution of the rows' true values, as it is needed for rows with errors.

    Attributes
    ----------
    log_weights : ndarray of shape (k,)
    means : ndarray of shape (k, d)
    covariances : ndarray of shape (k, d, d), or, diagonal, (k, d)
    uniform : ndarray of shape (0,) or (1,)
        Weighted log-density of the noise component, if there is one; errors are taken not to change it.
    log_widths : ndarray of shape (d,)
        Logarithms of the widths of the noise component's region.
    """

    log_weights: Array
    means: Array
    covariances: Array
    uniform: Array
    log_widths: Array

    @classmethod
    def of(cls, affine: Affine) -> TrueValues:
        """The components of a mixture; the noise component, if any, is its last.

        Raises
        ------
        ParameterError
            If the mixture has t components.
        """
        if affine.tails is not None:
            raise ParameterError("rows with errors of measurement need Gaussian components; leave tails out")
        d = affine.means.shape[1]
        k = len(affine.means) - (affine.noise_log_widths is not None)
        widths = np.zeros(d) if affine.noise_log_widths is None else affine.noise_log_widths
        if affine.form == "diagonal":
            scales = affine.factors[:k]
            covariances = 1 / scales**2
        else:
            inverses = np.linalg.inv(affine.factors[: k if len(affine.factors) > 1 else 1])
            covariances = np.broadcast_to(inverses.swapaxes(1, 2) @ inverses, (k, d, d))
            scales = np.diagonal(affine.factors[:k], axis1=1, axis2=2)
        log_weights = affine.constants[:k] - np.log(scales).sum(axis=1) + 0.5 * d * LOG_TWO_PI
        return cls(log_weights, affine.means[:k], covariances, affine.constants[k:], widths)

    @property
    def is_diagonal(self) -> bool:
        """Whether all covariances are diagonal."""
        return self.covariances.ndim == 2

    def dense(self) -> TrueValues:
        """The same with matrices as covariances."""
        if not self.is_diagonal:
            return self
        matrices = self.covariances[:, :, None] * np.eye(self.means.shape[1])
        return TrueValues(self.log_weights, self.means, matrices, self.uniform, self.log_widths)

    def uniform_log_density(self, seen: NDArray[np.bool_]) -> Array:
        """Weighted log-density of the noise component in the columns that rows have, (n, 0) or (n, 1)."""
        if not len(self.uniform):
            return np.empty((len(seen), 0))
        return self.uniform + (~seen @ self.log_widths)[:, None]


@dataclass(frozen=True, slots=True, eq=False)
class RowErrors:
    """Rows with the covariances of their errors.

    Attributes
    ----------
    rows : ndarray of shape (n, e)
        Missing values are NaN.
    covariances : ndarray of shape (u, e, e) or (u, e)
    numbers : ndarray of int, (n,)
        Which covariance is that of each row.
    projections : ndarray of shape (n, e, d), or None
    weight : ndarray of shape (n,), or None
        Sample weights.
    """

    rows: Rows
    covariances: Array
    numbers: NDArray[np.intp]
    projections: Array | None
    weight: Array | None

    def take(self, part: slice) -> RowErrors:
        """Some of the rows."""
        maps = None if self.projections is None else self.projections[part]
        weight = None if self.weight is None else self.weight[part]
        return RowErrors(self.rows[part], self.covariances, self.numbers[part], maps, weight)

    def parts(self, k: int) -> Iterator[RowErrors]:
        """Blocks of rows whose matrices for k components stay in the cache."""
        e = self.rows.shape[1] + 1
        step = max(BLOCK_NUMBERS // (e * e * max(k, 1)), 1)
        for first in range(0, len(self.rows), step):
            yield self.take(slice(first, first + step))


@dataclass(frozen=True, slots=True, eq=False)
class RowSums:
    """Sums over rows of what they tell of the true values, for each of k components; rows are weighted.

    Attributes
    ----------
    weight : ndarray of shape (k + 1,) or (k,)
        Responsibilities, those of the noise component last.
    first : ndarray of shape (k, d)
        Of y.
    second : ndarray of shape (k, d, d), or, with diagonal covariances and errors, (k, d)
        Of y y' - P.
    loglik, assignment_logprob : float
        As in `Stats`.
    """

    weight: Array
    first: Array
    second: Array
    loglik: float
    assignment_logprob: float

    def __add__(self, other: RowSums) -> RowSums:
        return RowSums(
            self.weight + other.weight,
            self.first + other.first,
            self.second + other.second,
            self.loglik + other.loglik,
            self.assignment_logprob + other.assignment_logprob,
        )

    def stats(self, true: TrueValues, centre: Array, scatter_kind: ScatterKind) -> Stats:
        """Statistics of the true values; ``centre``, (d,), stands for the mean of the noise component."""
        k = len(true.means)
        weight, positive = self.weight[:k], self.weight[:k, None] > 0
        matrices = true.covariances
        if self.second.ndim == 2:
            moves = matrices * self.first
            scatter = as_scatter(weight, matrices, "diagonal") + matrices * self.second * matrices
        else:
            matrices = true.dense().covariances
            moves = np.einsum("kij,kj->ki", matrices, self.first)
            scatter = as_scatter(weight, matrices, "full") + matrices @ self.second @ matrices
        moves = np.divide(moves, weight[:, None], out=np.zeros_like(moves), where=positive)
        scatter = scatter - outer(weight, moves, "diagonal" if scatter.ndim == 2 else "full")
        means, more = true.means + moves, len(self.weight) - k
        means = np.concatenate([means, np.broadcast_to(centre, (more, len(centre)))])
        scatter = np.concatenate([_not_negative(scatter), np.zeros((more, *scatter.shape[1:]))])
        return Stats(self.weight, means, scatter, self.loglik, self.assignment_logprob).reduced(scatter_kind)


def _not_negative(scatter: Array) -> Array:
    """Scatter without the negative variances that rounding may leave."""
    if scatter.ndim == 2:
        return np.maximum(scatter, 0.0)
    symmetric = 0.5 * (scatter + scatter.swapaxes(1, 2))
    diagonal = np.einsum("kii->ki", symmetric)
    np.maximum(diagonal, 0.0, out=diagonal)
    return symmetric
