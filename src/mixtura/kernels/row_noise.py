"""The kernel for rows that were measured with errors of known covariance, by means of another kernel.

Rows of which many have errors of the same covariance N, and the same values missing, are rows of a mixture with the
covariances S_j + N, and the other kernel computes their statistics. Other rows are computed one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, underflow_to_zero
from mixtura.data import Chunk, RowNoise
from mixtura.kernels.affine import Affine, Density
from mixtura.kernels.base import Kernel
from mixtura.kernels.conditionals import PatternDensity
from mixtura.kernels.true_values import LOG_TWO_PI, RowErrors, TrueValues
from mixtura.stats import ScatterKind, Stats

# So many rows with errors of the same covariance are computed together.
MANY = 128


@lru_cache(maxsize=4)
def for_noisy_rows(kernel: Kernel) -> Kernel:
    """The kernel for rows with errors, `RowNoise`, that computes with another kernel where it can."""

    def predict(f: Callable[[Density, Chunk], NDArray[Any]], of_joint: Callable[[Array], NDArray[Any]]) -> Any:
        return lambda density, chunk: _predict(kernel, f, of_joint, density, chunk)

    return Kernel(
        name=f"{kernel.name}, errors of measurement",
        level=kernel.level,
        estep=lambda density, chunk, scatter_kind: _estep(kernel, density, chunk, scatter_kind),
        moments=kernel.moments,
        log_density=predict(kernel.log_density, lambda joint: np.logaddexp.reduce(joint, axis=1)),
        posterior=predict(kernel.posterior, _responsibilities),
        labels=predict(kernel.labels, lambda joint: joint.argmax(axis=1)),
        agglomerate=kernel.agglomerate,
    )


def _responsibilities(joint: Array) -> Array:
    """Responsibilities from weighted log-densities, (n, k)."""
    with np.errstate(under="ignore"):
        found = np.exp(joint - joint.max(axis=1, keepdims=True))
        return np.asarray(found / found.sum(axis=1, keepdims=True))


def _errors_of(chunk: Chunk) -> RowNoise:
    """How a chunk's rows were measured."""
    noise = chunk.measurement
    if not isinstance(noise, RowNoise):
        raise TypeError("rows without RowNoise in the kernel for rows with errors")
    return noise


# All chunks of a pass have the same mixture, so what depends on it alone is kept.
_true_values = lru_cache(maxsize=8)(TrueValues.of)


@underflow_to_zero
def _estep(kernel: Kernel, density: Density, chunk: Chunk, scatter_kind: ScatterKind) -> Stats:
    """The E-step: statistics of the true values, as each component expects them, with what it does not know."""
    affine, noise = density.affine, _errors_of(chunk)
    if not len(chunk.rows):
        return Stats.empty(len(affine.means), density.n_features, scatter_kind)
    true = _true_values(affine)
    apart = true.is_diagonal and noise.is_diagonal and noise.projections is None and scatter_kind == "diagonal"
    inner: ScatterKind = "diagonal" if apart else "full"
    groups, rest = _groups(chunk, noise)
    parts = []
    for group in groups:
        smoothing = group.smoothing(affine)
        parts.append(smoothing.stats(kernel.estep(smoothing.density, group.filled(chunk, affine.shift), inner)))
    if rest is None or rest.any():
        own = true if apart else true.dense()
        sums = kernel.row_errors.sums(own, _row_errors(chunk, noise, rest))
        parts.append(sums.stats(own, affine.means[-1], inner))
    return reduce(add, parts).reduced(scatter_kind)


def _row_errors(chunk: Chunk, noise: RowNoise, rows: NDArray[np.bool_] | None) -> RowErrors:
    """Some of a chunk's rows, or all, with the covariances of their errors."""
    if rows is not None:
        chunk, noise = chunk.take(rows), noise.take(rows)
    return RowErrors(chunk.rows, noise.covariances, noise.numbers, noise.projections, chunk.sample_weight)


def _predict(
    kernel: Kernel,
    f: Callable[[Density, Chunk], NDArray[Any]],
    of_joint: Callable[[Array], NDArray[Any]],
    density: Density,
    chunk: Chunk,
) -> NDArray[Any]:
    """A prediction for each row: ``f`` for the rows of a group, and that of weighted log-densities for the others."""
    noise, true = _errors_of(chunk), _true_values(density.affine)
    groups, rest = _groups(chunk, noise)
    others = of_joint(kernel.row_errors.log_joint(true, _row_errors(chunk, noise, rest)))
    if rest is None:
        return others
    values = np.empty((len(chunk.rows), *others.shape[1:]), dtype=others.dtype)
    values[rest] = others
    for group in groups:
        own = group.smoothing(density.affine).density
        values[group.rows] = f(own, group.filled(chunk, density.affine.shift))
    return values


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Rows that follow each other, with the same values missing, and errors of the same covariance.

    Attributes
    ----------
    rows : slice
        The rows in their chunk.
    seen : ndarray of bool, (d,)
        The columns whose values they have.
    covariance : ndarray of shape (d, d) or (d,)
        That of their errors.
    """

    rows: slice
    seen: NDArray[np.bool_]
    covariance: Array

    def filled(self, chunk: Chunk, shift: Array) -> Chunk:
        """The rows with missing values replaced by the shift, where factors are zero."""
        rows = chunk.rows[self.rows]
        weight = None if chunk.sample_weight is None else chunk.sample_weight[self.rows]
        return Chunk(rows if self.seen.all() else np.where(self.seen, rows, shift.astype(rows.dtype)), weight)

    def smoothing(self, affine: Affine) -> Smoothing:
        """The density of the rows under a mixture, and what they tell of the true values."""
        return _smoothing(affine, self.seen.tobytes(), self.covariance.tobytes(), self.covariance.shape)


@lru_cache(maxsize=64)
def _smoothing(affine: Affine, seen: bytes, covariance: bytes, shape: tuple[int, ...]) -> Smoothing:
    """The `Smoothing` of rows with the columns ``seen`` and errors of this covariance."""
    return Smoothing.of(affine, np.frombuffer(seen, dtype=bool), np.frombuffer(covariance).reshape(shape))


def _groups(chunk: Chunk, noise: RowNoise) -> tuple[list[Group], NDArray[np.bool_] | None]:
    """The large groups of a chunk's rows, and which rows are in none of them; None: all."""
    if noise.projections is not None or len(noise.covariances) > max(1, len(chunk.rows) // 4):
        return [], None
    missing = np.isnan(chunk.rows)
    new = np.ones(len(chunk.rows), dtype=bool)
    new[1:] = noise.numbers[1:] != noise.numbers[:-1]
    if missing.any():
        new[1:] |= (missing[1:] != missing[:-1]).any(axis=1)
    starts = np.flatnonzero(new)
    stops = np.append(starts[1:], len(new))
    large = np.flatnonzero(stops - starts >= MANY).tolist()
    if not large:
        return [], None
    groups = [
        Group(slice(starts[g], stops[g]), ~missing[starts[g]], noise.covariances[noise.numbers[starts[g]]])
        for g in large
    ]
    rest = np.ones(len(new), dtype=bool)
    for group in groups:
        rest[group.rows] = False
    return groups, rest


@dataclass(frozen=True, slots=True, eq=False)
class Smoothing:
    """The density of a group's rows, and what they tell of the true values.

    Attributes
    ----------
    density : PatternDensity
        Of rows whose missing values are replaced by the shift.
    means : ndarray of shape (k, d)
        Of the components.
    slopes : ndarray of shape (k, d, d) or (k, d)
        The expected deviations of the true value from a component's mean are these matrices, or diagonals, times those
        of the row.
    rest : ndarray of shape (k, d, d) or (k, d)
        Covariances of the true value given the row.
    """

    density: PatternDensity
    means: Array
    slopes: Array
    rest: Array

    @classmethod
    def of(cls, affine: Affine, seen: NDArray[np.bool_], covariance: Array) -> Smoothing:
        """That of rows with the columns ``seen``, (d,), and errors of this covariance, (d, d) or (d,)."""
        true = _true_values(affine)
        apart = true.is_diagonal and covariance.ndim == 1
        factors, logdet, slopes, rest = (_of_diagonals if apart else _of_matrices)(true, seen, covariance)
        constants = true.log_weights - 0.5 * (logdet + LOG_TWO_PI * seen.sum())
        return cls(_pattern_density(affine, true, seen, factors, constants), true.means, slopes, rest)

    def stats(self, found: Stats) -> Stats:
        """Statistics of the true values from those of the rows; those of a noise component are of no use."""
        k, d = self.means.shape
        mean, scatter, slopes, rest = found.mean.copy(), found.scatter.copy(), self.slopes, self.rest
        if scatter.ndim == 3 and slopes.ndim == 2:
            slopes, rest = (each[:, :, None] * np.eye(d) for each in (slopes, rest))
        if slopes.ndim == 2:
            mean[:k] = self.means + slopes * (mean[:k] - self.means)
            scatter[:k] = slopes * scatter[:k] * slopes + found.weight[:k, None] * rest
        else:
            mean[:k] = self.means + np.einsum("kij,kj->ki", slopes, mean[:k] - self.means)
            scatter[:k] = slopes @ scatter[:k] @ slopes.swapaxes(1, 2) + found.weight[:k, None, None] * rest
        return replace(found, mean=mean, scatter=scatter)


def _of_diagonals(true: TrueValues, seen: NDArray[np.bool_], covariance: Array) -> tuple[Array, Array, Array, Array]:
    """Whitening factors, log-determinants, slopes and rests, where all covariances are diagonal."""
    total = np.where(seen, true.covariances + covariance, 1.0)
    slopes = np.where(seen, true.covariances / total, 0.0)
    factors = np.where(seen, 1 / np.sqrt(total), 0.0)
    return factors, np.log(total).sum(axis=1), slopes, true.covariances * (1 - slopes)


def _of_matrices(true: TrueValues, seen: NDArray[np.bool_], covariance: Array) -> tuple[Array, Array, Array, Array]:
    """Whitening factors, log-determinants, slopes and rests."""
    own = np.diag(covariance) if covariance.ndim == 1 else covariance
    covariances, pairs = true.dense().covariances, seen[:, None] & seen
    lower = np.linalg.cholesky(np.where(pairs, covariances + own, np.eye(len(own))))
    factors = np.where(pairs, np.linalg.inv(lower).swapaxes(1, 2), 0.0)
    logdet = 2 * np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
    slopes = covariances @ (factors @ factors.swapaxes(1, 2))
    return factors, logdet, slopes, covariances - slopes @ covariances


def _pattern_density(
    affine: Affine, true: TrueValues, seen: NDArray[np.bool_], factors: Array, constants: Array
) -> PatternDensity:
    """The density of rows under whitening factors of their own; a noise component is the last."""
    more = len(true.uniform)
    centres = np.where(seen, affine.means - affine.shift, 0.0)
    factors = np.concatenate([factors, np.zeros((more, *factors.shape[1:]))])
    marginal = replace(
        affine,
        form="diagonal" if factors.ndim == 2 else "dense",
        constants=np.append(constants, true.uniform_log_density(seen[None])[0]),
        factors=factors,
        offsets=centres * factors if factors.ndim == 2 else (centres[:, None, :] @ factors)[:, 0],
        means=affine.shift + centres,
        variances=np.broadcast_to(affine.variances, affine.means.shape),
    )
    return PatternDensity(marginal, len(seen))
