"""Peak memory of a fit beyond its data: 2,000,000 x 8, K = 16.

Run as a program of its own, so that the process's peak resident memory is the fit's.
"""

import argparse
import resource
import time

import numpy as np

import mixtura


def peak() -> float:
    """Largest resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print data size, peak before and after the fit, and what the fit took beyond the data."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--features", type=int, default=8)
    parser.add_argument("--components", type=int, default=16)
    parser.add_argument("--model", default="full")
    parser.add_argument("--start", default="kmeans")
    parser.add_argument("--max-iter", type=int, default=5)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    shape = (arguments.rows, arguments.features)
    data = np.empty(shape)
    centres = rng.uniform(-10, 10, size=(arguments.components, arguments.features))
    for start in range(0, arguments.rows, 100_000):
        block = data[start : start + 100_000]
        block[:] = centres[rng.integers(arguments.components, size=len(block))]
        block += rng.standard_normal(block.shape)
    before, clock = peak(), time.perf_counter()
    fit = mixtura.fit(
        data,
        arguments.components,
        model=arguments.model,
        start=arguments.start,
        max_iter=arguments.max_iter,
        tol=0,
        seed=0,
    )
    seconds = time.perf_counter() - clock
    print(f"data {data.nbytes / 2**20:.0f} MB, process before the fit {before:.0f} MB, peak {peak():.0f} MB")
    print(f"beyond the data and the interpreter: {peak() - before:.0f} MB")
    print(f"{fit.iterations} iterations in {seconds:.1f} s, log-likelihood {fit.loglik:.6g}")


if __name__ == "__main__":
    main()
