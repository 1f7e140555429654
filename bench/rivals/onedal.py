"""oneDAL's em_gmm, through daal4py in scikit-learn-intelex."""

import time

import numpy as np

from rivals import NotInstalled, Run, refuse


def run(rows, start, problem) -> Run:
    """Full and diagonal covariances; its regularisation is not scikit-learn's ridge, so rows with one may differ."""
    try:
        import daal4py
    except ImportError:
        raise NotInstalled("pip install scikit-learn-intelex") from None
    refuse(problem, "spherical", "tied")
    full, single = problem.kind == "full", rows.dtype == np.float32
    initial = [np.ascontiguousarray(c if full else c[None], dtype=rows.dtype) for c in start.covariances]
    algorithm = daal4py.em_gmm(
        problem.k,
        fptype="float" if single else "double",
        maxIterations=problem.iterations,
        accuracyThreshold=0.0,
        regularizationFactor=problem.reg_covar,
        covarianceStorage="full" if full else "diagonal",
    )
    weights, means = start.weights[None].astype(rows.dtype), start.means.astype(rows.dtype)
    clock = time.perf_counter()
    found = algorithm.compute(rows, weights, means, initial)
    seconds = time.perf_counter() - clock
    covariances = np.array([c if full else c.ravel() for c in found.covariances], dtype=np.float64)
    return Run(seconds, np.float64(found.weights.ravel()), np.float64(found.means), covariances)
