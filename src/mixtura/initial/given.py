"""Starts that the caller gives: labels, responsibilities, parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura.arrays import frozen
from mixtura.covariance import Covariance, Dense
from mixtura.data import Chunk, Rng
from mixtura.em import Task
from mixtura.errors import DataError, ParameterError
from mixtura.initial.clusters import kmeans
from mixtura.kernels import accumulate, blocked
from mixtura.mixture import Mixture
from mixtura.stats import Stats


@dataclass(frozen=True, slots=True, eq=False)
class Responsibilities:
    """Start from the share of each row that each component gets.

    Attributes
    ----------
    share : array-like of shape (n, k)
        Not negative; every row sums to one.

    Examples
    --------
    >>> import mixtura
    >>> start = mixtura.Responsibilities([[1.0, 0.0], [0.9, 0.1], [0.9, 0.1], [0.0, 1.0], [0.0, 1.0]])
    >>> mixtura.fit([0.0, 1.0, 2.0, 8.0, 9.0], 2, start=start).mixture.means.round(6).tolist()
    [[1.0], [8.5]]
    """

    share: Any

    def __call__(self, task: Task, k: int, rng: Rng) -> Stats:
        share = frozen(self.share, "start: responsibilities")
        expected = (task.source.length, k)
        if share.shape != expected:
            raise DataError(f"start: responsibilities have shape {share.shape}; expected {expected}")
        bad = np.flatnonzero(~((share >= 0).all(axis=1) & (np.abs(share.sum(axis=1) - 1) < 1e-6)))
        if len(bad):
            raise DataError(
                f"start, row {bad[0]}: responsibilities {share[bad[0]].tolist()}; "
                "expected numbers that are not negative and sum to one"
            )

        def shared_out(chunk: Chunk) -> Stats:
            return accumulate(chunk, share[chunk.positions], task.family.needs)

        return task.source.sum(blocked(shared_out, k))


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Start from a partition of the rows.

    Attributes
    ----------
    labels : array-like of shape (n,)
        Any values; components are numbered in their sorted order.

    Examples
    --------
    >>> import mixtura
    >>> start = mixtura.Labels(["low", "low", "low", "high", "high"])
    >>> mixtura.fit([0.0, 1.0, 2.0, 8.0, 9.0], 2, start=start).mixture.means.round(6).tolist()
    [[8.5], [1.0]]
    """

    labels: Any

    def __call__(self, task: Task, k: int, rng: Rng) -> Stats:
        labels = np.asarray(self.labels)
        if labels.shape != (task.source.length,):
            raise DataError(f"start: labels have shape {labels.shape}; expected ({task.source.length},)")
        try:
            values, codes = np.unique(labels, return_inverse=True)
        except TypeError:
            raise DataError("start: labels cannot be sorted; pass labels of one type") from None
        members = np.eye(len(values))
        if len(values) != k:
            raise DataError(f"start: labels have {len(values)} different values; expected k = {k}")

        def joined(chunk: Chunk) -> Stats:
            return accumulate(chunk, members[codes[chunk.positions]], task.family.needs)

        return task.source.sum(blocked(joined, k))


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """Start from parameters; those not given come from another start.

    Attributes
    ----------
    weights : array-like of shape (k,), optional
    means : array-like of shape (k, d), optional
    precisions : array-like of shape (k, d, d), optional
        Inverse covariance matrices.
    covariances : Covariance, optional
        Instead of precisions.
    rest : callable
        The start that supplies what is not given.

    Examples
    --------
    >>> import mixtura
    >>> start = mixtura.Parameters(weights=[0.5, 0.5], means=[[0.0], [9.0]], precisions=np.ones((2, 1, 1)))
    >>> mixtura.fit([0.0, 1.0, 2.0, 8.0, 9.0], 2, start=start).mixture.means.round(6).tolist()
    [[1.0], [8.5]]
    """

    weights: Any = None
    means: Any = None
    precisions: Any = None
    covariances: Covariance | None = None
    rest: Any = kmeans

    def __call__(self, task: Task, k: int, rng: Rng) -> Mixture:
        given: dict[str, Any] = {
            "weights": None if self.weights is None else frozen(self.weights, "weights"),
            "means": None if self.means is None else frozen(self.means, "means"),
            "covariances": self.covariances if self.precisions is None else _inverted(self.precisions, k),
        }
        missing = [name for name, value in given.items() if value is None]
        if missing:
            base, _ = task.mstep(self.rest(task, k, rng))
            given.update({name: getattr(base, name) for name in missing})
        mixture = Mixture(**given)
        if mixture.n_components != k:
            raise ParameterError(f"k is {k}, but the start has {mixture.n_components} components")
        return mixture


def _inverted(precisions: Any, k: int) -> Dense:
    """Covariances from precision matrices, by their Cholesky factors."""
    matrices = frozen(precisions, "precisions")
    if matrices.ndim != 3 or matrices.shape[0] != k or matrices.shape[1] != matrices.shape[2]:
        raise ParameterError(f"precisions have shape {matrices.shape}; expected ({k}, d, d)")
    return Dense.from_precisions(matrices, *matrices.shape[:2])
