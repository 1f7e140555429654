"""The summary of a source's rows, computed in one pass over them."""

from __future__ import annotations

from functools import partial

import numpy as np

from mixtura._support import underflow_to_zero
from mixtura.data import Chunk, Extent, Source, Summary, Tensor, completed_part
from mixtura.kernels.base import TensorPass
from mixtura.kernels.choice import kernel_of
from mixtura.kernels.numpy import accumulate, sum_over_blocks
from mixtura.kernels.tensors import moments_of_tensor, squared_weights
from mixtura.stats import ScatterKind, Stats


def summarise(source: Source, *, full: bool = False, extent: bool = False) -> Summary:
    """Compute number, weight, mean, scatter and range of all rows in one pass.

    Parameters
    ----------
    source : Source
        Of rows with missing values the summary is that of the completed rows.
    full : bool
        Whether to compute the scatter of all pairs of columns, (d, d), and the extent. Otherwise the scatter is that of
        each column, (d,), and the extent is NaN, and the pass takes a small part of the time of an E-step.
    extent : bool
        Whether to compute the extent without the scatter of all pairs.

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
    source = completed_part(source)
    if full or extent:
        return source.sum(partial(_summary_with_extent, scatter_kind="full" if full else "diagonal"))
    kernel, whole = kernel_of(source), source.whole
    if kernel.of_tensors is not None:
        return source.sum(
            TensorPass(
                lambda chunk: _brief_summary(chunk, kernel.moments(chunk)),
                lambda rows, weight, _: summary_of_tensor(rows, weight),
            )
        )
    if whole is None:
        return source.sum(lambda chunk: _brief_summary(chunk, kernel.moments(chunk)))
    return _brief_summary(whole.chunk, source.sum(kernel.moments_pass()))


def _brief_summary(chunk: Chunk, sums: Stats) -> Summary:
    """The summary of a chunk, without its extent, from the weight, mean and scatter of its rows."""
    unknown = np.full(chunk.rows.shape[1], np.nan)
    mean, scatter, extent = sums.mean[0], sums.scatter[0], Extent(unknown, unknown)
    return Summary(len(chunk.rows), sums.total, _squared_weights(chunk), mean, scatter, extent)


def summary_of_tensor(rows: Tensor, weight: Tensor | None) -> Summary:
    """The summary of rows that are a tensor, without its extent."""
    sums, unknown = moments_of_tensor(rows, weight), np.full(rows.shape[1], np.nan)
    n, squares = (len(rows), float(len(rows))) if weight is None else squared_weights(weight)
    return Summary(n, sums.total, squares, sums.mean[0], sums.scatter[0], Extent(unknown, unknown))


def _summary_with_extent(chunk: Chunk, scatter_kind: ScatterKind) -> Summary:
    """The summary of a chunk with the extent, by NumPy."""
    sums = sum_over_blocks(lambda block: accumulate(block, np.ones((len(block.rows), 1)), scatter_kind))(chunk)
    extent = Extent.of(chunk.rows)
    return Summary(len(chunk.rows), sums.total, _squared_weights(chunk), sums.mean[0], sums.scatter[0], extent)


@underflow_to_zero  # of weights beside much larger ones
def _squared_weights(chunk: Chunk) -> float:
    """Sum of the squares of a chunk's weights."""
    weight = chunk.sample_weight
    return float(len(chunk.rows)) if weight is None else float(weight @ weight)
