"""Estimators with scikit-learn's interface: scikit-learn's own, and Mixtura's."""

import time
import warnings

import numpy as np

from rivals import Run

INVERSE = {
    "full": np.linalg.inv,
    "tied": np.linalg.inv,
    "diag": lambda c: 1 / c,
    "spherical": lambda c: 1 / c[:, 0],
}


def run_with(estimator, rows, start, problem) -> Run:
    """Fit with explicit parameters; ``tol=0`` never stops early."""
    model = estimator(
        problem.k,
        covariance_type=problem.kind,
        weights_init=start.weights,
        means_init=start.means,
        precisions_init=INVERSE[problem.kind](start.covariances),
        max_iter=problem.iterations,
        tol=0.0,
        reg_covar=problem.reg_covar,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clock = time.perf_counter()
        model.fit(rows)
        seconds = time.perf_counter() - clock
    covariances = np.asarray(model.covariances_, dtype=np.float64)
    if problem.kind == "spherical":
        covariances = np.repeat(covariances[:, None], rows.shape[1], axis=1)
    return Run(seconds, np.float64(model.weights_), np.float64(model.means_), covariances)
