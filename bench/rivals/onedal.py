"""oneDAL's em_gmm, through daal4py in scikit-learn-intelex."""

import time

import numpy as np

from rivals import Absent


def run(rows, start, problem):
    """Full and diagonal covariances."""
    try:
        import daal4py
    except ImportError:
        raise Absent("pip install scikit-learn-intelex") from None
    if problem.kind == "spherical":
        raise Absent("no spherical covariances")
    full = problem.kind == "full"
    initial = [np.ascontiguousarray(c if full else c[None]) for c in start.covariances]
    algorithm = daal4py.em_gmm(
        problem.k,
        maxIterations=problem.iterations,
        accuracyThreshold=0.0,
        regularizationFactor=problem.reg_covar,
        covarianceStorage="full" if full else "diagonal",
    )
    clock = time.perf_counter()
    found = algorithm.compute(rows, start.weights[None], start.means, initial)
    seconds = time.perf_counter() - clock
    covariances = np.array([c if full else c.ravel() for c in found.covariances])
    return seconds, found.weights.ravel(), found.means, covariances
