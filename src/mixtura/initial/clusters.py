"""Starts from k-means, by scikit-learn."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.cluster import KMeans, kmeans_plusplus
from sklearn.exceptions import ConvergenceWarning

from mixtura.data import Chunk, Rng
from mixtura.em import Task
from mixtura.initial.random import SAMPLE, at_rows
from mixtura.kernels import accumulate
from mixtura.stats import Stats


def random_state(rng: Rng) -> np.random.RandomState:
    """scikit-learn wants the legacy generator; a new one seeds it."""
    if isinstance(rng, np.random.RandomState):
        return rng
    return np.random.RandomState(int(rng.integers(2**32)))


def kmeans(task: Task, k: int, rng: Rng) -> Stats:
    """Statistics of the clusters of one k-means run (Lloyd 1982, seeded by k-means++).

    Means are sought on at most 100,000 random rows; then every row joins its nearest mean.
    """
    sample = task.source.rows(SAMPLE, rng)
    model = KMeans(n_clusters=min(k, len(sample.rows)), n_init=1, random_state=random_state(rng))
    with warnings.catch_warnings():  # fewer distinct rows than clusters: the empty ones are re-seeded later
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(sample.rows, sample_weight=sample.sample_weight)

    def nearest(chunk: Chunk) -> Stats:
        labels = model.predict(np.ascontiguousarray(chunk.rows))
        return accumulate(chunk, np.eye(k)[labels], task.family.needs)

    return task.source.sum(nearest)


def kmeans_pp(task: Task, k: int, rng: Rng) -> Stats:
    """Components on rows chosen by k-means++ (Arthur & Vassilvitskii 2007), as narrow as the floor or ridge allows."""
    sample = task.source.rows(SAMPLE, rng)
    count = min(k, len(sample.rows))
    weight = sample.sample_weight
    chosen, _ = kmeans_plusplus(sample.rows, count, sample_weight=weight, random_state=random_state(rng))
    return at_rows(task, np.resize(chosen, (k, chosen.shape[1])))
