"""Divisions of a component's rows in two, from which two components are fitted to them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mixtura._support import TINY, Array, Rng
from mixtura.data import Chunk


def halves(part: Chunk, floor: Array, scale: Array, rng: Rng) -> Iterator[NDArray[np.bool_]]:
    """Masks (n,) that divide rows in two.

    Two components may lie side by side, one within the other, or cross. Rows are divided across the direction of least
    kurtosis, in which they are most like two groups; across the first principal component of columns divided by the
    roots of ``scale`` (d,); by a plane between two random rows; by their distance from the mean; and by their angle to
    the direction of largest kurtosis. Distances and angles are those of rows whitened by their covariance matrix plus
    ``floor`` (d,); for the directions see Cardoso (1989, ICASSP, 2109-2112).
    """
    n, d = part.rows.shape
    weight = part.weigh(np.ones(n))
    weight = weight / weight.sum()
    centred = part.rows - weight @ part.rows
    covariance = (weight * centred.T) @ centred
    white = centred @ np.linalg.inv(np.linalg.cholesky(covariance + np.diag(floor))).T
    squares = np.einsum("ij,ij->i", white, white)
    by_kurtosis = np.linalg.eigh((weight * squares * white.T) @ white)[1]
    yield white @ by_kurtosis[:, 0] > 0
    first, second = white[rng.choice(n, 2, p=weight)]
    yield (white - (first + second) / 2) @ (second - first) > 0
    yield squares > weighted_median(squares, weight)
    if d > 1:
        deviation = np.sqrt(scale)
        yield centred / deviation @ np.linalg.eigh(covariance / np.outer(deviation, deviation))[1][:, -1] > 0
        cosines = (white @ by_kurtosis[:, -1]) ** 2 / np.maximum(squares, TINY)
        yield cosines > weighted_median(cosines, weight)


def weighted_median(values: Array, weight: Array) -> float:
    """The value below which half of the weight lies; weights sum to one.

    Examples
    --------
    >>> weighted_median(np.array([3.0, 1.0, 2.0]), np.array([0.25, 0.5, 0.25]))
    1.0
    """
    order = np.argsort(values)
    place = int(np.searchsorted(np.cumsum(weight[order]), 0.5))
    return float(values[order[min(place, len(values) - 1)]])
