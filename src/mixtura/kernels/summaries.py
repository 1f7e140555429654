"""The first pass over a source: its summary."""

from __future__ import annotations

import numpy as np

from mixtura.data import Chunk, Extent, Source, Summary
from mixtura.kernels.choice import kernel_of
from mixtura.kernels.numpy import accumulate, sum_over_blocks


def summarise(source: Source, *, full: bool = False) -> Summary:
    """Summarise all rows in one pass.

    Parameters
    ----------
    source : Source
    full : bool
        Whether scatter is that of all pairs of columns, and squared weights and the extent are told: all three are
        NaN otherwise, or of the columns alone, since the kernel is faster without them.

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
        return source.sum(_full)
    sums = source.sum(kernel_of(source).moments_pass())
    unknown = np.full(source.n_features, np.nan)
    weight, mean, scatter = sums.total, sums.mean[0], sums.scatter[0]
    return Summary(source.n_rows, weight, float("nan"), mean, scatter, Extent(unknown, unknown))


def _full(chunk: Chunk) -> Summary:
    """The summary of a chunk, by NumPy."""
    sums = sum_over_blocks(lambda block: accumulate(block, np.ones((len(block.rows), 1)), "full"))(chunk)
    weight = chunk.sample_weight
    squared = float(len(chunk.rows)) if weight is None else float(weight @ weight)
    extent = Extent.of(chunk.rows)
    return Summary(len(chunk.rows), sums.total, squared, sums.mean[0], sums.scatter[0], extent)
