"""Where the extension could not be built, its modules have no doctests to run."""

from importlib.util import find_spec

collect_ignore = (
    [] if find_spec("mixtura._native") else [f"src/mixtura/kernels/{name}.py" for name in ("native", "fused", "simd")]
)
