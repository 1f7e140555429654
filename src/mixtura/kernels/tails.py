"""Multivariate t components: their log-density and the scales that they expect of rows, from squared distances."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mixtura._support import Array, LazyModule
from mixtura.stats import ScaleSums

special = LazyModule("scipy.special")

# From this value on, the logarithm of a ratio of gamma functions is summed as a series: see `log_half_step`.
SERIES_FROM = 50.0


@dataclass(frozen=True, eq=False)
class Tails:
    """Degrees of freedom of k multivariate t components; infinite ones are of Gaussian components, or of noise.

    Attributes
    ----------
    degrees_of_freedom : ndarray of shape (k,)
    n_columns : int
        Number of columns of the density, without those that are missing.

    Examples
    --------
    >>> tails = Tails(np.array([4.0, np.inf]), 1)
    >>> tails.precisions(np.array([[1.0, 21.0], [1.0, 21.0]])).round(12).tolist()
    [[1.0, 0.2], [1.0, 1.0]]
    """

    degrees_of_freedom: Array
    n_columns: int

    def component(self, j: int) -> Tails:
        """Those of component j alone."""
        return replace(self, degrees_of_freedom=self.degrees_of_freedom[j : j + 1])

    def in_columns(self, count: int) -> Tails:
        """The same degrees of freedom for the marginal density of so many columns."""
        return replace(self, n_columns=count)

    @cached_property
    def inverse(self) -> Array:
        """One over the degrees of freedom, (k,)."""
        return 1.0 / self.degrees_of_freedom

    @cached_property
    def half(self) -> Array:
        """Half of degrees of freedom plus number of columns, (k,); 0 where they are infinite."""
        finite = np.isfinite(self.degrees_of_freedom)
        return np.where(finite, 0.5 * (self.degrees_of_freedom + self.n_columns), 0.0)

    @cached_property
    def constants(self) -> Array:
        """By how much the log-density at the mean exceeds that of a Gaussian with the same matrix, (k,)."""
        return log_gamma_ratio(0.5 * self.degrees_of_freedom, self.n_columns)

    def add_log_densities(self, joint: Array, distance: Array) -> Array:
        """Add to ``joint``, (k, n), what a log-density depends on squared distances (k, n); their logarithms, (k, n).

        These are log(1 + distance / degrees of freedom).
        """
        logs = np.log1p(distance * self.inverse[:, None])
        joint += self.constants[:, None] - self.half[:, None] * logs
        gaussian = np.isinf(self.degrees_of_freedom)
        if gaussian.any():
            joint[gaussian] -= 0.5 * distance[gaussian]
        return logs

    def precisions(self, distance: Array) -> Array:
        """What is expected of the scale u of rows at squared distances (k, n): (nu + d) / (nu + distance)."""
        return (1.0 + self.n_columns * self.inverse)[:, None] / (1.0 + distance * self.inverse[:, None])

    @cached_property
    def log_precision_terms(self) -> Array:
        """What is added to -log(1 + distance / nu) for the expectation of log u, (k,); 0 for Gaussian components."""
        half, found = self.half, np.zeros_like(self.inverse)
        finite = half > 0
        found[finite] = special.digamma(half[finite]) - np.log(half[finite])
        return found + np.log1p(self.n_columns * self.inverse)

    def scale_sums(self, weight: Array, scale_weight: Array, logs: Array) -> ScaleSums:
        """The sums of the scales from those of r, of r x the scales, and of r x log(1 + distance / nu), (k,) each.

        The r are responsibilities, multiplied by the sample weights.
        """
        return ScaleSums(scale_weight, (1.0 + self.log_precision_terms) * weight - logs - scale_weight)


def log_gamma_ratio(a: Array, d: int) -> Array:
    """Log of gamma(a + d / 2) / (gamma(a) a^(d / 2)), to machine precision also for large ``a``, where it goes to 0.

    Examples
    --------
    >>> log_gamma_ratio(np.array([0.5, 1e9, np.inf]), 2).round(12).tolist()
    [0.0, 0.0, 0.0]
    """
    odd = d % 2
    steps = np.arange(d // 2) + 0.5 * odd
    with np.errstate(invalid="ignore"):
        found = np.log1p(steps / np.asarray(a)[..., None]).sum(axis=-1)
    return found + log_half_step(a) if odd else found


def log_half_step(a: Array) -> Array:
    """Log of gamma(a + 1/2) / (gamma(a) sqrt(a)), by Stirling's series where ``a`` is large."""
    large = a >= SERIES_FROM
    inverse = 1.0 / np.where(large, a, SERIES_FROM)
    series = inverse * (-1 / 8 + inverse**2 * (1 / 192 + inverse**2 * (-1 / 640 + inverse**2 * (17 / 14336))))
    small = np.where(large, SERIES_FROM, a)
    exact = special.gammaln(small + 0.5) - special.gammaln(small) - 0.5 * np.log(small)
    return np.where(large, series, exact)
