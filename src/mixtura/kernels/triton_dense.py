"""Triton kernels for dense factors: the rows' deviations from each mean, whitened, and their sums of products.

The mean is subtracted from a row before the product with the factor, so nothing is lost to cancellation, however far
means are from each other and from zero.
"""

# ruff: noqa: PLR0917  a kernel takes its arrays one by one

from __future__ import annotations

import triton
import triton.language as tl

from mixtura.kernels.triton_products import accurate_product, split_bits


@triton.jit  # type: ignore[untyped-decorator]
def _padded_rows(x: tl.tensor, rows: tl.tensor, n: tl.tensor, d: tl.tensor, D: tl.constexpr) -> tl.tensor:
    """Some rows, with zeros in columns beyond d."""
    columns = tl.arange(0, D)
    inside = (rows < n)[:, None] & (columns < d)[None, :]
    return tl.load(x + rows[:, None] * d + columns[None, :], mask=inside, other=0.0)


@triton.jit  # type: ignore[untyped-decorator]
def _deviations(values: tl.tensor, high: tl.tensor, low: tl.tensor, j: tl.tensor, D: tl.constexpr) -> tl.tensor:
    """Deviations of rows from the mean of component j, which is the sum of ``high`` and ``low``."""
    at = j * D + tl.arange(0, D)
    return (values - tl.load(high + at)[None, :]) - tl.load(low + at)[None, :]


@triton.jit  # type: ignore[untyped-decorator]
def _factor(factors: tl.tensor, j: tl.tensor, stride: tl.tensor, D: tl.constexpr) -> tl.tensor:
    """The factor U_j, of those that are stored transposed, ``stride`` elements apart."""
    columns = tl.arange(0, D)
    return tl.load(factors + j * stride + columns[:, None] + columns[None, :] * D)


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
    values = tl.minimum(tl.maximum(_padded_rows(x, rows, n, d, D), -1e37), 1e37)  # so that deviations are finite
    for j in range(k):
        y = accurate_product(_deviations(values, high, low, j, D), _factor(factors, j, stride, D), tl.float32)
        distance = tl.sum(y * y, axis=1)
        own = tl.load(constants + j) - 0.5 * tl.where(distance < 1e37, distance, 1e37)  # also replaces NaN
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
    farthest: tl.tensor,
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

    Deviations larger than ``farthest`` are set to it, so that squares are finite. Of the last sum only the symmetric
    part is meant: with r^(1/2) y split into upper bits h and a rest e, h h' + 2 h e' has that of the product, but for
    e e'. Each element belongs to one program; why products are subtracted is said in `diagonal_sums`.
    """
    j = tl.program_id(0)
    split = tl.program_id(1)
    columns = tl.arange(0, D)
    bound = tl.load(farthest + j * D + columns)[None, :]
    factor = _factor(factors, j, stride, D)
    weight = tl.zeros((BLOCK_N,), dtype=tl.float32)
    first = tl.zeros((BLOCK_N, D), dtype=tl.float32)
    second = tl.zeros((D, D), dtype=tl.float32)
    for start in range(0, rows_per_split, BLOCK_N):
        rows = split * rows_per_split + start + tl.arange(0, BLOCK_N)
        inside = rows < n
        deviation = _deviations(_padded_rows(x, rows, n, d, D), high, low, j, D)
        y = accurate_product(tl.minimum(tl.maximum(deviation, -bound), bound), factor, tl.float32)
        own = tl.load(log_joint + j * joint_stride + rows, mask=inside, other=0.0)
        best = tl.load(largest + rows, mask=inside, other=0.0)
        r = tl.exp(own - best) * tl.load(count + rows, mask=inside, other=0.0)
        weight += r
        first += r[:, None] * y
        upper, rest = split_bits(tl.sqrt(r)[:, None] * y)
        product = tl.dot(tl.trans(upper), 2 * rest, input_precision="tf32")
        second -= tl.dot(tl.trans(upper), upper, product, input_precision="tf32")
    component = split.to(tl.int64) * k + j
    tl.store(weights + component, tl.load(weights + component) + tl.sum(weight, axis=0).to(tl.float64))
    at = component * D + columns
    tl.store(firsts + at, tl.load(firsts + at) + tl.sum(first, axis=0).to(tl.float64))
    at = at[:, None] * D + columns[None, :]
    tl.store(seconds + at, tl.load(seconds + at) - second.to(tl.float64))
