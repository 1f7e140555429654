"""pomegranate's GeneralMixtureModel of Normals, on PyTorch."""

import time

import numpy as np

from rivals import Absent, NotInstalled, Run, refuse, refuse_beyond


def run(rows, start, problem) -> Run:
    """No ridge; its second moments are raw sums."""
    try:
        import torch
        from pomegranate.distributions import Normal
        from pomegranate.gmm import GeneralMixtureModel
    except ImportError:
        raise NotInstalled("pip install pomegranate (with PyTorch)") from None
    refuse(problem, "tied", "spherical")
    if problem.reg_covar:
        raise Absent("no ridge")
    refuse_beyond(rows.shape[0] * problem.k * 8 * 4 / 1e6)
    kind = torch.float32 if rows.dtype == np.float32 else torch.float64
    torch.set_default_dtype(kind)
    parts = [
        Normal(torch.tensor(m, dtype=kind), torch.tensor(c, dtype=kind), covariance_type=problem.kind)
        for m, c in zip(start.means, start.covariances, strict=True)
    ]
    priors = torch.tensor(start.weights, dtype=kind)
    model = GeneralMixtureModel(parts, priors=priors, max_iter=problem.iterations, tol=-np.inf, check_data=False)
    data = torch.from_numpy(rows)
    clock = time.perf_counter()
    with torch.no_grad():
        model.fit(data)
    seconds = time.perf_counter() - clock
    means = np.array([part.means.detach().numpy() for part in model.distributions], dtype=np.float64)
    covariances = np.array([part.covs.detach().numpy() for part in model.distributions], dtype=np.float64)
    return Run(seconds, np.float64(model.priors.detach().numpy()), means, covariances)
