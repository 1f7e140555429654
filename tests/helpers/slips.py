"""What mclust's `hcVVV` does: agglomeration by the criterion VVV with a slip, found by running it (mclust 6.0.0).

mclust keeps the triangular factor of each cluster's scatter row by row. Wherever it reads one back, each of its rows is
the first one, from the diagonal on. Only the cluster that was made last is still known as it is.
"""

import numpy as np


def slipped(scatter, weight):
    """The scatter whose factor has the first row in place of each row."""
    k = int(np.argmax(np.diagonal(scatter) > 0))  # rows that are equal in the columns before have no scatter there
    first = scatter[k] / np.sqrt(scatter[k, k])
    rows = np.triu(np.tile(first, (len(first), 1)))[: int(min(weight - 1, len(first)))]
    return rows.T @ rows


class Clusters:
    """Their slots: two that merge take the lower one, and the last cluster moves to the slot that falls free."""

    def __init__(self, rows):
        n, d = rows.shape
        self.weight, self.mean, self.first = np.ones(n), rows.copy(), np.arange(n)
        self.scatter, self.trace, self.latest = np.zeros((n, d, d)), np.zeros(n), None
        self.alpha = ((rows - rows.mean(axis=0)) ** 2).sum() / (n * d)
        self.term = np.full(n, np.log(self.alpha))
        self.cost = np.full((n, n), np.inf)  # the lower triangle
        for j in range(1, n):
            self.cost[j, :j] = self.joint(j, slice(0, j))[0]

    def joint(self, i, others):
        """What merging cluster i with each of the others costs; scatter and trace of each pair."""
        weight = self.weight[i] + self.weight[others]
        apart = self.mean[others] - self.mean[i]
        share = self.weight[i] * self.weight[others] / weight
        between = share[:, None, None] * apart[:, :, None] * apart[:, None, :]
        scatter = self.scatter[i] + self.scatter[others] + between
        trace = self.trace[i] + self.trace[others] + np.einsum("nii->n", between)
        volume = np.maximum(np.linalg.det(scatter / weight[:, None, None]), 0)
        term = weight * np.log((trace + self.alpha) / weight + np.where(weight > len(apart[0]), volume, 0))
        return term - self.term[i] - self.term[others], scatter, trace

    def merge(self, i, j):
        """Slots i < j become one."""
        if self.latest not in (None, i, j):
            self.scatter[self.latest] = slipped(self.scatter[self.latest], self.weight[self.latest])
        _, scatter, trace = self.joint(i, slice(j, j + 1))
        self.term[i] += self.term[j] + self.cost[j, i]
        self.scatter[i], self.trace[i] = scatter[0], trace[0]
        total = self.weight[i] + self.weight[j]
        self.mean[i] = (self.weight[i] * self.mean[i] + self.weight[j] * self.mean[j]) / total
        self.weight[i], self.first[i] = total, min(self.first[i], self.first[j])
        last, self.latest = len(self.weight) - 1, i
        self.cost[j, :j], self.cost[j + 1 : last, j] = self.cost[last, :j], self.cost[last, j + 1 : last]
        for name in ("weight", "mean", "first", "scatter", "trace", "term"):
            held = getattr(self, name)
            held[j] = held[last]
            setattr(self, name, held[:last])
        self.cost = self.cost[:last, :last]
        new = self.joint(i, slice(0, last))[0]
        self.cost[i, :i], self.cost[i + 1 :, i] = new[:i], new[i + 1 :]


def merges(rows):
    """The first rows of the two clusters that each merge makes one, the smaller first."""
    clusters, found = Clusters(rows), []
    below = np.tri(len(rows), k=-1, dtype=bool)
    for count in range(len(rows), 1, -1):
        costs = clusters.cost[below[:count, :count]]  # row by row
        place = len(costs) - 1 - int(costs[::-1].argmin())  # of pairs that tie the last
        j = int((1 + np.sqrt(1 + 8 * place)) // 2)
        i = place - j * (j - 1) // 2
        found.append(sorted(clusters.first[[i, j]]))
        clusters.merge(i, j)
    return np.array(found)
