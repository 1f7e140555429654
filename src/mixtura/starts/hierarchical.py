"""Model-based hierarchical clustering (Banfield & Raftery 1993; Fraley 1998): one tree gives starts for every k."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import (
    Array,
    Rng,
    TableKind,
    as_count,
    as_rng,
    as_table,
    format_count,
    html_table,
    table_kind,
    underflow_to_zero,
)
from mixtura.data import Chunk, Source, as_source, completed_part
from mixtura.em import Problem
from mixtura.errors import DataError, ParameterError
from mixtura.kernels import accumulate, kernel_of
from mixtura.starts.completion import with_completed_rows
from mixtura.starts.coordinates import COORDINATES
from mixtura.stats import Stats

CRITERIA = ("EII", "VII", "EEE", "VVV")

# Largest number of rows that are clustered, as in mclust; of more, a random sample.
SUBSET = 2000


@dataclass(frozen=True, slots=True, eq=False)
class ClusterTree:
    """A hierarchy of clusters, from single rows to all; a start for any number of components and any model.

    Attributes
    ----------
    merges : ndarray of shape (n - 1, 2)
        Each merge, by the indices of the first rows of its two clusters, the smaller first.
    heights : ndarray of shape (n - 1,)
        Increase of the criterion by each merge.
    rows : ndarray of shape (n, d)
        The rows that were clustered.
    sample_weight : ndarray of shape (n,), or None
    criterion, use : str
        As given to `mixtura.hierarchical`.
    table_kind : {"records", "pandas", "polars"}
        Kind of table that `table` returns: that of the rows.

    Examples
    --------
    >>> import mixtura
    >>> tree = mixtura.hierarchical([0.0, 1.0, 2.0, 8.0, 9.0])
    >>> tree.labels(2).tolist(), tree.labels(1).tolist()
    ([0, 0, 0, 1, 1], [0, 0, 0, 0, 0])
    >>> mixtura.fit([0.0, 1.0, 2.0, 8.0, 9.0], 2, start=tree).mixture.means.round(6).tolist()
    [[1.0], [8.5]]
    """

    merges: NDArray[np.int64]
    heights: Array
    rows: Array
    sample_weight: Array | None
    criterion: str
    use: str
    table_kind: TableKind = "records"

    def __repr__(self) -> str:
        n, d = self.rows.shape
        return f"<ClusterTree of {format_count(n, 'row')} in {format_count(d, 'dimension')} by {self.criterion}>"

    def _repr_html_(self) -> str:
        return html_table(repr(self).strip("<>"), self.records()[::-1])

    def table(self) -> Any:
        """A row for each merge, in order: number of clusters left, first rows of the two joined, and its height.

        It is a pandas or polars DataFrame if the rows were one; otherwise it is the list `records`.
        """
        return as_table(self.records(), self.table_kind)

    def records(self) -> list[dict[str, Any]]:
        """The rows of `table` as dictionaries."""
        left = range(len(self.merges), 0, -1)
        return [
            {"n_clusters": k, "first": first, "second": second, "height": height}
            for k, (first, second), height in zip(left, self.merges.tolist(), self.heights.tolist(), strict=True)
        ]

    def labels(self, k: int) -> NDArray[np.int64]:
        """The partition of ``rows`` into k clusters, numbered by their first rows.

        Parameters
        ----------
        k : int
            From 1 to the number of rows.

        Returns
        -------
        ndarray of shape (n,)

        Raises
        ------
        ParameterError
            If there are fewer rows.
        """
        n = len(self.rows)
        if as_count(k, "k") > n:
            raise ParameterError(f"k is {k}; the tree has only {n} rows")
        first = np.arange(n)
        for i, j in self.merges[: n - k][::-1]:  # the last merges lead to the clusters that are left
            first[j] = first[i]
        return np.unique(first, return_inverse=True)[1].astype(np.int64)

    def __call__(self, problem: Problem, k: int, rng: Rng) -> Stats:
        """Statistics of the k clusters of the tree's rows; other rows get responsibilities in the first E-step."""
        if self.rows.shape[1] != problem.source.n_features:
            given, expected = self.rows.shape[1], problem.source.n_features
            raise DataError(f"start: the tree has {given} columns; the data has {expected}")
        members = np.eye(k)[self.labels(k)]
        return accumulate(Chunk(self.rows, self.sample_weight), members, problem.mstep.scatter_kind)


def hierarchical(
    X: Any,
    *,
    criterion: str = "VVV",
    use: str = "SVD",
    sample_weight: Any = None,
    subset: int = SUBSET,
    seed: int | Rng | None = 0,
) -> ClusterTree:
    """Cluster rows: merge the two clusters whose merge lowers the classification likelihood least, until one is left.

    Time and memory grow with the square of the number of rows: 2,000 x 5 take less than a second.

    Parameters
    ----------
    X : array-like or table of shape (n, d), (n,) for one column, or a Source
    criterion : {"VVV", "EEE", "VII", "EII"}
        The model whose classification likelihood is maximised; EII is Ward's method.
    use : {"SVD", "VARS", "STD", "SPH", "PCS", "PCR"}
        The coordinates: principal components of the standardised columns, divided by the square roots of their
        singular values (``"SVD"``); the columns as they are (``"VARS"``), standardised (``"STD"``), or sphered
        (``"SPH"``); principal components of the covariance matrix (``"PCS"``), or of the correlation matrix
        (``"PCR"``).
    sample_weight : array-like of shape (n,), optional
        A row of weight 3 is a cluster of three equal rows, one of weight 0 is left out. Weights with a mean below one
        are scaled to a mean of one.
    subset : int
        Largest number of rows that are clustered; if there are more, so many are drawn at random, without replacement.
    seed : int, numpy Generator or RandomState, or None
        For that draw. The same seed gives the same result; None draws one.

    Returns
    -------
    ClusterTree
        The tree of the rows, or of those drawn; it can be the ``start`` of any number of fits.

    Raises
    ------
    DataError, ParameterError
        If the rows, their weights or another argument cannot be used.

    References
    ----------
    Banfield & Raftery (1993), Biometrics 49, 803-821. Fraley (1998), SIAM J. Sci. Comput. 20, 270-281, for the
    criteria. Scrucca & Raftery (2015), Adv. Data Anal. Classif. 9, 447-460, for the coordinates.

    Examples
    --------
    >>> import mixtura
    >>> mixtura.hierarchical([[0.0, 0.0], [0.0, 1.0], [5.0, 5.0], [5.0, 6.0]], criterion="EII").labels(2).tolist()
    [0, 0, 1, 1]
    """
    if criterion not in CRITERIA:
        raise ParameterError(f"criterion is {criterion!r}; expected one of {', '.join(CRITERIA)}")
    if use not in COORDINATES:
        raise ParameterError(f"use is {use!r}; expected one of {', '.join(COORDINATES)}")
    source = completed_part(with_completed_rows(as_source(X, sample_weight)))
    tree = agglomerate_rows(source, as_rng(seed), criterion, use, as_count(subset, "subset"))
    return replace(tree, table_kind=table_kind(X))


def from_tree(problem: Problem, k: int, rng: Rng) -> Stats:
    """Statistics of the k clusters of the default tree of the problem's rows."""
    return default_tree(problem.source, rng)(problem, k, rng)


def default_tree(source: Source, rng: Rng) -> ClusterTree:
    """The tree of a source's rows by VVV, or by EII if there are no more rows than columns, as in mclust.

    Then no cluster has a covariance matrix of its own.
    """
    return agglomerate_rows(source, rng, "VVV" if source.n_rows > source.n_features else "EII")


@underflow_to_zero
def agglomerate_rows(source: Source, rng: Rng, criterion: str, use: str = "SVD", subset: int = SUBSET) -> ClusterTree:
    """The tree of a source's rows, or of at most ``subset`` random ones."""
    sample = source.rows(subset, rng)
    rows = sample.rows.astype(np.float64)
    weight = sample.weigh(np.ones(len(rows)))
    weight *= max(1.0, len(rows) / weight.sum())
    points = np.ascontiguousarray(COORDINATES[use](rows, weight))
    trace = float(weight @ ((points - np.average(points, axis=0, weights=weight)) ** 2).sum(axis=1))
    # If all rows are equal, no coordinate may be left, and any alpha will do.
    alpha = max(trace / (weight.sum() * max(points.shape[1], 1)), float(np.finfo(np.float64).eps))
    merges, heights = kernel_of(source).agglomerate(points, weight, criterion, alpha)
    for values in (merges, heights, rows):
        values.setflags(write=False)
    return ClusterTree(merges, heights, rows, sample.sample_weight, criterion, use)
