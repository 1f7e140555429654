"""Random changes of a fitted mixture, from which EM may reach a higher local maximum: split and merge, or insert."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from mixtura._support import Array, Rng
from mixtura.data import Chunk
from mixtura.em import Problem
from mixtura.kernels import accumulate
from mixtura.starts.neighbourhood import Neighbourhood
from mixtura.stats import Stats

# A component put around a row begins with this fraction of the rows of one of k equal components.
INSERTED_FRACTION = 0.3

# The least responsibility of rows by which a component is split.
LEAST_RESPONSIBILITY = 1e-2


# A random change: the statistics from which EM begins.
Move: TypeAlias = Callable[[Problem, Neighbourhood, Rng], Stats]


def insert(problem: Problem, neighbourhood: Neighbourhood, rng: Rng) -> Stats:
    """Replace a random component by one made of the rows around a random row.

    They are its nearest 0.3 n / k rows, in the Mahalanobis distance of its most probable component.
    """
    k = len(neighbourhood.stats.weight)
    n, d = neighbourhood.sample.rows.shape
    row = neighbourhood.draw_rows(rng, 1)
    owner = int(neighbourhood.mixture.log_joint(row)[0, :k].argmax())
    white = neighbourhood.mixture.covariances.whiten(owner, neighbourhood.sample.rows - row)
    count = min(n, max(int(INSERTED_FRACTION * n / k), problem.mstep.covariances.least_rows_nonsingular(d) + 1))
    near = np.argpartition(np.einsum("ij,ij->i", white, white), count - 1)[:count]
    return neighbourhood.stats.with_components(
        np.array([int(rng.choice(k))]),
        accumulate(neighbourhood.sample.take(near), np.ones((count, 1)), neighbourhood.stats.scatter_kind),
    )


def resplit(problem: Problem, neighbourhood: Neighbourhood, rng: Rng) -> Stats:
    """Merge two components that overlap, and split the result in two."""
    i, j = neighbourhood.draw_pair(rng)
    merged = neighbourhood.responsibilities[:, i] + neighbourhood.responsibilities[:, j]
    return _split(problem, neighbourhood, merged, (i, j), rng) or neighbourhood.stats


def merge_and_split(problem: Problem, neighbourhood: Neighbourhood, rng: Rng) -> Stats:
    """Merge two components that overlap, and split a random one in two."""
    i, j = neighbourhood.draw_pair(rng)
    both = neighbourhood.stats.select(np.array([i])) + neighbourhood.stats.select(np.array([j]))
    one = int(rng.choice(np.delete(np.arange(len(neighbourhood.stats.weight)), j)))
    if one == i:
        return resplit(problem, neighbourhood, rng)
    merged = replace(neighbourhood, stats=neighbourhood.stats.with_components(np.array([i]), both))
    return _split(problem, merged, neighbourhood.responsibilities[:, one], (one, j), rng) or neighbourhood.stats


def _split(
    problem: Problem, neighbourhood: Neighbourhood, responsibilities: Array, components: tuple[int, int], rng: Rng
) -> Stats | None:
    """Replace two components by the two parts of one with given responsibilities (n,).

    A plane between two of its rows, drawn at random, divides it; None is returned if it has fewer than two.
    """
    rows = np.flatnonzero(responsibilities > LEAST_RESPONSIBILITY)
    ends = neighbourhood.draw_rows(rng, 2, responsibilities)
    if len(ends) < 2 or not len(rows):
        return None
    part, own = neighbourhood.sample.take(rows), responsibilities[rows, None]
    normal = np.linalg.solve(_covariance(part, own[:, 0]) + np.diag(problem.mstep.floor), ends[1] - ends[0])
    side = ((part.rows - ends.mean(axis=0)) @ normal > 0)[:, None]
    halves = accumulate(part, np.hstack([own * ~side, own * side]), neighbourhood.stats.scatter_kind)
    return neighbourhood.stats.with_components(np.array(components), halves)


def _covariance(part: Chunk, responsibilities: Array) -> Array:
    """Covariance matrix of a component with given responsibilities (n,) for the rows, (d, d)."""
    weight = part.weigh(responsibilities)
    weight = weight / weight.sum()
    delta = part.rows - weight @ part.rows
    return np.asarray((weight * delta.T) @ delta)


MOVES: tuple[Move, ...] = (insert, merge_and_split, resplit)
