"""Unconstrained coordinates around a mixture, scaled so that EM's step is the gradient of the mean log-likelihood."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mixtura._support import TINY, Array
from mixtura.mixture import Mixture


@dataclass(frozen=True, slots=True, eq=False)
class FisherCoordinates:
    """Coordinates around a mixture: log-weights, whitened means and log-Cholesky factors.

    Near the origin, squared distances are those of the complete data's Fisher information for one row. In this metric
    EM's step is the gradient of the mean log-likelihood per row, and its rate matrix is symmetric, as methods assume
    that choose a step length. Coordinates do not depend on the columns' units. Every point is a mixture.

    Attributes
    ----------
    origin : Mixture
        The mixture whose coordinates are all zero.

    Examples
    --------
    >>> from mixtura import DenseCovariance
    >>> a = Mixture([0.5, 0.5], [[0.0], [4.0]], DenseCovariance(np.ones((2, 1, 1)), 2))
    >>> b = Mixture([0.5, 0.5], [[0.0], [3.0]], DenseCovariance(np.ones((2, 1, 1)), 2))
    >>> coordinates = FisherCoordinates(a)
    >>> coordinates.at(2 * coordinates.of(b)).means.round(12).tolist()
    [[0.0], [2.0]]
    """

    origin: Mixture

    @property
    def free(self) -> NDArray[np.bool_]:
        """Which coordinates are not always zero, (p,)."""
        own = self.origin.covariances.free_log_coordinates.ravel()
        stored = len(self.origin.covariances.log_coordinates(self.origin.covariances))
        return np.concatenate(
            [np.ones(len(self.origin.all_weights) + self.origin.means.size, bool), np.tile(own, stored)]
        )

    def of(self, other: Mixture) -> Array:
        """Coordinates of a mixture with as many components and covariances of the same class."""
        origin = self.origin
        delta = other.means - origin.means
        means = [origin.covariances.whiten(j, delta[j : j + 1])[0] for j in range(len(delta))]
        factors = origin.covariances.log_coordinates(other.covariances)
        root = np.sqrt(origin.all_weights)
        logs = np.log(np.maximum(other.all_weights, TINY)) - np.log(np.maximum(origin.all_weights, TINY))
        white = root[: len(means), None] * means
        return np.concatenate([root * logs, white.ravel(), (self._matrix_roots(factors) * factors).ravel()])

    def at(self, point: Array) -> Mixture:
        """The mixture with these coordinates."""
        origin = self.origin
        (k, d), s = origin.means.shape, len(origin.all_weights)
        root = np.sqrt(np.maximum(origin.all_weights, TINY))
        weights = np.maximum(origin.all_weights, TINY) * np.exp(point[:s] / root)
        weights /= weights.sum()
        delta = point[s : s + k * d].reshape(k, d) / root[:k, None]
        means = origin.means + [origin.covariances.colour(j, delta[j : j + 1])[0] for j in range(k)]
        zero = origin.covariances.log_coordinates(origin.covariances)
        factors = point[s + k * d :].reshape(zero.shape) / self._matrix_roots(zero)
        covariances = origin.covariances.from_log_coordinates(factors)
        noise = origin.noise.with_weight(weights[-1]) if origin.noise else None
        return replace(origin, weights=weights[:k], means=means, covariances=covariances, noise=noise)

    def _matrix_roots(self, factors: Array) -> Array:
        """Root of the fraction of rows that each stored matrix belongs to: its component's weight, or 1 if shared."""
        own = len(factors) == self.origin.n_components
        root = np.sqrt(np.maximum(self.origin.weights, TINY)) if own else np.ones(1)
        return root.reshape((-1,) + (1,) * (factors.ndim - 1))
