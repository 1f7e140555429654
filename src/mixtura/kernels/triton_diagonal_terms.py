"""Coefficients of the Triton kernels for diagonal factors, their launches, and the sums about the means from theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import triton.language as tl

from mixtura.kernels.affine import Affine
from mixtura.kernels.tensor_components import tensor_of
from mixtura.kernels.triton_blocks import Launch, SplitSums, padded
from mixtura.kernels.triton_diagonal import diagonal_log_joint, diagonal_sums
from mixtura.stats import ScatterKind

# Single precision is used where means are not farther from the shift, in any column, than this many standard deviations
# b of their component, and in the root of the mean square of a component's columns. A sum of r z^2 is up to 1 + b^2
# times the scatter about the mean, and the terms of a squared distance are as large, compared with it. The matrix unit
# adds up at most 32 terms, eight at a time, and rounds towards zero, which costs about 2^-24 x 1.5 of a sum on average.
# With all means at the limit an emulation of it (tests/kernels/test_triton_estep.py) has errors up to 8e-6. Double
# precision has nine more digits, which serve means of 1e4 standard deviations and more.
FARTHEST_COLUMN = 8.0
FARTHEST_MEAN = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class DiagonalTerms:
    """A mixture with diagonal factors as the kernels need it: coefficients, on the rows' device, and sizes of tiles.

    Attributes
    ----------
    dtype : torch.dtype
        Precision of products and log-densities.
    reference : float
        What is added to log-densities, which are computed less the largest constant.
    means, scale : Tensor of shape (k, d) and (d,)
        The means, less the shift, in units of the scale; float64.
    coefficients : dict
        Arguments of both kernels.
    densities : dict
        Arguments of the kernel for log-densities alone.
    tiles : dict
        Sizes of tiles.
    """

    dtype: torch.dtype
    reference: float
    means: torch.Tensor
    scale: torch.Tensor
    coefficients: dict[str, Any]
    densities: dict[str, Any]
    tiles: dict[str, int]

    @property
    def row_elements(self) -> int:
        """Log-densities that are stored for each row."""
        return self.coefficients["k_padded"]

    @property
    def tile_count(self) -> int:
        """Programs that share the rows of one split."""
        columns = self.coefficients["d_padded"] // self.tiles["BLOCK_C"]
        return self.row_elements // self.tiles["BLOCK_K"] * columns

    def zeros(self, splits: int) -> SplitSums:
        """Sums of no rows, for each of some splits."""
        matrix = (splits, self.coefficients["k_padded"], self.coefficients["d_padded"])
        return SplitSums.zeros(matrix[:2], matrix, matrix, self.means.device)

    def log_joint(self, x: torch.Tensor, launch: Launch) -> None:
        """Weighted log-densities of rows x (n, d), stored in a launch's tensors."""
        spherical = self.densities["square"].ndim == 1
        diagonal_log_joint[(-(-len(x) // self.tiles["BLOCK_N"]),)](
            x, *x.shape, **self.coefficients, **self.densities, log_joint=launch.log_joint, largest=launch.largest,
            total=launch.total, SPHERICAL=spherical, DTYPE=_PRECISION[self.dtype],
            num_warps=self.tiles["BLOCK_N"] // 16, num_stages=2,
            **{name: self.tiles[name] for name in ("BLOCK_N", "BLOCK_K", "BLOCK_D")},
        )  # fmt: skip

    def add_sums(
        self, x: torch.Tensor, launch: Launch, count: torch.Tensor, rows_per_split: int, sums: SplitSums
    ) -> None:
        """Add the sums over rows x (n, d), whose weights over their totals are ``count``, to those of each split."""
        columns = self.coefficients["d_padded"] // self.tiles["BLOCK_C"]
        grid = (self.tile_count // columns, columns, len(sums.weights))
        diagonal_sums[grid](
            x, *x.shape, **self.coefficients, log_joint=launch.log_joint, largest=launch.largest, count=count,
            rows_per_split=rows_per_split, weights=sums.weights, firsts=sums.firsts, seconds=sums.seconds,
            BLOCK_N=self.tiles["BLOCK_D"], BLOCK_K=self.tiles["BLOCK_K"], BLOCK_C=self.tiles["BLOCK_C"],
            DTYPE=_PRECISION[self.dtype], num_warps=4, num_stages=2,
        )  # fmt: skip

    def about_means(
        self, sums: SplitSums, scatter_kind: ScatterKind
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Weight (k,), sums of deviations (k, d) and of their squares (k, d), from the sums of all splits."""
        k, d = self.means.shape
        weight, first, second = sums.weights.sum(0)[:k], sums.firsts.sum(0)[:k, :d], sums.seconds.sum(0)[:k, :d]
        deviation = first - weight[:, None] * self.means
        scatter = second - self.means * (first + deviation)
        return weight, deviation / self.scale, scatter.clamp(min=0) / self.scale**2


_PRECISION = {torch.float32: tl.float32, torch.float64: tl.float64}


def diagonal_terms(affine: Affine, device: torch.device, step: int) -> DiagonalTerms:
    """The terms of a mixture with diagonal factors; products sum ``step`` columns or rows at a time, 16 or 32."""
    k, d = affine.means.shape
    square = np.square(affine.offsets)
    single = bool(square.max() <= FARTHEST_COLUMN**2 and square.mean(axis=1).max() <= FARTHEST_MEAN**2)
    dtype = torch.float32 if single else torch.float64
    tiles = tile_sizes(k, d, step, single=single)
    k_padded, d_padded = padded(k, tiles["BLOCK_K"]), padded(d, tiles["BLOCK_C"])
    reference = float(affine.constants[np.isfinite(affine.constants)].max())
    constants = np.full(k_padded, -np.inf)
    constants[:k] = affine.constants - reference

    def padded_out(values: torch.Tensor) -> torch.Tensor:
        """Coefficients (k, d) with zeros for components and columns that there are not."""
        return torch.nn.functional.pad(values, (0, d_padded - d, 0, k_padded - k))

    shift = tensor_of(affine.shift.astype(np.float32), device, torch.float64)
    factors, means = (tensor_of(values, device, torch.float64) for values in (affine.factors, affine.means))
    means = means - shift
    scale = factors.mean(0).log2().round().clamp(-120, 120).exp2()  # powers of two, which multiply without rounding
    relative, offsets = padded_out(factors / scale), padded_out(factors * means)
    spherical = bool((affine.factors == affine.factors[:, :1]).all())
    densities = {
        "constants": tensor_of(constants, device, torch.float64),
        "cross": -2 * relative * offsets,
        "square": relative[:, 0].square() if spherical else relative.square(),
        "norms": offsets.square().reshape(k_padded, -1, tiles["BLOCK_D"]).sum(2).T,
    }
    columns = {"shift": padded_out(shift[None])[0], "scale": padded_out(scale[None])[0]}
    return DiagonalTerms(
        dtype,
        reference,
        means * scale,
        scale,
        {name: tensor.to(dtype).contiguous() for name, tensor in columns.items()}
        | {"k_padded": k_padded, "d_padded": d_padded},
        {name: tensor.to(dtype).contiguous() for name, tensor in densities.items()},
        tiles,
    )


def tile_sizes(k: int, d: int, step: int, *, single: bool) -> dict[str, int]:
    """Sizes of the tiles of rows, components, and columns in a product's sum (D) and in its result (C).

    Examples
    --------
    >>> tile_sizes(1024, 128, 32, single=True)
    {'BLOCK_N': 128, 'BLOCK_K': 64, 'BLOCK_D': 32, 'BLOCK_C': 64}
    """
    rows, most = (128, 64) if single else (64, 32)
    columns = max(16, min(64, 1 << (d - 1).bit_length()))
    components = max(16, min(most, 1 << (k - 1).bit_length()))
    return {
        "BLOCK_N": rows,
        "BLOCK_K": components,
        "BLOCK_D": min(step if single else 16, columns),
        "BLOCK_C": columns,
    }
