"""Starts from k-means and from the seeding of k-means++, by scikit-learn."""

from __future__ import annotations

import warnings

import numpy as np

from mixtura._support import LazyModule, Rng, one_blas_thread
from mixtura.data import Chunk
from mixtura.em import Problem
from mixtura.kernels import accumulate, sum_over_blocks
from mixtura.starts.random import SAMPLE, components_at_rows
from mixtura.stats import Stats

cluster, exceptions = LazyModule("sklearn.cluster"), LazyModule("sklearn.exceptions")


def as_random_state(rng: Rng) -> np.random.RandomState:
    """The legacy generator that scikit-learn needs: ``rng`` itself, or one seeded by it."""
    if isinstance(rng, np.random.RandomState):
        return rng
    return np.random.RandomState(int(rng.integers(2**32)))


def kmeans(problem: Problem, k: int, rng: Rng) -> Stats:
    """Statistics of the clusters of one k-means run (Lloyd 1982, seeded by k-means++).

    Means are found on at most 100,000 random rows; then every row is assigned to the nearest mean.
    """
    sample = problem.source.rows(SAMPLE, rng)
    origin = sample.rows.mean(axis=0, dtype=np.float64)
    model = cluster.KMeans(n_clusters=min(k, len(sample.rows)), n_init=1, random_state=as_random_state(rng))
    with one_blas_thread(), warnings.catch_warnings():  # BLAS waits for ever for threads that the system does not give
        # Fewer distinct rows than clusters: the empty ones are re-seeded later.
        warnings.simplefilter("ignore", exceptions.ConvergenceWarning)
        model.fit(sample.rows - origin, sample_weight=sample.sample_weight)
    centres = model.cluster_centers_
    half = (centres**2).sum(axis=1) / 2  # |x - c|^2 is least where x'c - |c|^2 / 2 is largest; x is centred
    members = np.eye(k)
    scatter_kind = problem.mstep.scatter_kind

    def nearest(chunk: Chunk) -> Stats:
        labels = ((chunk.rows - origin) @ centres.T - half).argmax(axis=1)
        return accumulate(chunk, members[labels], scatter_kind)

    return problem.source.sum(sum_over_blocks(nearest, k))


def kmeans_pp(problem: Problem, k: int, rng: Rng) -> Stats:
    """Components of zero scatter at rows drawn by k-means++ (Arthur & Vassilvitskii 2007): see `components_at_rows`."""
    sample = problem.source.rows(SAMPLE, rng)
    count = min(k, len(sample.rows))
    weight = sample.sample_weight
    origin = sample.rows.mean(axis=0, dtype=np.float64)
    state = as_random_state(rng)
    seeding = cluster.kmeans_plusplus
    with one_blas_thread():
        _, chosen = seeding(sample.rows - origin, count, sample_weight=weight, random_state=state)
    return components_at_rows(problem, sample.rows[np.resize(chosen, k)])
