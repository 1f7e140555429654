"""Mixtures of one kind as points of a flat space, as seen from one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mixtura._support import Array
from mixtura.mixture import Mixture

_TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True, slots=True, eq=False)
class FisherCoordinates:
    """Coordinates around a mixture: log-weights, whitened means and log-Cholesky factors.

    Near the origin the square of a distance is the complete data's Fisher information, in whose metric EM climbs
    the log-likelihood by steepest ascent: its rate matrix is symmetric there, and so step lengths make sense that
    are made for symmetric matrices. Coordinates do not depend on the columns' units. Every point is a mixture.

    Attributes
    ----------
    origin : Mixture

    Examples
    --------
    >>> from mixtura import DenseCovariance
    >>> a = Mixture([0.5, 0.5], [[0.0], [4.0]], DenseCovariance(np.ones((2, 1, 1)), 2))
    >>> b = Mixture([0.5, 0.5], [[0.0], [3.0]], DenseCovariance(np.ones((2, 1, 1)), 2))
    >>> chart = FisherCoordinates(a)
    >>> chart.at(2 * chart.of(b)).means.round(12).tolist()
    [[0.0], [2.0]]
    """

    origin: Mixture

    def of(self, other: Mixture) -> Array:
        """Coordinates of a mixture with as many components and covariances of the same kind."""
        mine = self.origin
        delta = other.means - mine.means
        means = [mine.covariances.whiten(j, delta[j : j + 1])[0] for j in range(len(delta))]
        way = mine.covariances.log_coordinates(other.covariances)
        root = np.sqrt(mine.all_weights)
        logs = np.log(np.maximum(other.all_weights, _TINY)) - np.log(np.maximum(mine.all_weights, _TINY))
        share = self._share(way)
        white = root[: len(means), None] * means
        return np.concatenate([root * logs, white.ravel(), (share * way).ravel()])

    def at(self, point: Array) -> Mixture:
        """The mixture at a point."""
        mine = self.origin
        (k, d), s = mine.means.shape, len(mine.all_weights)
        root = np.sqrt(np.maximum(mine.all_weights, _TINY))
        raw = np.maximum(mine.all_weights, _TINY) * np.exp(point[:s] / root)
        raw /= raw.sum()
        delta = point[s : s + k * d].reshape(k, d) / root[:k, None]
        means = mine.means + [mine.covariances.colour(j, delta[j : j + 1])[0] for j in range(k)]
        way = mine.covariances.log_coordinates(mine.covariances)
        covariances = mine.covariances.from_log_coordinates(point[s + k * d :].reshape(way.shape) / self._share(way))
        noise = mine.noise.weighted(raw[-1]) if mine.noise else None
        return replace(mine, weights=raw[:k], means=means, covariances=covariances, noise=noise)

    def _share(self, way: Array) -> Array:
        """Root of the share of rows that tell of each stored matrix: its component's weight, or 1 if all share it."""
        own = len(way) == self.origin.n_components
        root = np.sqrt(np.maximum(self.origin.weights, _TINY)) if own else np.ones(1)
        return root.reshape((-1,) + (1,) * (way.ndim - 1))
