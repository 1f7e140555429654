"""Scores of rows under a t component, in `FisherCoordinates`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, LazyModule, Rows
from mixtura.em.coordinates import FisherCoordinates
from mixtura.kernels import Tails
from mixtura.mixture import Mixture

special = LazyModule("scipy.special")


def t_scores(
    mixture: Mixture, rows: Rows, component: int, free: NDArray[np.bool_]
) -> tuple[Array, Array, NDArray[np.intp]]:
    """Derivatives of a component's log-density at complete rows, of a mixture with t components.

    Parameters
    ----------
    free : ndarray of bool, (k,)
        Which degrees of freedom are coordinates.

    Returns
    -------
    scores : ndarray of shape (n, d + b)
        By the whitened mean and the b coordinates of the scale matrix.
    tail_scores : ndarray of shape (n, 1) or (n, 0)
        By the log-degrees of freedom, if these are a coordinate.
    places : ndarray of int, (1,) or (0,)
        The place of that coordinate, counted from the end.
    """
    coordinates, covariances = FisherCoordinates(mixture), mixture.covariances
    white = covariances.whiten(component, rows - mixture.means[component])
    nu = coordinates.degrees_of_freedom[component : component + 1]
    tails, distance = Tails(nu, white.shape[1]), np.square(white).sum(axis=1)[None]
    precision = tails.precisions(distance)
    scores = [precision.T * white, covariances.log_coordinate_scores(np.sqrt(precision.T) * white)]
    if not free[component]:
        return np.concatenate(scores, axis=1), np.empty((len(white), 0)), np.empty(0, dtype=np.intp)
    excess = 1.0 + tails.log_precision_terms - np.log1p(distance * tails.inverse) - precision
    score = 0.5 * nu * (excess + np.log(nu / 2) - special.digamma(nu / 2)) / coordinates.tail_roots[component]
    return np.concatenate(scores, axis=1), score.T, -free[component:].sum(keepdims=True)
