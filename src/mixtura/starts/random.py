"""Random starts."""

from __future__ import annotations

import numpy as np

from mixtura._support import Array, Rng, Rows, distinct_rows
from mixtura.covariance import DenseCovariance
from mixtura.data import Chunk
from mixtura.em import Problem
from mixtura.kernels import accumulate, sum_over_blocks
from mixtura.mixture import Mixture
from mixtura.stats import Stats

# Largest number of rows from which a start is made; more would cost time and memory without a better one.
SAMPLE = 100_000


def components_at_rows(problem: Problem, rows: Rows) -> Stats:
    """Statistics of components of equal weight and zero scatter at the given rows, (k, d).

    The first M-step raises their covariances to the floor or the ridge.
    """
    empty = Stats.empty(len(rows), problem.source.n_features, problem.mstep.scatter_kind)
    weight = np.full(len(rows), 1 / len(rows))
    return Stats(weight, rows.astype(np.float64), empty.scatter, 0.0, 0.0)


def draw_rows(sample: Chunk, k: int, rng: Rng) -> Rows:
    """Draw k rows at random with probabilities proportional to their weights; none twice unless k exceeds n."""
    n = len(sample.rows)
    weight = sample.sample_weight
    likely = None if weight is None else weight / weight.sum()
    return sample.rows[rng.choice(n, size=k, replace=k > n, p=likely)]


def draw_distinct_rows(sample: Chunk, k: int, rng: Rng) -> Array:
    """Draw k rows of different values at random, (k, d); if there are fewer values, some more than once."""
    rows = draw_rows(sample, k, rng).astype(np.float64)
    if len(distinct_rows(rows)[0]) == k:
        return rows
    values, _, which = distinct_rows(sample.rows.astype(np.float64))
    weight = np.bincount(which, weights=sample.weigh(np.ones(len(sample.rows)))).astype(np.float64)
    return draw_rows(Chunk(values, weight), k, rng).astype(np.float64)


def random(problem: Problem, k: int, rng: Rng) -> Stats:
    """Statistics with responsibilities that are uniform random numbers, normalised row by row."""
    seed = int(rng.integers(2**31) if isinstance(rng, np.random.Generator) else rng.randint(2**31 - 1))
    scatter_kind = problem.mstep.scatter_kind

    def chunk_stats(chunk: Chunk) -> Stats:
        # Seeded by position, so that results do not depend on the order in which threads work on the chunks.
        raw = np.random.default_rng((seed, chunk.first)).uniform(size=(len(chunk.rows), k))
        return accumulate(chunk, raw / raw.sum(axis=1, keepdims=True), scatter_kind)

    return problem.source.sum(sum_over_blocks(chunk_stats, k))


def random_from_data(problem: Problem, k: int, rng: Rng) -> Stats:
    """Components of zero scatter on random rows: see `components_at_rows`."""
    return components_at_rows(problem, draw_rows(problem.source.rows(SAMPLE, rng), k, rng))


def identity(problem: Problem, k: int, rng: Rng) -> Mixture:
    """The textbook start: random weights, distinct random rows as means, identity covariances."""
    weights = rng.uniform(size=k)
    means = draw_distinct_rows(problem.source.rows(SAMPLE, rng), k, rng)
    return Mixture(weights / weights.sum(), means, DenseCovariance(np.eye(means.shape[1])[None], k))
