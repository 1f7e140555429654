"""Triton kernels for dense factors: the rows' deviations from each mean, whitened, and their sums of products.

The mean is subtracted from a row before the product with the factor, so nothing is lost to cancellation, however far
means are from each other and from zero.
"""

# ruff: noqa: PLR0917  a kernel takes its arrays one by one

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit  # type: ignore[untyped-decorator]
def _whitened(
    x: tl.tensor,
    rows: tl.tensor,
    n: tl.tensor,
    d: tl.tensor,
    high: tl.tensor,
    low: tl.tensor,
    factors: tl.tensor,
    j: tl.tensor,
    stride: tl.tensor,
    D: tl.constexpr,
) -> tl.tensor:
    """Whitened deviations (x - m_j) U_j of some rows, bounded so that squares are finite; zero in columns beyond d.

    The mean is the sum of ``high`` and ``low``; ``factors`` holds the U_j transposed, ``stride`` elements apart.
    """
    columns = tl.arange(0, D)
    inside = (rows < n)[:, None] & (columns < d)[None, :]
    values = tl.load(x + rows[:, None] * d + columns[None, :], mask=inside, other=0.0)
    deviation = (values - tl.load(high + j * D + columns)[None, :]) - tl.load(low + j * D + columns)[None, :]
    deviation = tl.minimum(tl.maximum(deviation, -1e37), 1e37)
    factor = tl.load(factors + j * stride + columns[:, None] + columns[None, :] * D)
    y = tl.dot(deviation, factor, input_precision="tf32x3")
    return tl.where(tl.abs(y) < 1e17, y, 1e17)  # also replaces NaN


@triton.jit(do_not_specialize=["n"])  # type: ignore[untyped-decorator]
def dense_log_joint(
    x: tl.tensor,
    n: tl.tensor,
    d: tl.tensor,
    high: tl.tensor,
    low: tl.tensor,
    factors: tl.tensor,
    constants: tl.tensor,
    k: tl.tensor,
    stride: tl.tensor,
    log_joint: tl.tensor,
    joint_stride: tl.tensor,
    largest: tl.tensor,
    total: tl.tensor,
    BLOCK_N: tl.constexpr,
    D: tl.constexpr,
) -> None:
    """Weighted log-densities of BLOCK_N rows, the largest of each, and the sum of exponentials less the largest."""
    rows = tl.program_id(0) * BLOCK_N + tl.arange(0, BLOCK_N)
    best = tl.full((BLOCK_N,), -3e38, dtype=tl.float32)
    mass = tl.zeros((BLOCK_N,), dtype=tl.float32)
    for j in range(k):
        y = _whitened(x, rows, n, d, high, low, factors, j, stride, D)
        own = tl.load(constants + j) - 0.5 * tl.sum(y * y, axis=1)
        tl.store(log_joint + j * joint_stride + rows, own, mask=rows < n)
        new = tl.maximum(best, own)
        mass = mass * tl.exp(best - new) + tl.exp(own - new)
        best = new
    tl.store(largest + rows, best, mask=rows < n)
    tl.store(total + rows, mass, mask=rows < n)


@triton.jit(do_not_specialize=["n"])  # type: ignore[untyped-decorator]
def dense_sums(
    x: tl.tensor,
    n: tl.tensor,
    d: tl.tensor,
    high: tl.tensor,
    low: tl.tensor,
    factors: tl.tensor,
    k: tl.tensor,
    stride: tl.tensor,
    log_joint: tl.tensor,
    joint_stride: tl.tensor,
    largest: tl.tensor,
    count: tl.tensor,
    rows_per_split: tl.tensor,
    weights: tl.tensor,
    firsts: tl.tensor,
    seconds: tl.tensor,
    BLOCK_N: tl.constexpr,
    D: tl.constexpr,
) -> None:
    """Add one split's sums of r, r y and r y y' over whitened deviations y to float64 tensors, for one component.

    Each element belongs to one program; why products are subtracted is said in `diagonal_sums`.
    """
    j = tl.program_id(0)
    split = tl.program_id(1)
    columns = tl.arange(0, D)
    weight = tl.full([], 0.0, dtype=tl.float32)
    first = tl.zeros((D,), dtype=tl.float32)
    second = tl.zeros((D, D), dtype=tl.float32)
    for start in range(0, rows_per_split, BLOCK_N):
        rows = split * rows_per_split + start + tl.arange(0, BLOCK_N)
        inside = rows < n
        y = _whitened(x, rows, n, d, high, low, factors, j, stride, D)
        own = tl.load(log_joint + j * joint_stride + rows, mask=inside, other=0.0)
        best = tl.load(largest + rows, mask=inside, other=0.0)
        r = tl.exp(own - best) * tl.load(count + rows, mask=inside, other=0.0)
        weighted = r[:, None] * y
        weight += tl.sum(r, axis=0)
        first += tl.sum(weighted, axis=0)
        second -= tl.dot(tl.trans(-weighted), y, input_precision="tf32x3")
    component = split.to(tl.int64) * k + j
    tl.store(weights + component, tl.load(weights + component) + weight.to(tl.float64))
    at = component * D + columns
    tl.store(firsts + at, tl.load(firsts + at) + first.to(tl.float64))
    at = at[:, None] * D + columns[None, :]
    tl.store(seconds + at, tl.load(seconds + at) + second.to(tl.float64))
