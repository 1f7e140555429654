"""Clusters of several components, merged where they overlap most (Baudry et al. 2010, JCGS 19, 332-353)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Lazy, as_count, as_sample_weight
from mixtura.errors import ParameterError
from mixtura.mixture import LABEL, Mixture
from mixtura.plotting import plot_entropy

if TYPE_CHECKING:
    from matplotlib.figure import Figure


special = Lazy("scipy.special")


@dataclass(frozen=True, slots=True, eq=False)
class Combination:
    """Components merged two at a time, from all of them down to one cluster.

    Attributes
    ----------
    mixture : Mixture
        It stays what it is: as a density nothing changes.
    merges : tuple of (int, int)
        Which two clusters become one in each step, as positions in the list of clusters before it; the new one takes
        the place of the first.
    entropies : tuple of float
        Entropy of the assignment of rows to 1, 2, ..., K clusters, in nats.
    moved : tuple of float
        How many rows (or how much weight) the merges to 1, 2, ..., K - 1 clusters concerned.

    Examples
    --------
    >>> import mixtura
    >>> from mixtura import DenseCovariance, Mixture
    >>> mixture = Mixture([0.25, 0.25, 0.5], [[0.0], [0.5], [9.0]], DenseCovariance(np.ones((1, 1, 1)), 3))
    >>> merged = mixtura.combine_components(mixture, mixture.sample(200, seed=0)[0])
    >>> merged.groups(2), merged.suggested
    (((0, 1), (2,)), 2)
    >>> merged.predict([[0.2], [9.0]], 2).tolist()
    [0, 1]
    """

    mixture: Mixture
    merges: tuple[tuple[int, int], ...]
    entropies: tuple[float, ...]
    moved: tuple[float, ...]

    def groups(self, n_clusters: int) -> tuple[tuple[int, ...], ...]:
        """Which components make up each cluster."""
        k = self.mixture.n_components
        if as_count(n_clusters, "n_clusters") > k:
            raise ParameterError(f"n_clusters is {n_clusters}; the mixture has {k} components")
        groups: list[tuple[int, ...]] = [(j,) for j in range(k)]
        for first, second in self.merges[: k - n_clusters]:
            groups[first] = tuple(sorted(groups[first] + groups[second]))
            del groups[second]
        return tuple(groups)

    def posterior(self, X: Any, n_clusters: int) -> Array:
        """Probability of each cluster given the row, (n, n_clusters); that of noise, if any, is one column more."""
        share = self.mixture.posterior(X)
        merged = [share[:, list(group)].sum(axis=1) for group in self.groups(n_clusters)]
        return np.stack([*merged, *share.T[self.mixture.n_components :]], axis=1)

    def predict(self, X: Any, n_clusters: int) -> NDArray[np.int64]:
        """Most probable cluster of each row, (n,); -1 for noise."""
        labels = self.posterior(X, n_clusters).argmax(axis=1).astype(np.int64)
        return np.where(labels < n_clusters, labels, LABEL)

    @property
    def suggested(self) -> int:
        """The number of clusters where the entropy's curve bends: two straight lines, fitted by least squares.

        The entropy is seen against the number of rows that the merges moved, as Baudry et al. do; with fewer than
        four components there is too little to see a bend, and every merge but the last is advised whose drop in
        entropy is above the mean.
        """
        k = len(self.entropies)
        if k < 3:
            return k
        moved, entropy = self._path, np.array(self.entropies)
        bends = range(1, k - 1)
        misfit = [_misfit(moved[: b + 1], entropy[: b + 1]) + _misfit(moved[b:], entropy[b:]) for b in bends]
        return 1 + bends[int(np.argmin(misfit))]

    @property
    def _path(self) -> Array:
        """How many rows all merges concern on the way to 1, ..., K clusters, (K,)."""
        return np.concatenate([[0.0], np.cumsum(self.moved[::-1])])[::-1]

    def plot(self, *, path: str | Path | None = None) -> Figure:
        """Draw the entropy against the number of clusters, and against the rows merged so far, where it bends.

        Parameters
        ----------
        path : str or Path, optional
            Save as this .png, .svg or .pdf, too.
        """
        return plot_entropy(np.array(self.entropies), self._path, self.suggested, path)


def _misfit(x: Array, y: Array) -> float:
    """Sum of squares that a straight line leaves."""
    centred = x - x.mean()
    spread = float(centred @ centred)
    slope = float(centred @ y) / spread if spread > 0 else 0.0
    return float(((y - y.mean() - slope * centred) ** 2).sum())


def combine_components(mixture: Mixture, X: Any, sample_weight: Any = None) -> Combination:
    """Merge components into clusters, the two that overlap most at a time.

    A cluster need not be Gaussian: BIC may need several components for one. Each step merges the two whose union
    lowers the entropy of the rows' assignment most.

    Parameters
    ----------
    mixture : Mixture
    X : array-like or table of shape (n, d)
    sample_weight : array-like of shape (n,), optional

    Returns
    -------
    Combination

    References
    ----------
    Baudry, Raftery, Celeux, Lo & Gottardo (2010), Combining mixture components for clustering, J. Comput. Graph.
    Stat. 19, 332-353.

    Examples
    --------
    >>> from mixtura import DenseCovariance, Mixture
    >>> mixture = Mixture([0.25, 0.25, 0.5], [[0.0], [0.5], [9.0]], DenseCovariance(np.ones((1, 1, 1)), 3))
    >>> combine_components(mixture, [[0.1], [0.4], [9.0]]).merges
    ((0, 1), (0, 1))
    """
    share = mixture.posterior(X)[:, : mixture.n_components]  # noise is no cluster
    weight = as_sample_weight(sample_weight, len(share))
    counts = np.ones(len(share)) if weight is None else weight
    entropies, merges, moved = [_entropy(share, counts)], [], []
    while share.shape[1] > 1:
        first, second = _closest(share, counts)
        moved.append(float(counts @ (share[:, first] + share[:, second])))
        merges.append((first, second))
        share[:, first] += share[:, second]
        share = np.delete(share, second, axis=1)
        entropies.append(_entropy(share, counts))
    return Combination(mixture, tuple(merges), tuple(entropies[::-1]), tuple(moved[::-1]))


def _entropy(share: Array, counts: Array) -> float:
    """- sum_n w_n sum_k r_nk log r_nk."""
    return -float(counts @ special.xlogy(share, share).sum(axis=1)) + 0.0


def _closest(share: Array, counts: Array) -> tuple[int, int]:
    """The two columns whose sum has the lowest entropy, compared with their own."""
    k = share.shape[1]
    own = counts @ special.xlogy(share, share)
    drops = {
        (i, j): float(counts @ special.xlogy(both := share[:, i] + share[:, j], both)) - own[i] - own[j]
        for i in range(k)
        for j in range(i + 1, k)
    }
    return max(drops, key=lambda pair: drops[pair])
