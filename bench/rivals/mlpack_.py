"""mlpack's gmm_train, which cannot be given a start: k-means from a seed, then n - 1 iterations."""

import time

import numpy as np

from rivals import Absent, NotInstalled, Run, refuse, refuse_float32

SEPARATE = True


def run(rows, start, problem) -> Run:  # noqa: ARG001 - it cannot be given a start
    """Seconds of as many iterations as the others run: the start is the same in both fits and cancels out."""
    try:
        import mlpack
    except ImportError:
        raise NotInstalled("pip install mlpack") from None
    refuse(problem, "tied", "spherical")
    refuse_float32(problem)
    if problem.reg_covar:
        raise Absent("no ridge")

    def fit(iterations):
        clock = time.perf_counter()
        found = mlpack.gmm_train(
            input_=rows,
            gaussians=problem.k,
            max_iterations=iterations,
            tolerance=0.0,
            kmeans_max_iterations=1,
            diagonal_covariance=problem.kind == "diag",
            seed=1,
        )
        return time.perf_counter() - clock, found["output_model"]

    short, long = [fit(1)[0], fit(1)[0]], []
    while not long or (len(long) < 20 and sum(long) < 3):
        short.append(fit(1)[0])
        seconds, model = fit(problem.iterations + 1)
        long.append(seconds)
    found = model.get_cpp_params()["GMM"]
    means = np.array([part["mean"].ravel() for part in found["dists"]])
    covariances = np.array([part["covariance"] for part in found["dists"]])
    if problem.kind == "diag":
        covariances = np.array([np.diag(c) for c in covariances])
    return Run(max(min(long) - min(short), 0.0), np.ravel(found["weights"]), means, covariances, own_start=True)
