"""What this machine can do, measured: dgemm, exp and copy rates on all its cores."""

import os
import platform
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np


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


def dgemm() -> float:
    """GFLOP/s of a 1,500 x 1,500 product."""
    a = np.random.default_rng(0).normal(size=(1500, 1500))
    out = np.empty_like(a)
    np.matmul(a, a, out=out)
    return 2 * 1500**3 / best(lambda: np.matmul(a, a, out=out)) / 1e9


def on_all_cores(f, arrays) -> None:
    """Apply ``f`` to each array, one for each core."""
    with ThreadPoolExecutor(len(arrays)) as pool:
        list(pool.map(f, arrays))


def exp() -> float:
    """Nanoseconds per exponential and core, by NumPy."""
    arrays = [np.linspace(-20, 0, 200_000) for _ in range(cores())]
    out = [np.empty_like(a) for a in arrays]
    return best(lambda: on_all_cores(lambda i: np.exp(arrays[i], out=out[i]), range(cores()))) / 200_000 * 1e9


def copy() -> float:
    """GB/s of a copy, read and written bytes counted."""
    a = np.ones(10_000_000)
    out = np.empty_like(a)
    return 2 * a.nbytes / best(lambda: np.copyto(out, a)) / 1e9


def describe() -> dict[str, object]:
    """Everything above, with the machine's and the packages' names."""
    import scipy
    import sklearn

    import mixtura

    model = platform.processor() or platform.machine()
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            model = next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return {
        "machine": f"{model}, {cores()} cores, {platform.system()}",
        "python": platform.python_version(),
        "packages": {m.__name__: m.__version__ for m in (mixtura, np, scipy, sklearn)},
        "dgemm GFLOP/s": round(dgemm(), 1),
        "exp ns per core": round(exp(), 2),
        "copy GB/s": round(copy(), 1),
    }
