"""What this machine can do, measured: rates of matrix products, exponentials and copies on all its cores."""

import os
import platform
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import metadata
from pathlib import Path

import numpy as np

PACKAGES = [
    "mixtura",
    "numpy",
    "scipy",
    "scikit-learn",
    "scikit-learn-intelex",
    "opencv-contrib-python-headless",
    "pomegranate",
    "torch",
    "gmmx",
    "jax",
    "mlpack",
    "pyspark",
]


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def best(f, repeats: int = 5) -> float:
    """Shortest of several times."""
    times = []
    for _ in range(repeats):
        clock = time.perf_counter()
        f()
        times.append(time.perf_counter() - clock)
    return min(times)


def product(dtype) -> float:
    """GFLOP/s of a 2,000 x 2,000 product."""
    a = np.random.default_rng(0).normal(size=(2000, 2000)).astype(dtype)
    out = np.empty_like(a)
    np.matmul(a, a, out=out)
    return 2 * 2000**3 / best(lambda: np.matmul(a, a, out=out)) / 1e9


def exp() -> float:
    """Nanoseconds per exponential on one core, with values in the first-level cache: NumPy's or Mixtura's own."""
    ways = [lambda a, out: np.exp(a, out=out)]
    try:
        from mixtura import _native

        ways += [partial(_native.exp2, level) for level in _native.levels()]
    except ImportError:
        pass
    a = np.linspace(-20, 0, 2000)
    out = np.empty_like(a)
    return min(best(lambda way=way: [way(a, out) for _ in range(100)]) for way in ways) / 100 / 2000 * 1e9


def copy() -> float:
    """GB/s of a copy on all cores, read and written bytes counted."""
    parts = [np.ones(10_000_000) for _ in range(cores())]
    outs = [np.empty_like(part) for part in parts]
    with ThreadPoolExecutor(len(parts)) as pool:
        seconds = best(lambda: list(pool.map(np.copyto, outs, parts)))
    return 2 * sum(part.nbytes for part in parts) / seconds / 1e9


def limits() -> dict[str, float]:
    """The rates that bound a fit."""
    return {
        "cores": cores(),
        "dgemm": round(product(np.float64), 1),
        "sgemm": round(product(np.float32), 1),
        "exp": round(exp(), 3),
        "copy": round(copy(), 1),
    }


def name() -> str:
    """Processor, cores and system."""
    model = platform.processor() or platform.machine()
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            lines = [line.split(":")[1].strip() for line in file if line.startswith(("model name", "flags"))]
        wide = next((kind for kind in ("avx512f", "avx2") if kind in " ".join(lines)), "")
        model = f"{lines[0]} ({wide})" if wide else lines[0]
    except (OSError, IndexError):
        pass
    return f"{model}, {cores()} cores, {platform.system()}"


def versions() -> dict[str, str]:
    """Python's and the packages' versions, of those that are installed."""
    found = {"Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
