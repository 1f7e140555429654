"""What a mixture says of rows outside of a box: those that were never recorded, or were counted there alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array
from mixtura.data import Window
from mixtura.errors import ParameterError
from mixtura.kernels.affine import Affine, Density
from mixtura.kernels.conditionals import Conditionals
from mixtura.kernels.truncated_normal import MOST_COLUMNS, BoxMoments, box_moments, interval_moments
from mixtura.stats import ScatterKind, Stats, as_scatter

# A component with less than this outside of the box counts as if nothing were.
LEAST_OUTSIDE = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Unseen:
    """Rows outside of a box under each of k components.

    Attributes
    ----------
    log_weights, log_inside, log_outside : ndarray of shape (k,)
        Logarithms of the weights, and of the probabilities of the box and of the rest.
    mean : ndarray of shape (k, d)
        Means outside of the box.
    covariance : ndarray of shape (k, d, d)
        Covariances there.
    """

    log_weights: Array
    log_inside: Array
    log_outside: Array
    mean: Array
    covariance: Array

    @staticmethod
    def beyond(density: Density, window: Window) -> Unseen:
        """Those beyond the limits of recording."""
        return _beyond(density.affine, window)

    @classmethod
    def outside(cls, affine: Affine, low: Array, high: Array) -> Self:
        """Those outside of a box with these ends, (d,)."""
        columns = np.flatnonzero(np.isfinite(low) | np.isfinite(high))
        covariances = Conditionals.of(affine, np.zeros((1, len(low)), dtype=bool)).rest[0]
        if affine.form == "diagonal":
            covariances = covariances[:, :, None] * np.eye(len(low))
        own = covariances[:, columns[:, None], columns]
        found = _inside(affine, own, columns, low, high)
        outside = -np.expm1(found.log_probability)
        some = outside > LEAST_OUTSIDE
        inside, rest = np.exp(found.log_probability) * some, np.where(some, outside, 1.0)
        moved = found.mean - affine.means[:, columns]
        deviation = -(inside / rest)[:, None] * moved
        second = own - inside[:, None, None] * (found.covariance + moved[:, :, None] * moved[:, None, :])
        second = second / np.where(some, outside, 1.0)[:, None, None]
        slopes = np.linalg.solve(own, covariances[:, columns]).swapaxes(1, 2)
        less = second - deviation[:, :, None] * deviation[:, None, :] - own
        with np.errstate(divide="ignore"):
            log_outside = np.log(np.where(some, outside, 0.0))
        return cls(
            _log_weights(affine),
            found.log_probability,
            log_outside,
            affine.means + np.einsum("kdu,ku->kd", slopes, deviation),
            covariances + slopes @ less @ slopes.swapaxes(1, 2),
        )

    @property
    def log_seen(self) -> float:
        """Log-probability of the box under the mixture."""
        return float(np.logaddexp.reduce(self.log_weights + self.log_inside))

    def weights(self, seen: float) -> Array:
        """Expected number of rows outside, of each component, (k,), where so many were seen within."""
        return np.asarray(seen * np.exp(self.log_weights + self.log_outside - self.log_seen))

    def stats(self, seen: float, scatter_kind: ScatterKind) -> Stats:
        """Statistics of the rows outside, and the log-likelihood of having seen so many, and no others."""
        weight = self.weights(seen)
        own = np.diagonal(self.covariance, axis1=1, axis2=2) if scatter_kind == "diagonal" else self.covariance
        return Stats(weight, self.mean, as_scatter(weight, own, scatter_kind), -seen * self.log_seen, 0.0)


@lru_cache(maxsize=8)
def _beyond(affine: Affine, window: Window) -> Unseen:
    """Those beyond a window, which all chunks of a pass have in common."""
    return Unseen.outside(affine, window.low, window.high)


def _log_weights(affine: Affine) -> Array:
    """Logarithms of the components' weights, (k,)."""
    diagonals = affine.factors if affine.form == "diagonal" else np.diagonal(affine.factors, axis1=1, axis2=2)
    return np.asarray(
        affine.constants - np.log(diagonals).sum(axis=1) + 0.5 * affine.means.shape[1] * math.log(2 * math.pi)
    )


def _inside(affine: Affine, covariances: Array, columns: NDArray[np.intp], low: Array, high: Array) -> BoxMoments:
    """What each component expects within a box in some columns, of covariances (k, u, u)."""
    k, u = len(affine.means), len(columns)
    ends = [np.broadcast_to(each[columns], (k, u)) for each in (low, high)]
    mean = affine.means[:, columns]
    if affine.form == "diagonal":
        scale = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
        lower, upper = ((each - mean) / scale for each in ends)
        logs, middle, variance = interval_moments(lower, upper)
        return BoxMoments(logs.sum(axis=1), mean + scale * middle, (scale**2 * variance)[:, :, None] * np.eye(u))
    if u > MOST_COLUMNS:
        raise ParameterError(
            f"limits: {u} columns have limits; with full covariances at most {MOST_COLUMNS} are possible: take a model "
            "with diagonal covariances, such as VVI"
        )
    return box_moments(mean, covariances, *ends, fine=True)
