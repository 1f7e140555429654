"""Agglomeration of Gaussian clusters on NumPy: what src/native/agglomeration does, for installs without it.

Each cluster has a slot; two that merge take the lower one, and the last cluster moves to the slot that falls free. Of
pairs that tie, the one in the last slots merges, as in mclust.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array


@dataclass(frozen=True, slots=True, eq=False)
class _Slots:
    """Weight and mean of each slot's cluster, and its first row."""

    weight: Array
    mean: Array
    first: NDArray[np.int64]

    def merged_weights(self, i: int, others: slice) -> Array:
        """What the squared distance of two means counts in the scatter of both together."""
        total = self.weight[i] + self.weight[others]
        return self.weight[i] / total * self.weight[others]

    def apart(self, i: int, others: slice) -> Array:
        """By how much a merge raises the trace."""
        return self.merged_weights(i, others) * ((self.mean[others] - self.mean[i]) ** 2).sum(axis=1)

    def merge(self, i: int, j: int, last: int) -> None:
        """Slots i < j become one."""
        total = self.weight[i] + self.weight[j]
        self.mean[i] += self.weight[j] / total * (self.mean[j] - self.mean[i])
        self.weight[i] = total
        self.first[i] = min(self.first[i], self.first[j])
        for held in (self.weight, self.mean, self.first):
            held[j] = held[last]


class _Costs(Protocol):
    """What merges cost."""

    def cheapest(self, count: int) -> tuple[int, int, float]:
        """The two slots whose merge adds least to the criterion, the lower one first, and how much it adds."""

    def merge(self, i: int, j: int, last: int) -> None:
        """Slots i < j become one; the last moves to j."""


def _last_least(values: Array) -> int:
    """Where the least value stands, the last of several."""
    return len(values) - 1 - int(values[::-1].argmin())


@dataclass(frozen=True, slots=True, eq=False)
class _Separate:
    """EII, VII, VVV: each cluster has a term of its own, so a pair's cost stays until one of the two merges."""

    slots: _Slots
    criterion: str
    alpha: float
    own: Array
    trace: Array
    scatter: Array
    cost: Array
    partner: NDArray[np.int64]

    @classmethod
    def of(cls, slots: _Slots, criterion: str, alpha: float) -> _Separate:
        """All pairs of single rows."""
        n, d = slots.mean.shape
        width = d if criterion == "VVV" else 0  # the others do with the trace
        scatter = np.zeros((n, width, width))
        own = np.zeros(n) if criterion == "EII" else slots.weight * np.log(alpha / slots.weight)
        new = cls(slots, criterion, alpha, own, np.zeros(n), scatter, np.empty((n, n)), np.zeros(n, dtype=np.int64))
        for j in range(1, n):
            new.cost[j, :j] = new.cost[:j, j] = new.costs(j, slice(0, j))
            new.scan(j)
        return new

    def together(self, i: int, others: slice, chosen: NDArray[np.bool_]) -> Array:
        """Scatter of slot i with each chosen one of the others."""
        delta = (self.slots.mean[others] - self.slots.mean[i])[chosen]
        share = self.slots.merged_weights(i, others)[chosen]
        between = share[:, None, None] * delta[:, :, None] * delta[:, None, :]
        return self.scatter[i] + self.scatter[others][chosen] + between

    def joint(self, i: int, others: slice) -> tuple[Array, Array]:
        """Terms and traces of slot i with each of the others."""
        trace = self.trace[i] + self.trace[others] + self.slots.apart(i, others)
        if self.criterion == "EII":
            return trace, trace
        weight = self.slots.weight[i] + self.slots.weight[others]
        term = np.log((trace + self.alpha) / weight)
        large = (weight > self.slots.mean.shape[1]) & (trace > 0)
        if self.criterion == "VVV" and large.any():
            sign, volume = np.linalg.slogdet(self.together(i, others, large) / weight[large][:, None, None])
            term[large] = np.logaddexp(term[large], np.where(sign > 0, volume, -np.inf))
        return weight * term, trace

    def costs(self, i: int, others: slice) -> Array:
        """What merging slot i with each of the others adds."""
        return self.joint(i, others)[0] - self.own[i] - self.own[others]

    def scan(self, j: int) -> None:
        """Find the cheapest partner in a lower slot."""
        self.partner[j] = _last_least(self.cost[j, :j]) if j else 0

    def cheapest(self, count: int) -> tuple[int, int, float]:
        least = self.cost[np.arange(1, count), self.partner[1:count]]
        j = _last_least(least) + 1
        return int(self.partner[j]), j, float(least[j - 1])

    def merge(self, i: int, j: int, last: int) -> None:
        one = slice(j, j + 1)
        (term,), (trace,) = self.joint(i, one)
        if self.scatter.size:
            self.scatter[i] = self.together(i, one, np.ones(1, dtype=np.bool_))[0]
        self.own[i], self.trace[i] = term, trace
        for held in (self.own, self.trace, self.scatter, self.cost):
            held[j] = held[last]
        self.cost[:, j] = self.cost[:, last]
        self.slots.merge(i, j, last)
        everyone = slice(0, last)
        self.cost[i, everyone] = self.cost[everyone, i] = self.costs(i, everyone)
        for k in range(i, last):
            now, held_by = self.cost[k], self.partner[k]
            if k in (i, j) or held_by in (i, j):
                self.scan(k)
            else:
                rivals = [(now[held_by], -held_by), (now[i], -i), *([(now[j], -j)] if j < k else [])]
                self.partner[k] = -min(rivals)[1]


@dataclass(frozen=True, slots=True, eq=False)
class _Pooled:
    """EEE: one scatter W for all; a merge raises |W / n| + tr(W / n) by v' (adj(W) / n^d + I / n) v."""

    slots: _Slots
    total: float
    scatter: Array

    @classmethod
    def of(cls, slots: _Slots) -> _Pooled:
        """No scatter as yet."""
        d = slots.mean.shape[1]
        return cls(slots, float(slots.weight.sum()), np.zeros((d, d)))

    def turned(self, count: int) -> tuple[Array, float]:
        """Means in coordinates where the metric is the identity, and the logarithm of what it was divided by."""
        values, axes = np.linalg.eigh(self.scatter)
        noise = len(values) * np.finfo(np.float64).eps * values.max(initial=0.0)  # there may be no column at all
        with np.errstate(divide="ignore"):
            logs = np.log(np.where(values > noise, values, 0.0) / self.total)
        others = np.array([np.delete(logs, r).sum() for r in range(len(logs))])
        weights = np.logaddexp(others, 0.0) - np.log(self.total)
        scale = weights.max(initial=-np.inf)
        # Any point will do as origin: only differences count.
        shifted = self.slots.mean[:count] - self.slots.mean[0]
        return shifted @ axes * np.exp((weights - scale) / 2), float(scale)

    def cheapest(self, count: int) -> tuple[int, int, float]:
        means, scale = self.turned(count)
        best = (np.inf, 0, 0)
        for j in range(1, count):
            cost = self.slots.merged_weights(j, slice(0, j)) * ((means[:j] - means[j]) ** 2).sum(axis=1)
            i = _last_least(cost)
            best = (cost[i], i, j) if cost[i] <= best[0] else best
        return best[1], best[2], float(best[0] * np.exp(scale))

    def merge(self, i: int, j: int, last: int) -> None:
        delta = self.slots.mean[j] - self.slots.mean[i]
        self.scatter[:] += self.slots.merged_weights(i, slice(j, j + 1)) * np.outer(delta, delta)
        self.slots.merge(i, j, last)


def agglomerate(rows: Array, weight: Array, criterion: str, alpha: float) -> tuple[NDArray[np.int64], Array]:
    """Merge the two clusters whose union adds least to a criterion, until one is left.

    Parameters
    ----------
    rows : ndarray of shape (n, d)
    weight : ndarray of shape (n,)
        How many coincident rows each stands for.
    criterion : {"EII", "VII", "EEE", "VVV"}
    alpha : float
        The scatter that VII and VVV add to every cluster's trace.

    Returns
    -------
    merges : ndarray of shape (n - 1, 2)
        The first rows of the two clusters, the smaller first.
    heights : ndarray of shape (n - 1,)
        What each merge adds to the criterion.

    Examples
    --------
    >>> merges, heights = agglomerate(np.array([[0.0], [5.0], [1.0]]), np.ones(3), "EII", 1.0)
    >>> merges.tolist(), heights.tolist()
    ([[0, 2], [0, 1]], [0.5, 13.5])
    """
    n = len(rows)
    slots = _Slots(weight.copy(), rows.copy(), np.arange(n))
    merges, heights = np.empty((n - 1, 2), dtype=np.int64), np.empty(n - 1)
    costs: _Costs = _Pooled.of(slots) if criterion == "EEE" else _Separate.of(slots, criterion, alpha)
    for step in range(n - 1):
        last = n - 1 - step
        i, j, heights[step] = costs.cheapest(last + 1)
        merges[step] = np.sort(slots.first[[i, j]])
        costs.merge(i, j, last)
    return merges, heights
