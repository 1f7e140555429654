"""What others take on a GPU, for ``gpu.py``: scikit-learn's array API, tgmm, and the E-steps of Flash-GMM."""

import sys
import warnings

import numpy as np
import torch

import sklearn

# Errors that say that a rival cannot do what it is asked for.
REFUSALS = (RuntimeError, TypeError, ValueError, ImportError, AssertionError, AttributeError)


def array_api_seconds(rows, k, clock):
    """Seconds of twenty iterations of scikit-learn's class by its array API, on the rows' device."""
    from sklearn.mixture import GaussianMixture

    model = GaussianMixture(k, init_params="random_from_data", max_iter=20, tol=0.0, random_state=0)
    try:
        with sklearn.config_context(array_api_dispatch=True):
            return clock.seconds(lambda: model.fit(rows))
    except REFUSALS as error:
        return f"failed: {str(error)[:100]}"


def tgmm(mixture, rows, clock):
    """Milliseconds of an iteration of tgmm from a mixture: the difference of six iterations and one."""

    def seconds(iterations):
        from tgmm import GaussianMixture

        parts = (mixture.weights, mixture.means, mixture.covariances.dense())
        start = [torch.tensor(np.array(part), dtype=rows.dtype, device=rows.device) for part in parts]
        names = ("init_weights", "init_means", "init_covariances")
        model = GaussianMixture(
            n_components=len(parts[0]), n_features=rows.shape[1], covariance_type="full", device=str(rows.device),
            max_iter=iterations, tol=1e-300, **dict(zip(names, start, strict=True)),
        )  # fmt: skip
        return clock.seconds(lambda: model.fit(rows))

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            seconds(1)
            return {"tgmm, ms": 1000 * (seconds(6) - seconds(1)) / 5}
    except REFUSALS as error:
        return {"tgmm": f"failed: {str(error)[:200]}"}


def flash(folder, form, mixture, rows, wanted, clock, budget):
    """Milliseconds of Flash-GMM's E-step for an H100, and its largest error in the first rows' log-densities."""
    sys.path.insert(0, str(folder))
    device = rows.device

    def tensor(values):
        return torch.tensor(np.array(values), dtype=torch.float32, device=device)

    log_pi = np.log(mixture.weights)
    if form != "full":
        log_pi = log_pi - 0.5 * rows.shape[1] * np.log(2 * np.pi)  # which it leaves out
    variances = mixture.covariances.variances()
    try:
        if form == "spherical":
            from flash_gmm_h100 import flash_gmm_estep as estep

            spread = tensor(np.log(variances[:, 0]))
        elif form == "diagonal":
            from flash_gmm_diag_h100 import flash_gmm_estep_diag as estep

            spread = tensor(np.log(variances))
        else:
            from flash_gmm_full_h100 import flash_gmm_estep_full as estep

            spread = tensor(np.linalg.cholesky(np.linalg.inv(mixture.covariances.dense())))
        arguments = (rows, tensor(mixture.means), spread, tensor(log_pi))
        milliseconds = 1000 * clock.median(lambda: estep(*arguments), budget)
        density = estep(*arguments)[0][: len(wanted)].double().cpu().numpy()
    except REFUSALS as error:
        return {"Flash-GMM": f"failed: {str(error)[:200]}"}
    shift = np.median(wanted - density)  # constants that are left out do not count as errors
    return {"Flash-GMM, ms": milliseconds, "largest error, nats": float(np.abs(density + shift - wanted).max())}
