"""Changes of a mixture, by splitting and merging components, from which EM may reach a higher optimum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np

from mixtura._support import Array, Rng
from mixtura.data import Chunk
from mixtura.em import Problem
from mixtura.kernels import accumulate
from mixtura.mixture import Mixture
from mixtura.stats import Stats

_TINY = float(np.finfo(np.float64).tiny)

# Number of rows of an inserted component, as a fraction of n / k.
PART = 0.3

# Two components are chosen with probability proportional to their overlap plus this. Rows of smaller responsibility are
# left out where a component is cut.
LEAST_OVERLAP = 1e-2


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """A mixture of k components with the responsibilities of n rows, from which changed statistics are made.

    Attributes
    ----------
    stats : Stats
        Statistics whose M-step is the mixture, or such statistics after a change.
    mixture : Mixture
    share : ndarray of shape (n, k)
        Responsibilities, without those of noise.
    sample : Chunk
        The rows.
    mass : ndarray of shape (n,)
        Sample weights, scaled to sum to one.
    """

    stats: Stats
    mixture: Mixture
    share: Array
    sample: Chunk
    mass: Array

    @classmethod
    def of(cls, problem: Problem, stats: Stats, sample: Chunk) -> Neighbourhood:
        """The mixture of the M-step of given statistics, with its responsibilities, by a pass over the rows."""
        mixture, _ = problem.mstep(stats)
        mass = sample.weigh(np.ones(len(sample.rows)))
        share = mixture.posterior(sample.rows)[:, : len(stats.weight)]
        return cls(stats, mixture, share, sample, mass / mass.sum())

    @cached_property
    def overlap(self) -> Array:
        """Probabilities of choosing pairs of components i < j, (k^2,), larger for those that overlap.

        They grow with the cosine of the responsibilities of i and j (Ueda et al. 2000, Neural Comput. 12, 2109-2128).
        """
        products = self.share.T @ self.share
        lengths = np.sqrt(np.maximum(np.diag(products), _TINY))
        probability = np.triu(products / np.outer(lengths, lengths) + LEAST_OVERLAP, 1).ravel()
        return np.asarray(probability / probability.sum())

    def put(self, components: list[int], own: Stats) -> Stats:
        """The statistics with some components replaced by those of ``own``; a pooled scatter stays as it is."""
        weight, mean, scatter = self.stats.weight.copy(), self.stats.mean.copy(), self.stats.scatter.copy()
        weight[components], mean[components] = own.weight, own.mean
        if self.stats.scatter_kind != "pooled":
            scatter[components] = own.scatter
        return replace(self.stats, weight=weight, mean=mean, scatter=scatter)

    def drawn(self, rng: Rng, count: int, share: Array | None = None) -> Array:
        """Random rows, (count, d), by their mass times a share (n,); fewer if fewer have a positive probability."""
        mass = self.mass if share is None else self.mass * share
        most = min(count, int(np.count_nonzero(mass)))
        chosen = rng.choice(len(mass), most, replace=most == 1, p=mass / mass.sum())  # one cannot come twice
        return self.sample.rows[chosen].astype(np.float64)


Move: TypeAlias = Callable[[Problem, Neighbourhood, Rng], Stats]


def insert(problem: Problem, neighbourhood: Neighbourhood, rng: Rng) -> Stats:
    """Statistics in which a random component is replaced by one of the rows nearest to a random row.

    Distances are Mahalanobis distances of the component to which that row most probably belongs.
    """
    k = len(neighbourhood.stats.weight)
    n, d = neighbourhood.sample.rows.shape
    row = neighbourhood.drawn(rng, 1)
    owner = int(neighbourhood.mixture.log_joint(row)[0, :k].argmax())
    white = neighbourhood.mixture.covariances.whiten(owner, neighbourhood.sample.rows - row)
    count = min(n, max(int(PART * n / k), problem.mstep.covariances.least_points(d) + 1))
    near = np.argpartition(np.einsum("ij,ij->i", white, white), count - 1)[:count]
    return neighbourhood.put(
        [int(rng.choice(k))],
        accumulate(neighbourhood.sample.take(near), np.ones((count, 1)), neighbourhood.stats.scatter_kind),
    )


def _pair(neighbourhood: Neighbourhood, rng: Rng) -> tuple[int, int]:
    """A random pair of components i < j, more probably one that overlaps."""
    k = len(neighbourhood.stats.weight)
    i, j = divmod(int(rng.choice(k * k, p=neighbourhood.overlap)), k)
    return i, j


def resplit(problem: Problem, neighbourhood: Neighbourhood, rng: Rng) -> Stats:
    """Statistics in which two overlapping components are merged and their union is cut in two anew."""
    i, j = _pair(neighbourhood, rng)
    return (
        _cut(problem, neighbourhood, neighbourhood.share[:, i] + neighbourhood.share[:, j], (i, j), rng)
        or neighbourhood.stats
    )


def merge_and_split(problem: Problem, neighbourhood: Neighbourhood, rng: Rng) -> Stats:
    """Statistics in which two overlapping components are merged and a random component is cut in two."""
    i, j = _pair(neighbourhood, rng)
    both = neighbourhood.stats.select(np.array([i])) + neighbourhood.stats.select(np.array([j]))
    one = int(rng.choice(np.delete(np.arange(len(neighbourhood.stats.weight)), j)))
    if one == i:
        return resplit(problem, neighbourhood, rng)
    merged = replace(neighbourhood, stats=neighbourhood.put([i], both))
    return _cut(problem, merged, neighbourhood.share[:, one], (one, j), rng) or neighbourhood.stats


def _cut(
    problem: Problem, neighbourhood: Neighbourhood, share: Array, components: tuple[int, int], rng: Rng
) -> Stats | None:
    """Statistics in which two components are the two sides of a plane that cuts the rows with a share (n,).

    The plane lies midway between two random rows of that share; None if there are no two such rows.
    """
    rows = np.flatnonzero(share > LEAST_OVERLAP)
    ends = neighbourhood.drawn(rng, 2, share)
    if len(ends) < 2 or not len(rows):
        return None
    part, own = neighbourhood.sample.take(rows), share[rows, None]
    normal = np.linalg.solve(_covariance(part, own[:, 0]) + np.diag(problem.mstep.floor), ends[1] - ends[0])
    side = ((part.rows - ends.mean(axis=0)) @ normal > 0)[:, None]
    return neighbourhood.put(
        list(components), accumulate(part, np.hstack([own * ~side, own * side]), neighbourhood.stats.scatter_kind)
    )


def _covariance(part: Chunk, share: Array) -> Array:
    """Covariance matrix of rows weighted by a share (n,), (d, d)."""
    mass = part.weigh(share)
    mass = mass / mass.sum()
    delta = part.rows - mass @ part.rows
    return np.asarray((mass * delta.T) @ delta)


MOVES: tuple[Move, ...] = (insert, merge_and_split, resplit)
