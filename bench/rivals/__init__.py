"""One adapter for each rival: the same iterations from the same start.

An adapter is a module with ``run(rows, start, problem) -> Run``; it raises `Absent` with a reason where the rival is
not installed or cannot solve the problem. ``SEPARATE = True`` says that an adapter repeats short
fits by itself and needs no warming up, as those do that run another program.
"""

from dataclasses import dataclass

import numpy as np

NAMES = {
    "mixtura_": "Mixtura",
    "sklearn_": "scikit-learn",
    "onedal": "oneDAL",
    "armadillo": "Armadillo",
    "opencv": "OpenCV",
    "pomegranate_": "pomegranate",
    "gmmx_": "gmmx (JAX)",
    "mlpack_": "mlpack",
    "mclust": "R mclust",
    "spark": "Spark MLlib",
}


class Absent(Exception):  # noqa: N818 - it is no error that a rival is not there
    """The rival cannot solve this problem."""


class NotInstalled(Absent):
    """The rival cannot solve any."""


@dataclass(frozen=True)
class Run:
    """What one fit came to.

    ``own_start`` marks rivals that cannot be given a start: their seconds are those of as many iterations as the
    others run, and their log-likelihood is not compared. ``session`` is what they need before the first fit.
    """

    seconds: float
    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray  # (k, d, d) for full, (d, d) for tied, (k, d) for diag and spherical
    megabytes: float | None = None
    own_start: bool = False
    session: float | None = None


def refuse(problem, *kinds: str) -> None:
    """Raise `Absent` for the kinds of covariance that a rival does not know."""
    if problem.kind in kinds:
        raise Absent(f"no {problem.kind} covariances")


def refuse_float32(problem) -> None:
    """Raise `Absent` where a rival would silently turn float32 rows into float64."""
    if problem.dtype == "float32":
        raise Absent("no float32")


def refuse_beyond(megabytes: float, limit: float = 4000) -> None:
    """Raise `Absent` where a rival's arrays would not fit into the memory of an ordinary machine."""
    if megabytes > limit:
        raise Absent(f"would need {megabytes / 1000:.0f} GB")
