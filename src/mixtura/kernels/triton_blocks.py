"""What a launch of the Triton kernels reads and writes: log-densities of a block of rows, and sums of each split."""

from __future__ import annotations

from dataclasses import dataclass

import torch

# Bytes of the log-densities of a block of rows; with it, a million rows and 1024 components need less than 200 MB more.
_BLOCK_BYTES = 1 << 27

# Programs that a launch should have, so that all processors work, and rows that one of them sums at most.
_LEAST_PROGRAMS = 256
_MOST_ROWS = 16384

# Rows of the largest tile, of which blocks and splits are multiples; and most rows of a block, whose elements can be
# numbered in 32 bits.
_TILE = 128
_LARGEST_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class RowLogs:
    """What is kept of each row's log-densities, log w_j N(x_i) less a constant.

    Attributes
    ----------
    largest : Tensor of shape (n,)
        The largest of each row.
    total : Tensor of shape (n,)
        Sum of exponentials of those of each row, less the largest; in float32.
    """

    largest: torch.Tensor
    total: torch.Tensor

    @staticmethod
    def empty(n: int, dtype: torch.dtype, device: torch.device) -> RowLogs:
        """Memory for n rows."""
        return RowLogs(torch.empty(n, dtype=dtype, device=device), torch.empty(n, dtype=torch.float32, device=device))


@dataclass(frozen=True, slots=True, eq=False)
class Launch:
    """Tensors for a block of m rows.

    Attributes
    ----------
    log_joint : Tensor
        Log w_j N(x_i) less the reference, of each row and component of the block.
    block : int
        Rows for which ``log_joint`` has room.
    largest, total : Tensor of shape (m,)
        As in `RowLogs`.
    """

    log_joint: torch.Tensor
    block: int
    largest: torch.Tensor
    total: torch.Tensor


@dataclass(frozen=True, slots=True, eq=False)
class SplitSums:
    """Sums over the rows of each split, to which the kernels add; in float64, with splits along the first axis.

    Attributes
    ----------
    weights : Tensor of shape (splits, k)
        Sums of responsibilities.
    firsts : Tensor of shape (splits, k, d)
        Sums of deviations, in the kernel's coordinates.
    seconds : Tensor of shape (splits, k, d) or (splits, k, d, d)
        Sums of their squares, or outer products.
    """

    weights: torch.Tensor
    firsts: torch.Tensor
    seconds: torch.Tensor

    @staticmethod
    def zeros(
        weights: tuple[int, ...], firsts: tuple[int, ...], seconds: tuple[int, ...], device: torch.device
    ) -> SplitSums:
        """Sums of no rows, of given shapes."""
        return SplitSums(
            *(torch.zeros(shape, dtype=torch.float64, device=device) for shape in (weights, firsts, seconds))
        )


def padded(length: int, tile: int) -> int:
    """The least multiple of a tile's length that is not below a length.

    Examples
    --------
    >>> padded(65, 64)
    128
    """
    return -(-length // tile) * tile


def block_rows(n: int, row_elements: int, element_bytes: int) -> int:
    """Rows of a block, a multiple of a tile's, whose log-densities fit in the memory set aside for them.

    Examples
    --------
    >>> block_rows(1_000_000, 1024, 4), block_rows(100, 3, 4)
    (32768, 128)
    """
    fitting = _BLOCK_BYTES // (row_elements * element_bytes) // _TILE * _TILE
    return max(_TILE, min(fitting, _LARGEST_BLOCK, padded(n, _TILE)))


def split_rows(block: int, tile_count: int) -> int:
    """Rows that one program sums, a multiple of a tile's: few enough that all processors of a device work.

    Examples
    --------
    >>> split_rows(32768, 32), split_rows(1 << 20, 4096)
    (4096, 16384)
    """
    splits = max(-(-block // _MOST_ROWS), _LEAST_PROGRAMS // tile_count, 1)
    return padded(-(-block // splits), _TILE)
