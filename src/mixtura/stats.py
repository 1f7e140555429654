"""The one value that EM adds up: what a pass over rows leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np

from mixtura._support import Array, Index

ScatterKind: TypeAlias = Literal["full", "pooled", "diagonal"]

# From weights (k,) and values that vary with the component to their weighted sum, where a scatter is that of all.
_POOLED: dict[ScatterKind, Callable[[Array, Array], Array]] = {
    "full": lambda weight, matrices: weight[:, None, None] * matrices,
    "pooled": lambda weight, matrices: np.tensordot(weight, matrices, 1)[None],
    "diagonal": lambda weight, variances: weight[:, None] * variances,
}


def as_scatter(weight: Array, covariances: Array, scatter_kind: ScatterKind) -> Array:
    """The scatter of components that have these weights (k,) and covariances, (k, d, d) or (k, d).

    Examples
    --------
    >>> as_scatter(np.array([1.0, 2.0]), np.ones((2, 1, 1)), "pooled").tolist()
    [[[3.0]]]
    """
    return _POOLED[scatter_kind](weight, covariances)


def outer(weight: Array, vectors: Array, scatter_kind: ScatterKind) -> Array:
    """Weighted outer products of k vectors, (k, d) -> (k, d, d), their sum, (1, d, d), or their diagonals, (k, d).

    Examples
    --------
    >>> one, row = np.ones(1), np.array([[1.0, 2.0]])
    >>> outer(one, row, "full").tolist(), outer(one, row, "diagonal").tolist()
    ([[[1.0, 2.0], [2.0, 4.0]]], [[1.0, 4.0]])
    """
    if scatter_kind == "pooled":
        halves = np.sqrt(weight)[:, None] * vectors
        return (halves.T @ halves)[None]
    return as_scatter(
        weight, vectors**2 if scatter_kind == "diagonal" else vectors[:, :, None] * vectors[:, None, :], scatter_kind
    )


@dataclass(frozen=True, eq=False)
class Stats:
    """Sufficient statistics of rows under a mixture; they merge with ``+`` and scale with ``*``.

    The scatter is centred on the mean, never a raw second moment, so nothing is lost when the data lies far
    from the origin. ``+`` is the parallel update of Chan, Golub & LeVeque (1979): associative and commutative
    up to rounding, with `Stats.empty` as its zero.

    Attributes
    ----------
    weight : ndarray of shape (k,)
        Sum over rows of sample weight x responsibility.
    mean : ndarray of shape (k, d)
        Weighted mean of the rows.
    scatter : ndarray of shape (k, d, d), (1, d, d) or (k, d)
        Weighted sum of outer products of deviations from that mean: of each component, pooled over all of them, or
        their diagonals alone.
    loglik : float
        Weighted log-likelihood of the rows under the mixture that produced this.
    certainty : float
        Weighted sum of log max_k r_k over rows: 0 when every row belongs to one component, negative otherwise.
        ICL needs it, and the E-step has it at hand.
    outside : float
        Sum over rows of sample weight x probability of noise.

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

    @staticmethod
    def empty(k: int, d: int, scatter_kind: ScatterKind) -> Stats:
        """The zero of ``+``: no rows at all."""
        shape = {"full": (k, d, d), "pooled": (1, d, d), "diagonal": (k, d)}[scatter_kind]
        return Stats(np.zeros(k), np.zeros((k, d)), np.zeros(shape), 0.0, 0.0)

    @property
    def scatter_kind(self) -> ScatterKind:
        """Which scatter is kept: ``"full"``, ``"pooled"`` (the same for one component) or ``"diagonal"``."""
        if self.scatter.ndim == 2:
            return "diagonal"
        return "full" if len(self.scatter) == len(self.weight) else "pooled"

    @cached_property
    def total(self) -> float:
        """Sum of all weights: the number of rows, when each counts once."""
        return float(self.weight.sum()) + self.noise_weight

    def __add__(self, other: Stats) -> Stats:
        weight = self.weight + other.weight
        share = np.divide(other.weight, weight, out=np.zeros_like(weight), where=weight > 0)
        delta = other.mean - self.mean
        return Stats(
            weight,
            self.mean + share[:, None] * delta,
            self.scatter + other.scatter + outer(self.weight * share, delta, self.scatter_kind),
            self.loglik + other.loglik,
            self.assignment_logprob + other.assignment_logprob,
            self.noise_weight + other.noise_weight,
        )

    def __mul__(self, number: float) -> Stats:
        return Stats(
            self.weight * number,
            self.mean,
            self.scatter * number,
            self.loglik * number,
            self.assignment_logprob * number,
            self.noise_weight * number,
        )

    __rmul__ = __mul__

    def select(self, components: Index) -> Stats:
        """Keep the given components (indices or a mask); of a pooled scatter, their part by weight."""
        weight = self.weight[components]
        if self.scatter_kind == "pooled":
            scatter = self.scatter * (weight.sum() / max(self.weight.sum(), np.finfo(np.float64).tiny))
        else:
            scatter = self.scatter[components]
        return Stats(weight, self.mean[components], scatter, self.loglik, self.assignment_logprob, self.noise_weight)

    def reduced(self, scatter_kind: ScatterKind) -> Stats:
        """The same statistics with no more scatter than asked for; only full scatter can be reduced.

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
        """The last component seen as noise: only its weight is kept, and the scatter of the others as needed.

        Examples
        --------
        >>> both = Stats(np.array([2.0, 3.0]), np.zeros((2, 1)), np.ones((2, 1, 1)), 0.0, 0.0)
        >>> both.without_noise("pooled").weight.tolist(), both.without_noise("pooled").noise_weight
        ([2.0], 3.0)
        """
        own = self.scatter[:-1]
        scatter = own.sum(axis=0)[None] if scatter_kind == "pooled" else own
        return Stats(
            self.weight[:-1], self.mean[:-1], scatter, self.loglik, self.assignment_logprob, float(self.weight[-1])
        )
