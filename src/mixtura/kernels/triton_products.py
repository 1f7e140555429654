"""Products of float32 matrices in units for TF32, whose numbers have 11 significant bits, as accurate as in float32.

A number is split into the nearest one with 11 bits and a remainder, of which the unit takes 11 bits, too; the product
of two remainders is left out. Triton's own ``input_precision="tf32x3"`` does the same, but looks for infinity and NaN,
of which there are none here: that is a quarter of a kernel's instructions.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit  # type: ignore[untyped-decorator]
def split_bits(a: tl.tensor) -> tl.tensor:
    """Finite float32 numbers as the nearest ones with 11 significant bits, and the remainders."""
    bits = a.to(tl.int32, bitcast=True) + 0x1000
    high = (bits & -0x2000).to(tl.float32, bitcast=True)
    return high, a - high


@triton.jit  # type: ignore[untyped-decorator]
def accurate_product(a: tl.tensor, b: tl.tensor, DTYPE: tl.constexpr) -> tl.tensor:
    """The product of two matrices in float32 or float64."""
    if tl.float64 == DTYPE:
        product = tl.dot(a, b, out_dtype=tl.float64)
    else:
        a_high, a_low = split_bits(a)
        b_high, b_low = split_bits(b)
        product = tl.dot(a_low, b_high, input_precision="tf32")
        product = tl.dot(a_high, b_low, product, input_precision="tf32")
        product = tl.dot(a_high, b_high, product, input_precision="tf32")
    return product
