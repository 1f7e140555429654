"""Factors of the Triton kernels for dense factors, their launches, and the sums about the means from whitened ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from mixtura.kernels.affine import Affine
from mixtura.kernels.tensor_components import tensor_of
from mixtura.kernels.triton_blocks import Launch, SplitSums
from mixtura.kernels.triton_dense import dense_log_joint, dense_sums
from mixtura.stats import ScatterKind

# Rows of a tile, and warps that share them, for each number of columns: as many rows as leave everything in registers
# (docs/gpu.md, Compiled kernels). With four warps two would compute the same sums of 32 x 32 products.
JOINT_TILES = {16: (128, 8), 32: (128, 8), 64: (32, 8)}
SUMS_TILES = {16: (32, 2), 32: (32, 2), 64: (32, 4)}


@dataclass(frozen=True, slots=True, eq=False)
class DenseTerms:
    """A mixture with dense factors as the kernels need it, on the rows' device.

    Attributes
    ----------
    reference : float
        What is added to log-densities, which are computed less the largest constant.
    factors : Tensor of shape (k, d, d) or (1, d, d)
        The U_j, in float64.
    high, low : Tensor of shape (k, D)
        The means as sums of two float32 numbers, with zeros in columns beyond d.
    farthest : Tensor of shape (k, D)
        Deviations of which larger ones are set to them: 1e15 over the largest number in the factor's row.
    transposed : Tensor of shape (k, D, D) or (1, D, D)
        The U_j transposed, in float32.
    constants : Tensor of shape (k,)
        The c_j, less the reference.
    """

    reference: float
    factors: torch.Tensor
    high: torch.Tensor
    low: torch.Tensor
    farthest: torch.Tensor
    transposed: torch.Tensor
    constants: torch.Tensor

    dtype = torch.float32

    @property
    def row_elements(self) -> int:
        """Log-densities that are stored for each row."""
        return len(self.constants)

    @property
    def tile_count(self) -> int:
        """Programs that share the rows of one split."""
        return len(self.constants)

    def zeros(self, splits: int) -> SplitSums:
        """Sums of no rows, for each of some splits."""
        k, columns = self.high.shape
        return SplitSums.zeros((splits, k), (splits, k, columns), (splits, k, columns, columns), self.high.device)

    def _stride(self) -> int:
        """Elements from one factor to the next: none where all components share one."""
        return self.transposed[0].numel() if len(self.transposed) > 1 else 0

    def log_joint(self, x: torch.Tensor, launch: Launch) -> None:
        """Weighted log-densities of rows x (n, d), stored in a launch's tensors."""
        k, columns = self.high.shape
        rows, warps = JOINT_TILES[columns]
        dense_log_joint[(-(-len(x) // rows),)](
            x, *x.shape, self.high, self.low, self.transposed, self.constants, k, self._stride(), launch.log_joint,
            launch.block, launch.largest, launch.total, BLOCK_N=rows, D=columns, num_warps=warps, num_stages=2,
        )  # fmt: skip

    def add_sums(
        self, x: torch.Tensor, launch: Launch, count: torch.Tensor, rows_per_split: int, sums: SplitSums
    ) -> None:
        """Add the sums over rows x (n, d), whose weights over their totals are ``count``, to those of each split."""
        k, columns = self.high.shape
        rows, warps = SUMS_TILES[columns]
        dense_sums[(k, len(sums.weights))](
            x, *x.shape, self.high, self.low, self.farthest, self.transposed, k, self._stride(), launch.log_joint,
            launch.block, launch.largest, count, rows_per_split, sums.weights, sums.firsts, sums.seconds,
            BLOCK_N=rows, D=columns, num_warps=warps, num_stages=2,
        )  # fmt: skip

    def about_means(
        self, sums: SplitSums, scatter_kind: ScatterKind
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Weight (k,), sums of deviations (k, d) and scatter about the means, from the whitened sums of all splits."""
        d = self.factors.shape[-1]
        first, second = sums.firsts.sum(0)[:, :d], sums.seconds.sum(0)[:, :d, :d]
        noise = (torch.diagonal(self.factors, dim1=1, dim2=2) == 0).any(1)[:, None, None]
        factors = torch.where(noise, torch.eye(d, dtype=self.factors.dtype, device=self.factors.device), self.factors)
        deviation = _unwhitened(first[:, None], factors)[:, 0]
        half = _unwhitened((second + second.mT) / 2, factors)
        scatter = _unwhitened(half.mT, factors)
        if scatter_kind == "pooled":
            scatter = scatter.sum(0, keepdim=True)
        elif scatter_kind == "diagonal":
            scatter = torch.diagonal(scatter, dim1=1, dim2=2)
        return sums.weights.sum(0), deviation, scatter


def _unwhitened(y: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    """The rows of y (k, m, d) times the inverses of upper triangular factors."""
    return torch.linalg.solve_triangular(factors.expand(len(y), -1, -1), y, upper=True, left=False)


def dense_terms(affine: Affine, device: torch.device) -> DenseTerms:
    """The terms of a mixture with factors of any form."""
    factors = affine.factors
    if affine.form == "diagonal":
        factors = factors[:, :, None] * np.eye(factors.shape[1])
    k, d = affine.means.shape
    columns = max(16, 1 << (d - 1).bit_length())
    means = np.zeros((k, columns))
    means[:, :d] = affine.means
    high = means.astype(np.float32)
    transposed = np.zeros((len(factors), columns, columns), dtype=np.float32)
    transposed[:, :d, :d] = factors.swapaxes(1, 2)
    farthest = np.full((k, columns), 1e37)
    with np.errstate(divide="ignore", over="ignore"):
        farthest[:, :d] = np.minimum(1e15 / np.abs(factors).max(axis=2), 1e37)
    reference = float(affine.constants[np.isfinite(affine.constants)].max())
    return DenseTerms(
        reference,
        tensor_of(factors, device, torch.float64),
        tensor_of(high, device, torch.float32),
        tensor_of(means - high, device, torch.float32),
        tensor_of(farthest, device, torch.float32),
        tensor_of(transposed, device, torch.float32),
        tensor_of(affine.constants - reference, device, torch.float32),
    )
