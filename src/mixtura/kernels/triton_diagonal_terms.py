"""Coefficients of the Triton kernels for diagonal factors, their launches, and the sums about the means from theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import triton.language as tl

from mixtura._support import Array
from mixtura.kernels.affine import Affine
from mixtura.kernels.triton_blocks import Launch, SplitSums, padded, tensor_of
from mixtura.kernels.triton_diagonal import diagonal_log_joint, diagonal_sums
from mixtura.stats import ScatterKind

# Single precision is used where no mean is farther from the shift, in any column, than this many standard deviations b
# of its component. A sum of r z^2 is at most 1 + b^2 times the scatter about the mean. The matrix unit rounds towards
# zero, and adds up at most 32 rows, eight at a time: four roundings of a growing sum, which on average cost
# 2^-24 x 1.5 of it, so 65 x 2^-24 x 1.5 = 6e-6 of the scatter. The terms of a squared distance are on average as large,
# compared with d. Double precision has nine more digits, for distances up to 1e4 standard deviations and more.
EXPANSION_LIMIT = 8.0


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
            total=launch.total, SPHERICAL=spherical, DTYPE=_PRECISION[self.dtype], num_warps=4, num_stages=2,
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
    factors, (k, d) = affine.factors, affine.means.shape
    with np.errstate(all="ignore"):
        shift = affine.shift.astype(np.float32).astype(np.float64)
        scale = _column_scales(factors)
        offsets = factors * (affine.means - shift)
        relative = factors / scale
        single = bool(np.abs(offsets).max() <= EXPANSION_LIMIT)
    dtype = torch.float32 if single else torch.float64
    tiles = _tiles(k, d, step if single else 16, 64 if single else 32)
    k_padded, d_padded = padded(k, tiles["BLOCK_K"]), padded(d, tiles["BLOCK_C"])
    reference = float(affine.constants[np.isfinite(affine.constants)].max())

    def coefficient(values: Array, *shape: int, fill: float = 0.0) -> torch.Tensor:
        whole = np.full(shape, fill)
        whole[tuple(map(slice, values.shape))] = values
        return tensor_of(whole, device, dtype)

    spherical = bool((factors == factors[:, :1]).all())
    square = coefficient(relative[:, 0] ** 2, k_padded) if spherical else coefficient(relative**2, k_padded, d_padded)
    pieces = np.add.reduceat(offsets**2, np.arange(0, d, tiles["BLOCK_D"]), axis=1).T
    return DiagonalTerms(
        dtype,
        reference,
        tensor_of((affine.means - shift) * scale, device),
        tensor_of(scale, device),
        {
            "shift": coefficient(shift, d_padded),
            "scale": coefficient(scale, d_padded),
            "k_padded": k_padded,
            "d_padded": d_padded,
        },
        {
            "constants": coefficient(affine.constants - reference, k_padded, fill=-np.inf),
            "cross": coefficient(-2 * relative * offsets, k_padded, d_padded),
            "square": square,
            "norms": coefficient(pieces, d_padded // tiles["BLOCK_D"], k_padded),
        },
        tiles,
    )


def _column_scales(factors: Array) -> Array:
    """For each column a power of two near the geometric mean of the factors, without those of noise, (d,)."""
    exponents = np.log2(factors[(factors > 0).all(axis=1)])
    centre = exponents.mean(axis=0) if len(exponents) else np.zeros(factors.shape[1])
    return np.exp2(np.clip(np.round(centre), -120, 120))


def _tiles(k: int, d: int, step: int, most_components: int) -> dict[str, int]:
    """Sizes of the tiles of rows, components, and columns in a product's sum (D) and in its result (C)."""
    columns = max(16, min(64, 1 << (d - 1).bit_length()))
    components = max(16, min(most_components, 1 << (k - 1).bit_length()))
    return {"BLOCK_N": 64, "BLOCK_K": components, "BLOCK_D": min(step, columns), "BLOCK_C": columns}
