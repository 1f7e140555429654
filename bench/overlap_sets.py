"""Data sets with a known overlap of their clusters: 7 kinds, 1 to 50 columns, 2 to 30 clusters, 100 to 100,000 rows.

The overlap is the probability that the true mixture's most probable component is not the one that a row came from. The
means are moved apart or together until it is as wanted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

# Most multiplications in one EM iteration, so that 300 runs of EM end within minutes.
MOST_WORK = 1.5e7
DRAWS = 4000
SEPARATED_OVERLAP = 1e-4

KINDS = ("separated", "plain", "unbalanced", "nested", "crossing", "scaled", "rounded")


@dataclass(frozen=True, eq=False)
class OverlapSet:
    """Rows from a mixture of Gaussians.

    ``components`` are those that the rows came from, and ``overlap`` is the share of rows whose most probable component
    is another one; where many clusters are in one column it may be larger than wanted.
    """

    name: str
    kind: str
    rows: np.ndarray  # (n, d)
    components: np.ndarray  # (n,)
    k: int
    overlap: float


@dataclass(frozen=True, eq=False)
class Truth:
    """Weights (k,), means (k, d), and square roots of the covariances (k, d, d): rows are mean + root @ normal."""

    weights: np.ndarray
    means: np.ndarray
    roots: np.ndarray

    def draw(self, n: int, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
        """Rows and their components."""
        labels = rng.choice(len(self.weights), size=n, p=self.weights)
        noise = rng.normal(size=(n, self.means.shape[1]))
        return self.means[labels] + np.einsum("nij,nj->ni", self.roots[labels], noise), labels

    def overlap(self, rng: Generator) -> float:
        """Share of rows whose most probable component is another one, of ``DRAWS`` rows."""
        rows, labels = self.draw(DRAWS, rng)
        joint = [
            np.log(weight)
            - np.linalg.slogdet(root)[1]
            - 0.5 * (np.linalg.solve(root, (rows - mean).T) ** 2).sum(axis=0)
            for weight, mean, root in zip(self.weights, self.means, self.roots, strict=True)
        ]
        return float(np.mean(np.argmax(joint, axis=0) != labels))

    def with_overlap(self, wanted: float, seed: int) -> Truth:
        """The same with means so far apart that the overlap is at most the wanted one, by bisection."""
        low, high = 0.02, 60.0
        for _ in range(14):
            middle = np.sqrt(low * high)
            found = replace(self, means=self.means * middle).overlap(np.random.default_rng(seed))
            low, high = (middle, high) if found > wanted else (low, middle)
        return replace(self, means=self.means * high)


def random_roots(k: int, d: int, rng: Generator, spread: float = 3.0) -> np.ndarray:
    """Square roots of covariances with random axes; standard deviations differ by a factor of ``spread`` each way."""
    axes = np.linalg.qr(rng.normal(size=(k, d, d)))[0]
    return axes * np.exp(rng.uniform(-0.5, 0.5, size=(k, 1, d)) * np.log(spread))


def truth_of(kind: str, k: int, d: int, rng: Generator) -> Truth:
    """A random mixture of this kind, before its overlap is set."""
    means, roots = rng.normal(size=(k, d)), random_roots(k, d, rng)
    weights = rng.dirichlet(np.full(k, 10.0))
    if kind == "unbalanced":
        weights = 1 / np.arange(1, k + 1) ** 1.0
    for j in range(1, k, 2):
        if kind == "nested":  # every other component around the same mean as the one before, 5 times as wide
            means[j], roots[j] = means[j - 1], 5 * roots[j - 1]
        elif kind == "crossing" and d > 1:  # long ones that cross at their means
            stretch = np.ones(d)
            stretch[:2] = 8.0, 1.0
            axes = np.linalg.qr(rng.normal(size=(d, d)))[0]
            means[j] = means[j - 1]
            roots[j - 1], roots[j] = axes * stretch, axes * stretch[[1, 0, *range(2, d)]]
    return Truth(weights / weights.sum(), means, roots)


def size_of(kind: str, rng: Generator) -> tuple[int, int, int]:
    """Rows, columns and clusters: enough rows for every cluster, and not too much work."""
    while True:
        d, k = (int(np.exp(rng.uniform(np.log(low), np.log(high)))) for low, high in ((1, 51), (2, 31)))
        least = int(max(100, (d + 1) * k * (4 * (np.log(k) + 1) if kind == "unbalanced" else 6)))
        most = min(100_000, MOST_WORK / (k * (d * d + 8)))
        if least <= 4 * most:
            return int(np.exp(rng.uniform(np.log(least), np.log(max(most, least + 1))))), d, k


def overlap_set(number: int) -> OverlapSet:
    """The data set with this number; seven that follow each other are one of each kind."""
    rng, kind = np.random.default_rng(number), KINDS[number % len(KINDS)]
    n, d, k = size_of(kind, rng)
    wanted = SEPARATED_OVERLAP if kind == "separated" else float(rng.choice([0.005, 0.02, 0.05, 0.1]))
    truth = truth_of(kind, k, d, rng).with_overlap(wanted, number)
    rows, labels = truth.draw(n, rng)
    if kind == "scaled":
        rows = rows * 10.0 ** rng.integers(-4, 5, size=d) + 10.0 ** rng.integers(0, 5, size=d)
    if kind == "rounded":
        unit = rows.std(axis=0) * rng.choice([0.02, 0.05, 0.1])
        unit = 10.0 ** np.round(np.log10(unit))
        rows = np.round(rows / unit) * unit
    overlap = truth.overlap(np.random.default_rng(number))
    return OverlapSet(f"{number}: {kind}, {n:,} x {d}, K={k}", kind, rows, labels, k, overlap)
