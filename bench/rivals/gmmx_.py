"""gmmx, on JAX, in float32, which is all that it accepts; the compilation is not counted."""

import time

import numpy as np

from rivals import NotInstalled, Run, refuse, refuse_beyond


def run(rows, start, problem) -> Run:
    """Full and diagonal covariances; the arrays of its M-step are N x K x D or more."""
    try:
        import jax
        from gmmx import EMFitter, GaussianMixtureModelJax
    except ImportError:
        raise NotInstalled("pip install gmmx") from None
    refuse(problem, "tied", "spherical")
    refuse_beyond(rows.shape[0] * problem.k * rows.shape[1] * 4 * 2 / 1e6)
    model = GaussianMixtureModelJax.from_squeezed(
        jax.numpy.asarray(start.means, dtype=np.float32),
        jax.numpy.asarray(start.covariances, dtype=np.float32),
        jax.numpy.asarray(start.weights, dtype=np.float32),
        covariance_type=problem.kind,
    )
    data = jax.numpy.asarray(rows, dtype=np.float32)
    fitter = EMFitter(max_iter=problem.iterations, tol=0.0, reg_covar=problem.reg_covar)
    fitter.fit(data, model)
    clock = time.perf_counter()
    found = fitter.fit(data, model)
    jax.block_until_ready(found.gmm.means)
    seconds = time.perf_counter() - clock
    weights, means = np.float64(found.gmm.weights_numpy), np.float64(found.gmm.means_numpy)
    return Run(seconds, weights.ravel(), means, np.float64(found.gmm.covariances.values_numpy))
