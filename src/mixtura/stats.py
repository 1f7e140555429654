"""Sufficient statistics of a Gaussian mixture: what an E-step sums over rows, and all that an M-step needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np

from mixtura._support import TINY, Array, Index

ScatterKind: TypeAlias = Literal["full", "pooled", "diagonal"]

# For each kind of scatter: how it is computed from weights (k,) and covariances.
_SCATTER_OF: dict[ScatterKind, Callable[[Array, Array], Array]] = {
    "full": lambda weight, matrices: weight[:, None, None] * matrices,
    "pooled": lambda weight, matrices: np.tensordot(weight, matrices, 1)[None],
    "diagonal": lambda weight, variances: weight[:, None] * variances,
}


def as_scatter(weight: Array, covariances: Array, scatter_kind: ScatterKind) -> Array:
    """Scatter, weight times covariance, of k components with given weights (k,) and covariances.

    Covariances are (k, d, d), or (k, d) where they are diagonal; ``"pooled"`` scatter is the sum over components,
    (1, d, d).

    Examples
    --------
    >>> as_scatter(np.array([1.0, 2.0]), np.ones((2, 1, 1)), "pooled").tolist()
    [[[3.0]]]
    """
    return _SCATTER_OF[scatter_kind](weight, covariances)


def outer(weight: Array, vectors: Array, scatter_kind: ScatterKind) -> Array:
    """Weighted outer products w_j v_j v_j' of k vectors (k, d): (k, d, d), their sum (1, d, d), or diagonals (k, d).

    Examples
    --------
    >>> one, row = np.ones(1), np.array([[1.0, 2.0]])
    >>> outer(one, row, "full").tolist(), outer(one, row, "diagonal").tolist()
    ([[[1.0, 2.0], [2.0, 4.0]]], [[1.0, 4.0]])
    """
    if scatter_kind == "pooled":
        scaled = np.sqrt(weight)[:, None] * vectors
        return (scaled.T @ scaled)[None]
    return as_scatter(
        weight, vectors**2 if scatter_kind == "diagonal" else vectors[:, :, None] * vectors[:, None, :], scatter_kind
    )


@dataclass(frozen=True, slots=True, eq=False)
class ScaleSums:
    """Sums over rows of what t components say of each row's scale: its covariance is that of the component over u.

    An E-step knows only what to expect of u and of log u (Liu & Rubin 1995, Statistica Sinica 5, 19-39).

    Attributes
    ----------
    weight : ndarray of shape (k,)
        Sum of sample weight x responsibility x E u: the weight with which rows count in means and scatter.
    log_excess : ndarray of shape (k,)
        Sum of sample weight x responsibility x (E log u - E u + 1), from which degrees of freedom are estimated; it is
        not positive, and 0 where u is 1 for all rows, as in Gaussian components.

    Examples
    --------
    >>> (ScaleSums(np.ones(1), np.zeros(1)) + ScaleSums(np.array([0.5]), np.array([-0.25]))).weight.tolist()
    [1.5]
    """

    weight: Array
    log_excess: Array

    def __add__(self, other: ScaleSums) -> ScaleSums:
        return ScaleSums(self.weight + other.weight, self.log_excess + other.log_excess)

    def __mul__(self, number: float) -> ScaleSums:
        return ScaleSums(self.weight * number, self.log_excess * number)

    def select(self, components: Index | slice) -> ScaleSums:
        """The sums of some components (indices, a mask or a slice)."""
        return ScaleSums(self.weight[components], self.log_excess[components])


@dataclass(frozen=True, eq=False)
class Stats:
    """Sufficient statistics of rows under a mixture; ``+`` merges those of two sets of rows, ``*`` scales the weights.

    The scatter is about the mean, never a raw second moment, so no digits are lost when the data lies far
    from the origin. ``+`` is the parallel update of Chan, Golub & LeVeque (1979): associative and commutative
    up to rounding, with `Stats.empty` as its zero.

    Attributes
    ----------
    weight : ndarray of shape (k,)
        Sum over rows of sample weight x responsibility.
    mean : ndarray of shape (k, d)
        Weighted mean of the rows.
    scatter : ndarray of shape (k, d, d), (1, d, d) or (k, d)
        Weighted sum of outer products of the rows' deviations from that mean: a matrix for each component, the sum of
        these matrices, or the diagonal of each.
    loglik : float
        Weighted log-likelihood of the rows under the mixture of the E-step, in nats.
    assignment_logprob : float
        Weighted sum over rows of log max_j r_ij, with r_ij the responsibility of component j for row i: 0 when every
        row belongs to one component for certain, negative otherwise. The criterion ICL is computed from it.
    noise_weight : float
        Sum over rows of sample weight x responsibility of the noise component.
    drawn : ndarray of shape (k,), or None
        Sum of the responsibilities of what was drawn from the mixture, of which its weights are fractions, if that was
        not rows, but groups of rows.
    scales : ScaleSums or None
        Of t components, whose means and scatter have another weight; None where all components are Gaussian.

    Examples
    --------
    >>> one = Stats(np.ones(1), np.array([[0.0]]), np.zeros((1, 1)), -1.0, 0.0)
    >>> two = Stats(np.ones(1), np.array([[4.0]]), np.zeros((1, 1)), -2.0, 0.0)
    >>> both = one + two
    >>> both.mean.item(), both.scatter.item(), both.loglik
    (2.0, 8.0, -3.0)
    >>> (both * 0.5).weight.item()
    1.0
    """

    weight: Array
    mean: Array
    scatter: Array
    loglik: float
    assignment_logprob: float
    noise_weight: float = 0.0
    drawn: Array | None = None
    scales: ScaleSums | None = None

    @staticmethod
    def empty(k: int, d: int, scatter_kind: ScatterKind) -> Stats:
        """Statistics of no rows, the zero of ``+``, for k components in d dimensions."""
        shape = {"full": (k, d, d), "pooled": (1, d, d), "diagonal": (k, d)}[scatter_kind]
        return Stats(np.zeros(k), np.zeros((k, d)), np.zeros(shape), 0.0, 0.0)

    @property
    def scatter_kind(self) -> ScatterKind:
        """Kind of the scatter: ``"full"``, ``"pooled"`` or ``"diagonal"``; the one matrix of k = 1 counts as full."""
        if self.scatter.ndim == 2:
            return "diagonal"
        return "full" if len(self.scatter) == len(self.weight) else "pooled"

    @property
    def moment_weight(self) -> Array:
        """Weight with which rows count in mean and scatter, (k,): ``weight``, or for t components that of the scales.

        Examples
        --------
        >>> Stats(np.ones(1), np.zeros((1, 1)), np.ones((1, 1)), 0.0, 0.0).moment_weight.tolist()
        [1.0]
        """
        return self.weight if self.scales is None else self.scales.weight

    @cached_property
    def total(self) -> float:
        """Sum of all weights, that of noise included: the number of rows if each has weight 1."""
        return float(self.weight.sum()) + self.noise_weight

    @property
    def fractions(self) -> Array:
        """Fractions of what was drawn from the mixture that belong to each component, (k,), the rest to noise."""
        return self.weight / self.total if self.drawn is None else self.drawn / self.drawn.sum()

    def with_logs(self, loglik: float, assignment_logprob: float) -> Stats:
        """The statistics with another log-likelihood and ``assignment_logprob``."""
        return replace(self, loglik=loglik, assignment_logprob=assignment_logprob)

    def __add__(self, other: Stats) -> Stats:
        own, others = self.moment_weight, other.moment_weight
        both = own + others
        fraction = np.divide(others, both, out=np.zeros_like(both), where=both > 0)
        delta = other.mean - self.mean
        return Stats(
            self.weight + other.weight,
            self.mean + fraction[:, None] * delta,
            self.scatter + other.scatter + outer(own * fraction, delta, self.scatter_kind),
            self.loglik + other.loglik,
            self.assignment_logprob + other.assignment_logprob,
            self.noise_weight + other.noise_weight,
            _together(self, other),
            _added_scales(self, other),
        )

    def __mul__(self, number: float) -> Stats:
        return Stats(
            self.weight * number,
            self.mean,
            self.scatter * number,
            self.loglik * number,
            self.assignment_logprob * number,
            self.noise_weight * number,
            None if self.drawn is None else self.drawn * number,
            None if self.scales is None else self.scales * number,
        )

    __rmul__ = __mul__

    def select(self, components: Index) -> Stats:
        """Statistics of some components (indices or a mask); a pooled scatter is scaled by their share of the weight.

        The log-likelihood and the noise's weight stay those of all rows.
        """
        weight = self.weight[components]
        if self.scatter_kind == "pooled":
            scatter = self.scatter * (weight.sum() / max(self.weight.sum(), TINY))
        else:
            scatter = self.scatter[components]
        drawn = None if self.drawn is None else self.drawn[components]
        scales = None if self.scales is None else self.scales.select(components)
        return replace(self, weight=weight, mean=self.mean[components], scatter=scatter, drawn=drawn, scales=scales)

    def with_components(self, components: Index, own: Stats) -> Stats:
        """The statistics with those of some components replaced; a pooled scatter stays as it is.

        Those of t components are taken for Gaussian ones.
        """
        weight, mean, scatter = self.weight.copy(), self.mean.copy(), self.scatter.copy()
        weight[components], mean[components] = own.weight, own.mean
        if self.scatter_kind != "pooled":
            scatter[components] = own.scatter
        return replace(self, weight=weight, mean=mean, scatter=scatter, scales=None)

    def reduced(self, scatter_kind: ScatterKind) -> Stats:
        """The statistics with full scatter reduced to pooled or diagonal; scatter that is not full stays as it is.

        Examples
        --------
        >>> full = Stats(np.ones(2), np.zeros((2, 1)), np.ones((2, 1, 1)), 0.0, 0.0)
        >>> full.reduced("pooled").scatter.tolist(), full.reduced("diagonal").scatter.tolist()
        ([[[2.0]]], [[1.0], [1.0]])
        """
        if scatter_kind == self.scatter_kind or self.scatter_kind != "full":
            return self
        if scatter_kind == "pooled":
            return replace(self, scatter=self.scatter.sum(axis=0, keepdims=True))
        return replace(self, scatter=np.einsum("kii->ki", self.scatter))

    def without_noise(self, scatter_kind: ScatterKind) -> Stats:
        """The statistics without the last component, the noise, of which only the weight is kept.

        The scatter must not be pooled; it is summed over the other components if ``scatter_kind`` is ``"pooled"``.

        Examples
        --------
        >>> both = Stats(np.array([2.0, 3.0]), np.zeros((2, 1)), np.ones((2, 1, 1)), 0.0, 0.0)
        >>> both.without_noise("pooled").weight.tolist(), both.without_noise("pooled").noise_weight
        ([2.0], 3.0)
        """
        own = self.scatter[:-1]
        scatter = own.sum(axis=0)[None] if scatter_kind == "pooled" else own
        scales = None if self.scales is None else self.scales.select(slice(-1))
        sums = (self.loglik, self.assignment_logprob, float(self.weight[-1]))
        return Stats(self.weight[:-1], self.mean[:-1], scatter, *sums, scales=scales)


def _together(one: Stats, other: Stats) -> Array | None:
    """What was drawn of two sets of rows; rows that are in no group were drawn themselves."""
    if one.drawn is None and other.drawn is None:
        return None
    return (one.weight if one.drawn is None else one.drawn) + (other.weight if other.drawn is None else other.drawn)


def _added_scales(one: Stats, other: Stats) -> ScaleSums | None:
    """The scale sums of two sets of rows; rows of Gaussian components have scales of one."""
    if one.scales is None and other.scales is None:
        return None
    first, second = (each.scales or ScaleSums(each.weight, np.zeros_like(each.weight)) for each in (one, other))
    return first + second


def joined_scales(parts: list[ScaleSums | None]) -> ScaleSums | None:
    """The scale sums of all components from those of one after the other; None if they are Gaussian.

    Examples
    --------
    >>> joined_scales([ScaleSums(np.ones(1), -np.ones(1)), ScaleSums(np.zeros(1), np.zeros(1))]).weight.tolist()
    [1.0, 0.0]
    """
    found = [part for part in parts if part is not None]
    if not found:
        return None
    return ScaleSums(*(np.concatenate([getattr(one, name) for one in found]) for name in ("weight", "log_excess")))
