"""Where the extension could not be built, or Triton is not there, their modules have no doctests to run."""

import sys
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

_NATIVE = ("native", "native_predictions", "fused", "simd")
_TRITON = (
    "triton_blocks",
    "triton_dense",
    "triton_dense_terms",
    "triton_diagonal",
    "triton_diagonal_terms",
    "triton_estep",
)
collect_ignore = [
    f"src/mixtura/kernels/{name}.py"
    for needed, names in (("mixtura._native", _NATIVE), ("triton", _TRITON))
    if not find_spec(needed)
    for name in names
]


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    """Close the figures that a test or an example leaves open in pyplot, as a user's session would at its end."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
