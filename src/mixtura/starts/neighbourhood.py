"""A fitted mixture with its responsibilities for a sample, from which changes of it are made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mixtura._support import TINY, Array, Rng
from mixtura.data import Chunk
from mixtura.em import Problem
from mixtura.mixture import Mixture
from mixtura.stats import Stats

# Added to the overlap of two components, to which the probability of merging them is proportional.
LEAST_OVERLAP = 1e-2

# A component whose responsibilities have changed by less than this fraction of their sum has not moved.
MOVED_FRACTION = 0.02


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """A mixture of k components with the responsibilities for a sample of n rows, from which changes of it are made.

    Attributes
    ----------
    stats : Stats
        Statistics of the E-step at the mixture or at the one before.
    mixture : Mixture
        The M-step of ``stats``.
    responsibilities : ndarray of shape (n, k)
    log_density : ndarray of shape (n,)
        Of the mixture, noise included.
    sample : Chunk
    weight : ndarray of shape (n,)
        Sample weights.
    """

    stats: Stats
    mixture: Mixture
    responsibilities: Array
    log_density: Array
    sample: Chunk
    weight: Array

    @classmethod
    def of(cls, problem: Problem, stats: Stats, sample: Chunk) -> Neighbourhood:
        """Compute the mixture, its responsibilities and its density."""
        mixture, _ = problem.mstep(stats)
        weight = sample.weigh(np.ones(len(sample.rows)))
        responsibilities = mixture.posterior(sample.rows)[:, : len(stats.weight)]
        return cls(stats, mixture, responsibilities, mixture.logpdf(sample.rows), sample, weight)

    @cached_property
    def pair_probabilities(self) -> Array:
        """Probability of drawing each pair of components, (k^2,), proportional to the overlap of the two.

        It is the cosine of their responsibilities (Ueda et al. 2000, Neural Comput. 12, 2109-2128).
        """
        products = self.responsibilities.T @ self.responsibilities
        lengths = np.sqrt(np.maximum(np.diag(products), TINY))
        overlap = np.triu(products / np.outer(lengths, lengths) + LEAST_OVERLAP, 1).ravel()
        return np.asarray(overlap / overlap.sum())

    def closest_pairs(self, count: int) -> list[tuple[int, int]]:
        """At most ``count`` pairs of components, those that overlap most."""
        k = len(self.stats.weight)
        order = np.argsort(-self.pair_probabilities, kind="stable")[: min(count, k * (k - 1) // 2)]
        return [divmod(pair, k) for pair in order.tolist()]

    def gain(self, change: Array) -> float:
        """By how much the log-likelihood rises if each row's density changes by this fraction of itself, (n,)."""
        return float(self.weight @ np.log(np.maximum(1 + change, TINY)))

    def draw_pair(self, rng: Rng) -> tuple[int, int]:
        """Draw two components by ``pair_probabilities``."""
        k = len(self.stats.weight)
        i, j = divmod(int(rng.choice(k * k, p=self.pair_probabilities)), k)
        return i, j

    def draw_rows(self, rng: Rng, count: int, responsibilities: Array | None = None) -> Array:
        """Draw distinct rows, (count, d), by their weights times responsibilities (n,); fewer if others have none."""
        p = self.weight if responsibilities is None else self.weight * responsibilities
        most = min(count, int(np.count_nonzero(p)))
        chosen = rng.choice(len(p), most, replace=most == 1, p=p / p.sum())  # a single one cannot come twice
        return self.sample.rows[chosen].astype(np.float64)

    def moved_since(self, before: Neighbourhood) -> set[int]:
        """Components whose responsibilities differ from those of an earlier mixture by more than 2 % of their sum."""
        change = np.abs(self.responsibilities - before.responsibilities).sum(axis=0)
        return set(np.flatnonzero(change > MOVED_FRACTION * before.responsibilities.sum(axis=0)).tolist())
