"""The summary of a source's rows, computed in one pass over them."""

from __future__ import annotations

import numpy as np

from mixtura.data import Chunk, Extent, Source, Summary
from mixtura.kernels.choice import kernel_of
from mixtura.kernels.numpy import accumulate, sum_over_blocks


def summarise(source: Source, *, full: bool = False) -> Summary:
    """Compute number, weight, mean, scatter and extent of all rows in one pass.

    Parameters
    ----------
    source : Source
    full : bool
        Whether the scatter is a matrix, (d, d), and squared weights and extent are computed. Otherwise the scatter has
        the columns' sums of squares alone, (d,), and the others are NaN, which is faster.

    Returns
    -------
    Summary

    Examples
    --------
    >>> from mixtura.data import ArraySource
    >>> whole = summarise(ArraySource.of([[0.0], [2.0], [7.0]]), full=True)
    >>> whole.mean.tolist(), whole.scatter.tolist(), whole.extent.largest.tolist(), whole.effective_n_rows
    ([3.0], [[26.0]], [7.0], 3.0)
    """
    if full:
        return source.sum(_full_summary)
    sums = source.sum(kernel_of(source).moments_pass())
    missing = np.full(source.n_features, np.nan)
    weight, mean, scatter = sums.total, sums.mean[0], sums.scatter[0]
    return Summary(source.n_rows, weight, float("nan"), mean, scatter, Extent(missing, missing))


def _full_summary(chunk: Chunk) -> Summary:
    """The summary of a chunk with scatter matrix, squared weights and extent."""
    sums = sum_over_blocks(lambda block: accumulate(block, np.ones((len(block.rows), 1)), "full"))(chunk)
    weight = chunk.sample_weight
    squared = float(len(chunk.rows)) if weight is None else float(weight @ weight)
    extent = Extent.of(chunk.rows)
    return Summary(len(chunk.rows), sums.total, squared, sums.mean[0], sums.scatter[0], extent)
