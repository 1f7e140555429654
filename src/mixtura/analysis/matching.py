"""Fits of replicates compared with the fit itself: components in its order, and those that have collapsed."""

from __future__ import annotations

import numpy as np

from mixtura._support import LazyModule
from mixtura.fitting import Start
from mixtura.mixture import Mixture

optimize = LazyModule("scipy.optimize")


def has_collapsed(again: Start, first: Start) -> bool:
    """Whether a replicate has a component of few rows, or one of repeated rows, at a floor that the fit is not at."""
    return bool(again.spurious or (again.floored and not first.floored))


def match_components(mixture: Mixture, other: Mixture) -> Mixture:
    """Reorder components to match those of ``mixture``, for the least sum of Mahalanobis distances of the means."""
    distance = [
        np.linalg.norm(mixture.covariances.whiten(j, other.means - mixture.means[j]), axis=1)
        for j in range(mixture.n_components)
    ]
    return other.select(optimize.linear_sum_assignment(np.array(distance))[1])
