"""Model-based hierarchical clustering in NumPy; src/native/agglomeration is the same in C++.

Each cluster has a slot: its index in arrays. A merged cluster takes the lower of the two slots, and the last cluster
moves to the slot that becomes free. Of pairs whose merges cost the same, the one in the last slots merges, as in
mclust.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array


@dataclass(frozen=True, slots=True, eq=False)
class _Clusters:
    """Weight (n,), mean (n, d) and index of the first row (n,) of the cluster in each slot, changed in place."""

    weight: Array
    mean: Array
    first: NDArray[np.int64]

    def reduced_weights(self, i: int, others: slice) -> Array:
        """w_i w_j / (w_i + w_j): the weight of the squared distance of two means in the scatter of both clusters."""
        total = self.weight[i] + self.weight[others]
        return self.weight[i] / total * self.weight[others]

    def trace_increases(self, i: int, others: slice) -> Array:
        """How much the trace of the scatter increases if slot i is merged with each of the others."""
        return self.reduced_weights(i, others) * ((self.mean[others] - self.mean[i]) ** 2).sum(axis=1)

    def merge(self, i: int, j: int, last: int) -> None:
        """Merge the clusters in slots i < j into slot i, and move the last one to slot j."""
        total = self.weight[i] + self.weight[j]
        self.mean[i] += self.weight[j] / total * (self.mean[j] - self.mean[i])
        self.weight[i] = total
        self.first[i] = min(self.first[i], self.first[j])
        for array in (self.weight, self.mean, self.first):
            array[j] = array[last]


class _Costs(Protocol):
    """The cost of merging any two clusters: the increase of the criterion."""

    def cheapest(self, count: int) -> tuple[int, int, float]:
        """The two slots, the lower one first, whose merge increases the criterion least, and that increase."""

    def merge(self, i: int, j: int, last: int) -> None:
        """Merge the clusters in slots i < j into slot i, and move the last one to slot j."""


def _last_argmin(values: Array) -> int:
    """Index of the least value, the last one of several equal ones."""
    return len(values) - 1 - int(values[::-1].argmin())


@dataclass(frozen=True, slots=True, eq=False)
class _SeparateTerms:
    """Costs under EII, VII and VVV, whose criterion is a sum of one term for each cluster.

    The cost of a pair changes only when one of the two merges, so all costs are stored, (n, n), with each slot's
    cheapest partner in a lower slot, (n,). ``term`` and ``trace`` of the scatter are (n,), one for each cluster.
    """

    clusters: _Clusters
    criterion: str
    alpha: float
    term: Array
    trace: Array
    scatter: Array
    cost: Array
    partner: NDArray[np.int64]

    @classmethod
    def of(cls, clusters: _Clusters, criterion: str, alpha: float) -> _SeparateTerms:
        """Costs of merging any two single rows."""
        n, d = clusters.mean.shape
        width = d if criterion == "VVV" else 0  # the other criteria depend on the trace alone
        scatter = np.zeros((n, width, width))
        term = np.zeros(n) if criterion == "EII" else clusters.weight * np.log(alpha / clusters.weight)
        new = cls(clusters, criterion, alpha, term, np.zeros(n), scatter, np.empty((n, n)), np.zeros(n, dtype=np.int64))
        for j in range(1, n):
            new.cost[j, :j] = new.cost[:j, j] = new.costs(j, slice(0, j))
            new.find_partner(j)
        return new

    def merged_scatter(self, i: int, others: slice, chosen: NDArray[np.bool_]) -> Array:
        """Scatter of slot i merged with each of the others that is chosen, (m, d, d)."""
        delta = (self.clusters.mean[others] - self.clusters.mean[i])[chosen]
        weight = self.clusters.reduced_weights(i, others)[chosen]
        between = weight[:, None, None] * delta[:, :, None] * delta[:, None, :]
        return self.scatter[i] + self.scatter[others][chosen] + between

    def merged_terms(self, i: int, others: slice) -> tuple[Array, Array]:
        """Terms and traces of slot i merged with each of the others."""
        trace = self.trace[i] + self.trace[others] + self.clusters.trace_increases(i, others)
        if self.criterion == "EII":
            return trace, trace
        weight = self.clusters.weight[i] + self.clusters.weight[others]
        term = np.log((trace + self.alpha) / weight)
        large = (weight > self.clusters.mean.shape[1]) & (trace > 0)
        if self.criterion == "VVV" and large.any():
            sign, volume = np.linalg.slogdet(self.merged_scatter(i, others, large) / weight[large][:, None, None])
            term[large] = np.logaddexp(term[large], np.where(sign > 0, volume, -np.inf))
        return weight * term, trace

    def costs(self, i: int, others: slice) -> Array:
        """Increases of the criterion by merging slot i with each of the others."""
        return self.merged_terms(i, others)[0] - self.term[i] - self.term[others]

    def find_partner(self, j: int) -> None:
        """Set the cheapest partner of slot j in a lower slot."""
        self.partner[j] = _last_argmin(self.cost[j, :j]) if j else 0

    def cheapest(self, count: int) -> tuple[int, int, float]:
        least = self.cost[np.arange(1, count), self.partner[1:count]]
        j = _last_argmin(least) + 1
        return int(self.partner[j]), j, float(least[j - 1])

    def merge(self, i: int, j: int, last: int) -> None:
        single = slice(j, j + 1)
        (term,), (trace,) = self.merged_terms(i, single)
        if self.scatter.size:
            self.scatter[i] = self.merged_scatter(i, single, np.ones(1, dtype=np.bool_))[0]
        self.term[i], self.trace[i] = term, trace
        for array in (self.term, self.trace, self.scatter, self.cost):
            array[j] = array[last]
        self.cost[:, j] = self.cost[:, last]
        self.clusters.merge(i, j, last)
        remaining = slice(0, last)
        self.cost[i, remaining] = self.cost[remaining, i] = self.costs(i, remaining)
        for k in range(i, last):
            cost, partner = self.cost[k], self.partner[k]
            if k in (i, j) or partner in (i, j):
                self.find_partner(k)
            else:
                candidates = [(cost[partner], -partner), (cost[i], -i), *([(cost[j], -j)] if j < k else [])]
                self.partner[k] = -min(candidates)[1]


@dataclass(frozen=True, slots=True, eq=False)
class _PooledScatter:
    """Costs under EEE, whose criterion is |W / n| + tr(W / n), with W the pooled scatter and n the total weight.

    A merge adds v v' to W, with v the scaled difference of two means, and so v' (adj(W) / n^d + I / n) v to the
    criterion.
    """

    clusters: _Clusters
    total: float
    scatter: Array

    @classmethod
    def of(cls, clusters: _Clusters) -> _PooledScatter:
        """Costs of merging any two single rows, whose scatter is zero."""
        d = clusters.mean.shape[1]
        return cls(clusters, float(clusters.weight.sum()), np.zeros((d, d)))

    def whitened_means(self, count: int) -> tuple[Array, float]:
        """Means in coordinates where their squared distances are those of the cost's metric, divided by a factor.

        Returns them, (count, d), and the logarithm of the factor.
        """
        values, axes = np.linalg.eigh(self.scatter)
        rounding = len(values) * np.finfo(np.float64).eps * values.max(initial=0.0)  # there may be no columns
        with np.errstate(divide="ignore"):
            logs = np.log(np.where(values > rounding, values, 0.0) / self.total)
        others = np.array([np.delete(logs, r).sum() for r in range(len(logs))])
        weights = np.logaddexp(others, 0.0) - np.log(self.total)
        scale = weights.max(initial=-np.inf)
        # Only differences of means are used, so the origin is free; one among them avoids rounding.
        shifted = self.clusters.mean[:count] - self.clusters.mean[0]
        return shifted @ axes * np.exp((weights - scale) / 2), float(scale)

    def cheapest(self, count: int) -> tuple[int, int, float]:
        means, scale = self.whitened_means(count)
        best = (np.inf, 0, 0)
        for j in range(1, count):
            cost = self.clusters.reduced_weights(j, slice(0, j)) * ((means[:j] - means[j]) ** 2).sum(axis=1)
            i = _last_argmin(cost)
            best = (cost[i], i, j) if cost[i] <= best[0] else best
        return best[1], best[2], float(best[0] * np.exp(scale))

    def merge(self, i: int, j: int, last: int) -> None:
        delta = self.clusters.mean[j] - self.clusters.mean[i]
        self.scatter[:] += self.clusters.reduced_weights(i, slice(j, j + 1)) * np.outer(delta, delta)
        self.clusters.merge(i, j, last)


def agglomerate(rows: Array, weight: Array, criterion: str, alpha: float) -> tuple[NDArray[np.int64], Array]:
    """Model-based hierarchical clustering: merge the pair that increases a criterion least, until one cluster is left.

    Parameters
    ----------
    rows : ndarray of shape (n, d)
    weight : ndarray of shape (n,)
        How many coincident rows each row stands for.
    criterion : {"EII", "VII", "EEE", "VVV"}
    alpha : float
        The number that VII and VVV add to the trace of every cluster's scatter.

    Returns
    -------
    merges : ndarray of shape (n - 1, 2)
        Indices of the first rows of the two clusters, the smaller first.
    heights : ndarray of shape (n - 1,)
        Increase of the criterion by each merge.

    Examples
    --------
    >>> merges, heights = agglomerate(np.array([[0.0], [5.0], [1.0]]), np.ones(3), "EII", 1.0)
    >>> merges.tolist(), heights.tolist()
    ([[0, 2], [0, 1]], [0.5, 13.5])
    """
    n = len(rows)
    clusters = _Clusters(weight.copy(), rows.copy(), np.arange(n))
    merges, heights = np.empty((n - 1, 2), dtype=np.int64), np.empty(n - 1)
    costs: _Costs = _PooledScatter.of(clusters) if criterion == "EEE" else _SeparateTerms.of(clusters, criterion, alpha)
    for step in range(n - 1):
        last = n - 1 - step
        i, j, heights[step] = costs.cheapest(last + 1)
        merges[step] = np.sort(clusters.first[[i, j]])
        costs.merge(i, j, last)
    return merges, heights
