"""Starts of scikit-learn's `GaussianMixture`: on all rows as they are, with the random numbers that it draws."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from mixtura._support import Array, LazyModule, Rows
from mixtura.data import Chunk
from mixtura.em import Problem
from mixtura.kernels import accumulate, sum_over_blocks
from mixtura.starts.random import draw_rows
from mixtura.stats import Stats, outer

cluster, exceptions = LazyModule("sklearn.cluster"), LazyModule("sklearn.exceptions")

State = np.random.RandomState


def _all_rows(problem: Problem, state: State) -> Chunk:
    """All rows whose weight is above zero, without a copy where that is all of them."""
    return problem.source.rows(problem.source.n_rows, state)


def kmeans_labels(problem: Problem, k: int, state: State) -> Stats:
    """Statistics of the clusters of one k-means run on all rows; a cluster without rows has weight zero.

    The rows are not centred first, as they are in `mixtura.starts.kmeans`: that would decide ties of integers otherwise
    than scikit-learn does.
    """
    chunk = _all_rows(problem, state)
    model = cluster.KMeans(n_clusters=k, n_init=1, random_state=state)
    with warnings.catch_warnings():  # of fewer distinct rows than clusters, which the empty clusters say, too
        warnings.simplefilter("ignore", exceptions.ConvergenceWarning)
        found = model.fit(chunk.rows, sample_weight=chunk.sample_weight).labels_
    labels = np.zeros(problem.source.length, dtype=np.intp)
    labels[chunk.positions] = found
    members = np.eye(k)
    scatter_kind = problem.mstep.scatter_kind

    def cluster_stats(part: Chunk) -> Stats:
        return accumulate(part, members[labels[part.positions]], scatter_kind)

    return problem.source.sum(sum_over_blocks(cluster_stats, k))


def random_responsibilities(problem: Problem, k: int, state: State) -> Stats:
    """Statistics under responsibilities drawn uniformly for all rows at once, (n, k), and normalised row by row."""
    resp = state.uniform(size=(problem.source.length, k)).astype(problem.source.dtype, copy=False)
    resp /= resp.sum(axis=1, keepdims=True)
    scatter_kind = problem.mstep.scatter_kind

    def chunk_stats(part: Chunk) -> Stats:
        return accumulate(part, resp[part.positions], scatter_kind)

    return problem.source.sum(sum_over_blocks(chunk_stats, k))


def rows_by_chance(problem: Problem, k: int, state: State) -> Stats:
    """Components that consist of one random row each, none twice."""
    chunk = _all_rows(problem, state)
    return _single_rows(problem, draw_rows(chunk, k, state))


def rows_by_seeding(problem: Problem, k: int, state: State) -> Stats:
    """Components that consist of one row each, chosen by k-means++ (Arthur & Vassilvitskii 2007)."""
    chunk = _all_rows(problem, state)
    _, chosen = cluster.kmeans_plusplus(chunk.rows, k, sample_weight=chunk.sample_weight, random_state=state)
    return _single_rows(problem, chunk.rows[chosen])


def _single_rows(problem: Problem, rows: Rows) -> Stats:
    """Statistics of k rows (k, d) with a weight of one each; all other rows belong to no component.

    Weights are larger by 10 machine epsilons, as scikit-learn's are. That pulls the means towards zero by so little
    that only components as narrow as these tell. Variances are computed as there, too, since distances in units of
    these show their last digits. A pooled scatter is that of all rows about zero, less that of the means.
    """
    kind, values = problem.mstep.scatter_kind, rows.astype(np.float64)
    weight = np.full(len(values), 1 + 10 * float(np.finfo(rows.dtype).eps))
    means = values / weight[:, None]
    if kind == "diagonal":
        scatter = weight[:, None] * (values**2 / weight[:, None] - means**2)
    else:
        scatter = outer(weight, values - means, kind)
    if kind == "pooled":
        scatter = _second_moment(problem) - outer(weight, means, kind)
    return Stats(weight, means, scatter, 0.0, 0.0)


def _second_moment(problem: Problem) -> Array:
    """Weighted sum of the outer products of all rows, (1, d, d)."""

    def moment(part: Chunk) -> Array:
        rows = part.rows.astype(np.float64, copy=False)
        return np.asarray((rows.T @ part.weigh(rows))[None])

    return problem.source.sum(moment)


SCIKIT_LEARN_STARTS: dict[str, Callable[[Problem, int, State], Stats]] = {
    "kmeans": kmeans_labels,
    "k-means++": rows_by_seeding,
    "random": random_responsibilities,
    "random_from_data": rows_by_chance,
}
