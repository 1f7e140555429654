"""Combine overlapping components into clusters (Baudry et al. 2010, J. Comput. Graph. Stat. 19, 332-353)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import (
    TINY,
    Array,
    LazyModule,
    TableKind,
    as_column_like,
    as_columns_like,
    as_count,
    as_sample_weight,
    as_table,
    format_count,
    from_device,
    html_table,
    table_kind,
    underflow_to_zero,
)
from mixtura.data import given_weights
from mixtura.errors import ParameterError
from mixtura.mixture import NOISE_LABEL, Mixture, as_mixture, component_labels
from mixtura.plotting import Place, plot_entropy

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure


special = LazyModule("scipy.special")


# Two clusters overlap if their merge lowers the entropy by at least this, in nats for each of their rows.
OVERLAP = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Combination:
    """Hierarchy of clusters of components, merged two at a time from K clusters down to one.

    Attributes
    ----------
    mixture : Mixture
        The mixture of K components; its density is that of every number of clusters.
    merges : tuple of (int, int)
        The two clusters that each step merges, as positions in the list of clusters before the step; the union takes
        the position of the first.
    entropies : tuple of float
        Entropy of the classification of the rows into 1, 2, ..., K clusters, in nats.
    merged_rows : tuple of float
        Rows (or their weight) in the two clusters whose merge leaves 1, 2, ..., K - 1 clusters.
    table_kind : {"records", "pandas", "polars"}
        Kind of table that `table` returns: that of the rows.

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
    merged_rows: tuple[float, ...]
    table_kind: TableKind = "records"

    def __repr__(self) -> str:
        k = self.mixture.n_components
        clusters = format_count(self.suggested, "cluster")
        return f"<Combination of {format_count(k, 'component')} into {clusters} or any number up to {k}>"

    def _repr_html_(self) -> str:
        return html_table(repr(self).strip("<>"), self.records())

    def table(self) -> Any:
        """A row for each number of clusters, from K down to 1: the entropy, and which components are in a cluster.

        It is a pandas or polars DataFrame if the rows were one; otherwise it is the list `records`.
        """
        return as_table(self.records(), self.table_kind)

    def records(self) -> list[dict[str, Any]]:
        """The rows of `table` as dictionaries."""
        names = component_labels(self.mixture)
        return [
            {
                "n_clusters": count,
                "entropy": self.entropies[count - 1],
                "groups": "; ".join(" ".join(str(names[j]) for j in group) for group in self.groups(count)),
            }
            for count in range(self.mixture.n_components, 0, -1)
        ]

    def groups(self, n_clusters: int) -> tuple[tuple[int, ...], ...]:
        """Components of each of ``n_clusters`` clusters."""
        k = self.mixture.n_components
        if as_count(n_clusters, "n_clusters") > k:
            raise ParameterError(f"n_clusters is {n_clusters}; the mixture has {k} components")
        groups: list[tuple[int, ...]] = [(j,) for j in range(k)]
        for first, second in self.merges[: k - n_clusters]:
            groups[first] = tuple(sorted(groups[first] + groups[second]))
            del groups[second]
        return tuple(groups)

    def posterior(self, X: Any, n_clusters: int) -> Any:
        """Probability of each cluster given the row, (n, n_clusters); that of noise, if any, is one column more.

        It is a DataFrame, with the index of X and the columns 0, 1, ..., and -1 for noise, if X is a DataFrame.
        """
        posterior = self._posterior(X, n_clusters)
        names = [*range(n_clusters), *([NOISE_LABEL] if self.mixture.noise else [])]
        return as_columns_like(X, posterior, names)

    @underflow_to_zero
    def _posterior(self, X: Any, n_clusters: int) -> Array:
        """Probability of each cluster given the row, and of noise, if any, as an array."""
        responsibilities = from_device(self.mixture.posterior(X))
        merged = [responsibilities[:, list(group)].sum(axis=1) for group in self.groups(n_clusters)]
        return np.stack([*merged, *responsibilities.T[self.mixture.n_components :]], axis=1)

    def predict(self, X: Any, n_clusters: int) -> Any:
        """Most probable cluster of each row, (n,); -1 for noise.

        It is a Series "cluster", with the index of X, if X is a DataFrame.
        """
        labels = self._posterior(X, n_clusters).argmax(axis=1).astype(np.int64)
        return as_column_like(X, np.where(labels < n_clusters, labels, NOISE_LABEL), "cluster")

    @property
    def suggested(self) -> int:
        """Number of clusters at which to stop merging: K, 1, or where the entropy curve has its bend.

        Two clusters overlap if merging them lowers the entropy by 0.05 nats or more for each row in them; two equal
        normals do if their means are less than 4.2 standard deviations apart. K if no two components overlap; 1 if
        even the last two clusters do. Otherwise the bend at 2, ..., K - 1 clusters where two lines fit the entropy best
        by least squares, as a function of the number of rows merged so far (Baudry et al. 2010).
        """
        k = len(self.entropies)
        overlap = np.diff(self.entropies) / np.maximum(self.merged_rows, TINY) >= OVERLAP
        if k == 1 or not overlap[-1]:
            return k
        if overlap[0]:
            return 1
        total_rows, entropy = self._cumulative_merged_rows, np.array(self.entropies)
        bends = range(1, k - 1)
        misfit = [
            _line_residual(total_rows[: b + 1], entropy[: b + 1]) + _line_residual(total_rows[b:], entropy[b:])
            for b in bends
        ]
        return 1 + bends[int(np.argmin(misfit))]

    @property
    def _cumulative_merged_rows(self) -> Array:
        """Rows in merged clusters, summed over the merges from K clusters to 1, ..., K, (K,)."""
        return np.concatenate([[0.0], np.cumsum(self.merged_rows[::-1])])[::-1]

    def plot(
        self,
        *,
        title: str | None = None,
        figsize: tuple[float, float] | None = None,
        ax: SubFigure | None = None,
        path: str | Path | None = None,
    ) -> Figure:
        """Draw the entropy against the number of clusters, and against the rows merged so far, with its bend.

        Parameters
        ----------
        title, figsize, ax, path : optional
            As in `mixtura.plot`; ``ax`` is a SubFigure, since there are several panels.
        """
        place = Place.of(ax, figsize, title, path)
        return plot_entropy(np.array(self.entropies), self._cumulative_merged_rows, self.suggested, place)


def _line_residual(x: Array, y: Array) -> float:
    """Residual sum of squares of the least-squares line through points."""
    centred = x - x.mean()
    spread = float(centred @ centred)
    slope = float(centred @ y) / spread if spread > 0 else 0.0
    return float(((y - y.mean() - slope * centred) ** 2).sum())


@underflow_to_zero
def combine_components(mixture: Any, X: Any, sample_weight: Any = None) -> Combination:
    """Merge components into clusters, two at a time.

    A cluster that is not Gaussian may need several components. Each step merges the two clusters whose union lowers
    the entropy of the classification most.

    Parameters
    ----------
    mixture : Mixture, Fit, Selection or fitted estimator
        Its noise, if any, is in no cluster.
    X : array-like or table of shape (n, d)
        The rows whose classification is measured.
    sample_weight : array-like of shape (n,), optional
        Weights of the rows.

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
    mixture = as_mixture(mixture, "mixture")
    responsibilities = from_device(mixture.posterior(X))[:, : mixture.n_components]  # noise is no cluster
    weight = as_sample_weight(given_weights(X, sample_weight), len(responsibilities))
    counts = np.ones(len(responsibilities)) if weight is None else weight
    entropies, merges, merged_rows = [_entropy(responsibilities, counts)], [], []
    while responsibilities.shape[1] > 1:
        first, second = _most_overlapping(responsibilities, counts)
        merged_rows.append(float(counts @ (responsibilities[:, first] + responsibilities[:, second])))
        merges.append((first, second))
        responsibilities[:, first] += responsibilities[:, second]
        responsibilities = np.delete(responsibilities, second, axis=1)
        entropies.append(_entropy(responsibilities, counts))
    return Combination(mixture, tuple(merges), tuple(entropies[::-1]), tuple(merged_rows[::-1]), table_kind(X))


def _entropy(responsibilities: Array, counts: Array) -> float:
    """Entropy -sum_n w_n sum_k r_nk log r_nk of responsibilities (n, k) with row weights (n,)."""
    return -float(counts @ special.xlogy(responsibilities, responsibilities).sum(axis=1)) + 0.0


def _most_overlapping(responsibilities: Array, counts: Array) -> tuple[int, int]:
    """The two columns whose sum lowers the entropy most."""
    k = responsibilities.shape[1]
    own = counts @ special.xlogy(responsibilities, responsibilities)
    drops = {
        (i, j): float(counts @ special.xlogy(both := responsibilities[:, i] + responsibilities[:, j], both))
        - own[i]
        - own[j]
        for i in range(k)
        for j in range(i + 1, k)
    }
    return max(drops, key=lambda pair: drops[pair])
