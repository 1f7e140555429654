"""OpenCV's cv2.ml.EM (contrib wheel)."""

import time

import numpy as np

from rivals import NotInstalled, Run, refuse, refuse_float32


def run(rows, start, problem) -> Run:
    """OpenCV counts E-steps: n + 1 of them make n iterations; it works on float64."""
    try:
        import cv2
    except ImportError:
        raise NotInstalled("pip install opencv-contrib-python-headless") from None
    if not hasattr(cv2, "ml"):
        raise NotInstalled("this OpenCV has no cv2.ml")
    refuse(problem, "tied")
    refuse_float32(problem)
    kinds = {"full": "GENERIC", "diag": "DIAGONAL", "spherical": "SPHERICAL"}
    model = cv2.ml.EM_create()
    model.setClustersNumber(problem.k)
    model.setCovarianceMatrixType(getattr(cv2.ml, f"EM_COV_MAT_{kinds[problem.kind]}"))
    model.setTermCriteria((cv2.TERM_CRITERIA_COUNT, problem.iterations + 1, 0))
    initial = np.array([c if problem.kind == "full" else np.diag(c) for c in start.covariances])
    # Without this mark the last dimension of three is taken for the channels of a picture.
    initial = cv2.Mat(initial, wrap_channels=False)
    clock = time.perf_counter()
    model.trainE(rows, start.means, initial, start.weights[None])
    seconds = time.perf_counter() - clock
    covariances = np.array(model.getCovs())
    if problem.kind != "full":
        covariances = np.array([np.diag(c) for c in covariances])
    return Run(seconds, model.getWeights().ravel(), model.getMeans(), covariances)
