"""Unconstrained coordinates around a mixture, scaled so that EM's step is the gradient of the mean log-likelihood."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mixtura._support import TINY, Array, LazyModule
from mixtura.mixture import Mixture

special = LazyModule("scipy.special")

# Degrees of freedom beyond which the information of their logarithm, of one row, is computed as at this value: 1/2.
LARGE = 1e4

# With n rows, no more than about 1 / MANY nats are gained beyond MANY n degrees of freedom.
MANY = 300.0

# Least and largest rise of degrees of freedom at once: to a 22,000th, and tenfold.
LOWEST, HIGHEST = -10.0, 0.9


@dataclass(frozen=True, slots=True, eq=False)
class FisherCoordinates:
    """Coordinates around a mixture: log-weights, whitened means, log-Cholesky factors and inverse degrees of freedom.

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
            [
                np.ones(len(self.origin.all_weights) + self.origin.means.size, bool),
                np.tile(own, stored),
                np.isfinite(self.degrees_of_freedom),
            ]
        )

    def moving(self, step: Array, weight: Array) -> NDArray[np.bool_]:
        """The free coordinates, (p,), without degrees of freedom whose move can change next to nothing.

        A ``step`` of EM leaves them as they are, fixed or at an end of their range, or raises them where they are many
        already for the ``weight``, (k,), of their component.
        """
        free, own = self.free, len(self.degrees_of_freedom)
        if own:
            raised = step[len(step) - own :]
            many = self.degrees_of_freedom > MANY * weight
            free[len(free) - own :] &= (raised != 0) & ~(many & (raised > 0))
        return free

    @property
    def degrees_of_freedom(self) -> Array:
        """Degrees of freedom of the t components, (k,), or of none, (0,)."""
        return np.empty(0) if self.origin.degrees_of_freedom is None else self.origin.degrees_of_freedom

    @property
    def tail_roots(self) -> Array:
        """Roots of the complete data's information of relative changes of degrees of freedom, (k,) or (0,)."""
        if not len(self.degrees_of_freedom):
            return self.degrees_of_freedom
        nu = np.minimum(self.degrees_of_freedom, LARGE)
        weights = self.origin.weights[: len(nu)]
        return np.sqrt(np.maximum(weights, TINY) * nu * (nu * special.zeta(2, nu / 2) / 4 - 0.5))

    def of(self, other: Mixture) -> Array:
        """Coordinates of a mixture with as many components and covariances of the same class."""
        origin = self.origin
        delta = other.means - origin.means
        means = [origin.covariances.whiten(j, delta[j : j + 1])[0] for j in range(len(delta))]
        factors = origin.covariances.log_coordinates(other.covariances)
        root = np.sqrt(origin.all_weights)
        logs = np.log(np.maximum(other.all_weights, TINY)) - np.log(np.maximum(origin.all_weights, TINY))
        white = root[: len(means), None] * means
        tails = self.tail_roots * self._rises(other)
        return np.concatenate([root * logs, white.ravel(), (self._matrix_roots(factors) * factors).ravel(), tails])

    def _rises(self, other: Mixture) -> Array:
        """Rises of degrees of freedom from the origin, (k,) or (0,); 0 where infinite.

        A rise is the part of itself by which the inverse falls, since the log-likelihood is nearly quadratic in the
        inverse near 0, where components are Gaussian. A fall is the logarithm of the quotient.
        """
        nu = self.degrees_of_freedom
        if not len(nu) or other.degrees_of_freedom is None:
            return np.zeros(len(nu))
        finite = np.isfinite(nu) & np.isfinite(other.degrees_of_freedom)
        quotient = np.divide(nu, other.degrees_of_freedom, out=np.ones(len(nu)), where=finite)
        return np.where(quotient < 1, 1.0 - quotient, -np.log(quotient))

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
        factors = point[s + k * d :][: zero.size].reshape(zero.shape) / self._matrix_roots(zero)
        covariances = origin.covariances.from_log_coordinates(factors)
        noise = origin.noise.with_weight(weights[-1]) if origin.noise else None
        parts = {"weights": weights[:k], "means": means, "covariances": covariances, "noise": noise}
        if origin.degrees_of_freedom is not None:
            rises = np.clip(point[s + k * d + zero.size :] / self.tail_roots, LOWEST, HIGHEST)
            factors = np.where(rises > 0, 1.0 / (1.0 - np.maximum(rises, 0.0)), np.exp(rises))
            parts["degrees_of_freedom"] = origin.degrees_of_freedom * factors
        return replace(origin, **parts)

    def _matrix_roots(self, factors: Array) -> Array:
        """Root of the fraction of rows that each stored matrix belongs to: its component's weight, or 1 if shared."""
        own = len(factors) == self.origin.n_components
        root = np.sqrt(np.maximum(self.origin.weights, TINY)) if own else np.ones(1)
        return root.reshape((-1,) + (1,) * (factors.ndim - 1))
