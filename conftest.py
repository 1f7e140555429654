"""Where the extension could not be built, its modules have no doctests to run."""

import sys
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

collect_ignore = (
    [] if find_spec("mixtura._native") else [f"src/mixtura/kernels/{name}.py" for name in ("native", "fused", "simd")]
)


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    """Close the figures that a test or an example leaves open in pyplot, as a user's session would at its end."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
