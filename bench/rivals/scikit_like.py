"""Estimators with scikit-learn's interface: scikit-learn's own, and Mixtura's."""

import time
import warnings

import numpy as np


def run_with(estimator, rows, start, problem):
    """Fit with explicit parameters; ``tol=0`` never stops early."""
    inverse = {
        "full": np.linalg.inv,
        "diag": lambda c: 1 / c,
        "spherical": lambda c: 1 / c[:, 0],
    }[problem.kind]
    model = estimator(
        problem.k,
        covariance_type=problem.kind,
        weights_init=start.weights,
        means_init=start.means,
        precisions_init=inverse(start.covariances),
        max_iter=problem.iterations,
        tol=0.0,
        reg_covar=problem.reg_covar,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clock = time.perf_counter()
        model.fit(rows)
        seconds = time.perf_counter() - clock
    covariances = model.covariances_
    if problem.kind == "spherical":
        covariances = np.repeat(covariances[:, None], rows.shape[1], axis=1)
    return seconds, model.weights_, model.means_, covariances
