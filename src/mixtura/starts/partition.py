"""Starts from labels or responsibilities of all rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura._support import Rng, as_numbers, without_missing
from mixtura.data import Chunk
from mixtura.em import Problem
from mixtura.errors import DataError
from mixtura.kernels import accumulate, sum_over_blocks
from mixtura.stats import Stats


@dataclass(frozen=True, slots=True, eq=False)
class Responsibilities:
    """Start from responsibilities of the components for each row.

    Attributes
    ----------
    share : array-like of shape (n, k)
        The responsibilities: not negative, and each row sums to one.

    Examples
    --------
    >>> import mixtura
    >>> start = mixtura.Responsibilities([[1.0, 0.0], [0.9, 0.1], [0.9, 0.1], [0.0, 1.0], [0.0, 1.0]])
    >>> mixtura.fit([0.0, 1.0, 2.0, 8.0, 9.0], 2, start=start).mixture.means.round(6).tolist()
    [[1.0], [8.5]]
    """

    share: Any

    def __call__(self, problem: Problem, k: int, rng: Rng) -> Stats:
        given = as_numbers(self.share, "start: responsibilities").astype(np.float64, copy=False)
        expected = (problem.source.length, k)
        if given.shape != expected:
            raise DataError(f"start: responsibilities have shape {given.shape}; expected {expected}")
        bad = np.flatnonzero(~((given >= 0).all(axis=1) & (np.abs(given.sum(axis=1) - 1) < 1e-6)))
        if len(bad):
            raise DataError(
                f"start, row {bad[0]}: responsibilities {given[bad[0]].tolist()}; "
                "expected numbers that are not negative and sum to one"
            )
        scatter_kind = problem.mstep.scatter_kind

        def chunk_stats(chunk: Chunk) -> Stats:
            return accumulate(chunk, given[chunk.positions], scatter_kind)

        return problem.source.sum(sum_over_blocks(chunk_stats, k))


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Start from a partition of the rows.

    Attributes
    ----------
    labels : array-like of shape (n,)
        Values that can be sorted, k different ones; components are numbered in their order.

    Examples
    --------
    >>> import mixtura
    >>> start = mixtura.Labels(["low", "low", "low", "high", "high"])
    >>> mixtura.fit([0.0, 1.0, 2.0, 8.0, 9.0], 2, start=start).mixture.means.round(6).tolist()
    [[8.5], [1.0]]
    """

    labels: Any

    def __call__(self, problem: Problem, k: int, rng: Rng) -> Stats:
        labels, missing = without_missing(self.labels)
        if labels.shape != (problem.source.length,):
            raise DataError(f"start: labels have shape {labels.shape}; expected ({problem.source.length},)")
        if missing.any():
            raise DataError(f"start, row {int(missing.argmax())}: the label is missing; start from labels of all rows")
        try:
            values, codes = np.unique(labels, return_inverse=True)
        except TypeError:
            raise DataError("start: labels cannot be sorted; pass labels of one type") from None
        if len(values) != k:
            raise DataError(f"start: labels have {len(values)} different values; expected k = {k}")
        members = np.eye(k)
        scatter_kind = problem.mstep.scatter_kind

        def chunk_stats(chunk: Chunk) -> Stats:
            return accumulate(chunk, members[codes[chunk.positions]], scatter_kind)

        return problem.source.sum(sum_over_blocks(chunk_stats, k))
