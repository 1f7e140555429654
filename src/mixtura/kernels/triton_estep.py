"""The E-step of rows on a graphics processor in kernels written with Triton, a block of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from mixtura.kernels.affine import Affine
from mixtura.kernels.deviation_sums import DeviationSums, is_elementwise
from mixtura.kernels.triton_blocks import Launch, RowLogs, block_rows, split_rows
from mixtura.kernels.triton_dense_terms import DenseTerms, dense_terms
from mixtura.kernels.triton_diagonal_terms import DiagonalTerms, diagonal_terms
from mixtura.stats import ScatterKind


def fused_sums(
    x: torch.Tensor, weight: torch.Tensor | None, affine: Affine, scatter_kind: ScatterKind
) -> DeviationSums:
    """Sums of an E-step, of the rows' deviations from the means of its mixture; the same bits whenever it is repeated.

    Responsibilities are stored for one block of rows at a time. Which mixtures and rows this is for is told by
    `mixtura.kernels.deviation_sums.supports`. On CPUs Triton interprets its kernels if ``TRITON_INTERPRET=1`` is set.

    Parameters
    ----------
    x : Tensor of shape (n, d)
        Rows in float32, contiguous.
    weight : Tensor of shape (n,), or None
        Sample weights.
    affine : Affine
        The mixture, without t components.
    scatter_kind : {"full", "pooled", "diagonal"}
    """
    terms = _terms(affine, scatter_kind, x.device)
    logs = RowLogs.empty(len(x), terms.dtype, x.device)
    block = block_rows(len(x), terms.row_elements, terms.dtype.itemsize)
    rows_per_split = split_rows(block, terms.tile_count)
    sums = terms.zeros(-(-block // rows_per_split))
    for rows, launch in _blocks(x, terms, logs, block):
        count = launch.total.reciprocal() if weight is None else (weight[rows] / launch.total).to(torch.float32)
        terms.add_sums(x[rows], launch, count, rows_per_split, sums)
    log_total = logs.total.to(torch.float64).log()
    density = logs.largest + log_total + terms.reference
    return DeviationSums(
        *terms.about_means(sums, scatter_kind),
        loglik=_sum(density, weight),
        assignment_logprob=-_sum(log_total, weight),
    )


def fused_log_density(x: torch.Tensor, affine: Affine) -> torch.Tensor:
    """Log-density of each row of x (n, d) in float32 under a mixture without t components, (n,), in float64."""
    terms = _terms(affine, "diagonal", x.device)
    logs = RowLogs.empty(len(x), terms.dtype, x.device)
    for _ in _blocks(x, terms, logs, block_rows(len(x), terms.row_elements, terms.dtype.itemsize)):
        pass
    return logs.largest + logs.total.to(torch.float64).log() + terms.reference


def _terms(affine: Affine, scatter_kind: ScatterKind, device: torch.device) -> DiagonalTerms | DenseTerms:
    """The mixture as the kernels for its form need it."""
    if not is_elementwise(affine.form, scatter_kind):
        return dense_terms(affine, device)
    # Before compute capability 9.0 all operands of a product are in registers, which hold sums over 16 columns.
    many = device.type != "cuda" or torch.cuda.get_device_capability(device)[0] >= 9
    return diagonal_terms(affine, device, 32 if many else 16)


def _blocks(
    x: torch.Tensor, terms: DiagonalTerms | DenseTerms, logs: RowLogs, block: int
) -> Iterator[tuple[slice, Launch]]:
    """For each block of rows: which they are, and their log-densities, in the same memory for all blocks."""
    log_joint = torch.empty(block * terms.row_elements, dtype=terms.dtype, device=x.device)
    # Triton launches on the current device, also what the caller launches for a block.
    with torch.cuda.device_of(x):  # type: ignore[no-untyped-call]
        for first in range(0, len(x), block):
            rows = slice(first, min(first + block, len(x)))
            launch = Launch(log_joint, block, logs.largest[rows], logs.total[rows])
            terms.log_joint(x[rows], launch)
            yield rows, launch


def _sum(values: torch.Tensor, weight: torch.Tensor | None) -> torch.Tensor:
    """Weighted sum of one number for each row."""
    return values.sum() if weight is None else (values * weight).sum()
