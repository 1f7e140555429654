"""How degrees of freedom of t components are estimated: of each, one for all, or not at all.

The M-step's equation for the degrees of freedom nu is log(nu / 2) + 1 - digamma(nu / 2) + mean(E log u - E u) = 0, with
the scales u of the rows (Liu & Rubin 1995, Statistica Sinica 5, 19-39; Peel & McLachlan 2000, Stat. Comput. 10,
339-348).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from mixtura._support import Array, LazyModule, as_real, shortened
from mixtura.errors import ParameterError
from mixtura.stats import Stats

special = LazyModule("scipy.special")

# Estimates are kept in this range: below, the density at the mean has no bound that the data knows; above, no data set
# tells a t distribution from a Gaussian one.
LEAST, MOST = 0.5, 1e6

# Degrees of freedom with which EM starts where the start has none.
INITIAL = 50.0

# The start of Newton's method is within two per cent of the root, and each iteration doubles the number of digits.
NEWTON_ITERATIONS = 4


class TailModel(Protocol):
    """How the M-step estimates the degrees of freedom."""

    @property
    def in_kernel(self) -> bool:
        """Whether a kernel's own EM iterations have components with such tails."""

    def __call__(self, stats: Stats, previous: Array | None) -> Array | None:
        """The degrees of freedom of highest expected log-likelihood, (k,); None of Gaussian components.

        ``previous`` are those of the last iteration, if there was one.
        """

    def admit(self, given: Array | None, k: int) -> Array | None:
        """The nearest degrees of freedom that the M-step could give, (k,); None of Gaussian components."""

    def n_parameters(self, k: int) -> int:
        """Number of estimated degrees of freedom of k components."""


@dataclass(frozen=True, slots=True)
class NormalTails:
    """Gaussian components, which have no degrees of freedom.

    Examples
    --------
    >>> NormalTails().n_parameters(3)
    0
    """

    in_kernel: ClassVar[bool] = True

    def __call__(self, stats: Stats, previous: Array | None) -> None:
        return None

    def admit(self, given: Array | None, k: int) -> None:
        """None."""

    def n_parameters(self, k: int) -> int:
        """Number of degrees of freedom, 0."""
        return 0


NORMAL_TAILS = NormalTails()


@dataclass(frozen=True, slots=True)
class FreeDegreesOfFreedom:
    """The degrees of freedom of each component are estimated.

    Examples
    --------
    >>> FreeDegreesOfFreedom().n_parameters(3)
    3
    """

    in_kernel: ClassVar[bool] = False

    def __call__(self, stats: Stats, previous: Array | None) -> Array:
        k = len(stats.weight)
        if stats.scales is None:
            return self.admit(previous, k)
        return solve_degrees_of_freedom(stats.scales.log_excess, stats.weight, self.admit(previous, k))

    def admit(self, given: Array | None, k: int) -> Array:
        """The given ones, in the range of estimates, (k,); those with which EM starts where none are given."""
        return np.full(k, INITIAL) if given is None else np.clip(given, LEAST, MOST)

    def n_parameters(self, k: int) -> int:
        """Number of degrees of freedom, k."""
        return k


@dataclass(frozen=True, slots=True)
class SharedDegreesOfFreedom:
    """All components have the same degrees of freedom, which are estimated.

    Examples
    --------
    >>> SharedDegreesOfFreedom().admit(np.array([4.0, 9.0]), 2).round(12).tolist()
    [6.0, 6.0]
    """

    in_kernel: ClassVar[bool] = False

    def __call__(self, stats: Stats, previous: Array | None) -> Array:
        k = len(stats.weight)
        before = self.admit(previous, k)
        if stats.scales is None:
            return before
        sums = (stats.scales.log_excess.sum(keepdims=True), stats.weight.sum(keepdims=True))
        return np.repeat(solve_degrees_of_freedom(*sums, before[:1]), k)

    def admit(self, given: Array | None, k: int) -> Array:
        """The geometric mean of the given ones, in the range of estimates, for all components, (k,)."""
        if given is None:
            return np.full(k, INITIAL)
        return np.full(k, np.exp(np.log(np.clip(given, LEAST, MOST)).mean()))

    def n_parameters(self, k: int) -> int:
        """Number of degrees of freedom, 1."""
        return 1


@dataclass(frozen=True, slots=True)
class FixedDegreesOfFreedom:
    """All components have given degrees of freedom.

    Attributes
    ----------
    value : float

    Examples
    --------
    >>> FixedDegreesOfFreedom(4.0).admit(None, 2).tolist()
    [4.0, 4.0]
    """

    value: float

    in_kernel: ClassVar[bool] = False

    def __call__(self, stats: Stats, previous: Array | None) -> Array:
        return np.full(len(stats.weight), self.value)

    def admit(self, given: Array | None, k: int) -> Array:
        """The value for all components, (k,)."""
        return np.full(k, self.value)

    def n_parameters(self, k: int) -> int:
        """Number of estimated degrees of freedom, 0."""
        return 0


def solve_degrees_of_freedom(log_excess: Array, weight: Array, empty: Array) -> Array:
    """Degrees of freedom nu, (k,), at which log(nu / 2) - digamma(nu / 2) is minus the mean of E log u - E u + 1.

    ``log_excess`` and ``weight``, (k,), are the sums of which the mean is one quotient; ``empty``, (k,), are for
    components without weight. The left side falls from infinity to zero, so clipping the root to the range of estimates
    gives the maximum there.

    Examples
    --------
    >>> x = np.array([2.0, 150.0])
    >>> excess = special.digamma(x) - np.log(x)
    >>> solve_degrees_of_freedom(excess, np.ones(2), np.ones(2)).round(6).tolist()
    [4.0, 300.0]
    """
    positive = weight > 0
    mean = np.divide(-log_excess, weight, out=np.ones_like(weight), where=positive)
    wanted = np.maximum(mean, 0.25 / MOST)
    # The approximate root of Minka (2002), Estimating a gamma distribution.
    log_x = np.log((3 - wanted + np.sqrt((wanted - 3) ** 2 + 24 * wanted)) / (12 * wanted))
    for _ in range(NEWTON_ITERATIONS):
        x = np.exp(log_x)
        value = log_x - special.digamma(x) - wanted
        slope = 1 - x * special.zeta(2, x)  # the trigamma function
        log_x = log_x - value / slope
    return np.where(positive, np.clip(2 * np.exp(log_x), LEAST, MOST), empty)


TAILS: dict[str, TailModel] = {
    "normal": NORMAL_TAILS,
    "t": FreeDegreesOfFreedom(),
    "t-shared": SharedDegreesOfFreedom(),
}


def as_tails(tails: Any) -> str | float:
    """Check the argument ``tails``: "normal", "t", "t-shared", or degrees of freedom; infinite ones are "normal".

    Examples
    --------
    >>> as_tails("t"), as_tails(4), as_tails(np.inf)
    ('t', 4.0, 'normal')
    >>> as_tails("heavy")
    Traceback (most recent call last):
    mixtura.errors.ParameterError: tails is 'heavy'; expected 'normal', 't', 't-shared', or degrees of freedom above 0
    """
    if isinstance(tails, str) and tails in TAILS:
        return tails
    value = as_real(tails)
    if isinstance(tails, bool | np.bool_) or not value > 0:
        names = ", ".join(map(repr, TAILS))
        raise ParameterError(f"tails is {shortened(tails)}; expected {names}, or degrees of freedom above 0")
    return "normal" if np.isinf(value) else value


def tail_model(tails: str | float) -> TailModel:
    """The way to estimate degrees of freedom that a checked argument ``tails`` stands for."""
    return TAILS[tails] if isinstance(tails, str) else FixedDegreesOfFreedom(tails)
