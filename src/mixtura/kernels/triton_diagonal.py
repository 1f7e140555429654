"""Triton kernels for diagonal factors, with squared distances and sums over rows as matrix products.

Rows enter as z = (x - shift) scale. A squared distance is expanded into products with z and z^2, and the sums over rows
are those of r z and r z^2. `mixtura.kernels.triton_diagonal_terms` computes the coefficients and chooses the precision.
"""

# ruff: noqa: PLR0917  a kernel takes its arrays one by one

from __future__ import annotations

import triton
import triton.language as tl

from mixtura.kernels.triton_products import accurate_product


@triton.jit  # type: ignore[untyped-decorator]
def _scaled_rows(
    x: tl.tensor,
    shift: tl.tensor,
    scale: tl.tensor,
    rows: tl.tensor,
    columns: tl.tensor,
    n: tl.tensor,
    d: tl.tensor,
    DTYPE: tl.constexpr,
) -> tl.tensor:
    """Columns of some rows, z = (x - shift) scale, bounded so that squares are finite; zero in columns beyond d."""
    inside = (rows < n)[:, None] & (columns < d)[None, :]
    values = tl.load(x + rows[:, None] * d + columns[None, :], mask=inside, other=0.0).to(DTYPE)
    z = (values - tl.load(shift + columns)[None, :]) * tl.load(scale + columns)[None, :]
    return tl.minimum(tl.maximum(z, -1e17), 1e17)


@triton.jit(do_not_specialize=["n"])  # type: ignore[untyped-decorator]
def diagonal_log_joint(
    x: tl.tensor,
    n: tl.tensor,
    d: tl.tensor,
    shift: tl.tensor,
    scale: tl.tensor,
    constants: tl.tensor,
    cross: tl.tensor,
    square: tl.tensor,
    norms: tl.tensor,
    k_padded: tl.tensor,
    d_padded: tl.tensor,
    log_joint: tl.tensor,
    largest: tl.tensor,
    total: tl.tensor,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
    BLOCK_D: tl.constexpr,
    SPHERICAL: tl.constexpr,
    DTYPE: tl.constexpr,
) -> None:
    """Weighted log-densities of BLOCK_N rows, the largest of each, and the sum of exponentials less the largest.

    The squared distance is a sum over pieces of BLOCK_D columns. In each the square is complete, so that terms cancel
    before the next piece is added, and no long sum is left to the matrix unit, which rounds towards zero.
    """
    rows = tl.program_id(0) * BLOCK_N + tl.arange(0, BLOCK_N)
    best = tl.full((BLOCK_N,), -3e38, dtype=DTYPE)
    mass = tl.zeros((BLOCK_N,), dtype=tl.float32)
    for tile in range(0, k_padded, BLOCK_K):
        components = tile + tl.arange(0, BLOCK_K)
        distance = tl.zeros((BLOCK_N, BLOCK_K), dtype=DTYPE)
        for first in range(0, d_padded, BLOCK_D):
            columns = first + tl.arange(0, BLOCK_D)
            z = _scaled_rows(x, shift, scale, rows, columns, n, d, DTYPE)
            at = components[:, None] * d_padded + columns[None, :]
            piece = accurate_product(z, tl.trans(tl.load(cross + at)), DTYPE)
            if SPHERICAL:
                piece += tl.sum(z * z, axis=1)[:, None] * tl.load(square + components)[None, :]
            else:
                piece += accurate_product(z * z, tl.trans(tl.load(square + at)), DTYPE)
            distance += piece + tl.load(norms + first // BLOCK_D * k_padded + components)[None, :]
        distance = tl.where(distance < 1e37, tl.maximum(distance, 0.0), 1e37)  # also replaces NaN
        own = tl.load(constants + components)[None, :] - 0.5 * distance
        tl.store(log_joint + rows[:, None] * k_padded + components[None, :], own, mask=(rows < n)[:, None])
        new = tl.maximum(best, tl.max(own, axis=1))
        mass *= tl.exp((best - new).to(tl.float32))
        mass += tl.sum(tl.exp((own - new[:, None]).to(tl.float32)), axis=1)
        best = new
    tl.store(largest + rows, best, mask=rows < n)
    tl.store(total + rows, mass, mask=rows < n)


@triton.jit(do_not_specialize=["n"])  # type: ignore[untyped-decorator]
def diagonal_sums(
    x: tl.tensor,
    n: tl.tensor,
    d: tl.tensor,
    shift: tl.tensor,
    scale: tl.tensor,
    k_padded: tl.tensor,
    d_padded: tl.tensor,
    log_joint: tl.tensor,
    largest: tl.tensor,
    count: tl.tensor,
    rows_per_split: tl.tensor,
    weights: tl.tensor,
    firsts: tl.tensor,
    seconds: tl.tensor,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
    BLOCK_C: tl.constexpr,
    DTYPE: tl.constexpr,
) -> None:
    """Add one split's sums of r, r z and r z^2 to what float64 tensors hold, for BLOCK_K components, BLOCK_C columns.

    Each element belongs to one program. The product of BLOCK_N rows is subtracted from the earlier ones, so that sums
    are negative: of an addition Triton would make a longer sum in the matrix unit, which rounds towards zero.
    """
    components = tl.program_id(0) * BLOCK_K + tl.arange(0, BLOCK_K)
    columns = tl.program_id(1) * BLOCK_C + tl.arange(0, BLOCK_C)
    split = tl.program_id(2)
    weight = tl.zeros((BLOCK_K,), dtype=DTYPE)
    first = tl.zeros((BLOCK_K, BLOCK_C), dtype=DTYPE)
    second = tl.zeros((BLOCK_K, BLOCK_C), dtype=DTYPE)
    for start in range(0, rows_per_split, BLOCK_N):
        rows = split * rows_per_split + start + tl.arange(0, BLOCK_N)
        inside = rows < n
        own = tl.load(log_joint + rows[:, None] * k_padded + components[None, :], mask=inside[:, None], other=0.0)
        best = tl.load(largest + rows, mask=inside, other=0.0)
        r = tl.exp((own - best[:, None]).to(tl.float32)) * tl.load(count + rows, mask=inside, other=0.0)[:, None]
        r = tl.trans(r).to(DTYPE)
        weight -= tl.sum(r, axis=1)
        z = _scaled_rows(x, shift, scale, rows, columns, n, d, DTYPE)
        first -= accurate_product(r, z, DTYPE)
        second -= accurate_product(r, z * z, DTYPE)
    component = split.to(tl.int64) * k_padded + components
    at = component[:, None] * d_padded + columns[None, :]
    tl.store(firsts + at, tl.load(firsts + at) - first.to(tl.float64))
    tl.store(seconds + at, tl.load(seconds + at) - second.to(tl.float64))
    if tl.program_id(1) == 0:
        tl.store(weights + component, tl.load(weights + component) - weight.to(tl.float64))
