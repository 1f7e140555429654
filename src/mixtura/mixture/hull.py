"""Convex hulls: their corners, and the volume, the moments and random rows of the uniform distribution over them.

A hull is divided into simplices, each spanned by one of its facets and a point inside.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from mixtura._support import Array, LazyModule, Rng, Rows
from mixtura.errors import DataError

spatial = LazyModule("scipy.spatial")

# Largest dimension: the hull of a thousand normal rows has 14,000 facets in 6 dimensions, and 89,000 in 7.
MAX_DIMENSION = 6


def _hull(rows: Rows) -> Any:
    """The convex hull of rows (n, d), by Qhull (Barber, Dobkin & Huhdanpaa 1996, ACM TOMS 22, 469-483)."""
    n, d = rows.shape
    if d > MAX_DIMENSION:
        raise DataError(
            f"noise: the convex hull of {d} columns has too many facets; it is for at most {MAX_DIMENSION}: use the box"
        )
    if n <= d:
        raise DataError(f"noise: {n} rows in {d} dimensions have no convex hull with a volume; use the box")
    try:
        return spatial.ConvexHull(rows.astype(np.float64))
    except spatial.QhullError:
        raise DataError(
            f"noise: the rows lie in a plane of fewer than {d} dimensions, so their convex hull has no volume; "
            "leave columns out, or use the box"
        ) from None


def hull_corners(rows: Rows, *, complete: bool = False) -> Array:
    """Corners of the convex hull of rows (n, d), (m, d).

    Rows without a hull of positive volume are all returned where they are but a part of the data, and raise DataError
    where they are ``complete``.

    Examples
    --------
    >>> hull_corners(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.2, 0.2]]), complete=True).tolist()
    [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    """
    try:
        return np.asarray(rows[np.sort(_hull(rows).vertices)], dtype=np.float64)
    except DataError:
        if complete or rows.shape[1] > MAX_DIMENSION:
            raise
        return np.asarray(rows, dtype=np.float64)


def hull_simplices(corners: Array) -> tuple[Array, Array]:
    """Corners of the simplices that a hull is divided into, (m, d + 1, d), and their volumes, (m,)."""
    return _simplices(corners.tobytes(), corners.shape)


@lru_cache(maxsize=8)
def _simplices(data: bytes, shape: tuple[int, int]) -> tuple[Array, Array]:
    """Simplices of the hull of corners given as bytes; cached, since each iteration of EM needs the volume."""
    corners = np.frombuffer(data).reshape(shape)
    inner = corners.mean(axis=0)
    facets = corners[_hull(corners - inner).simplices]
    tips = np.broadcast_to(inner, (len(facets), 1, corners.shape[1]))
    volumes = np.abs(np.linalg.det(facets - inner)) / math.factorial(corners.shape[1])
    return np.concatenate([tips, facets], axis=1), volumes


def hull_log_volume(corners: Array) -> float:
    """Logarithm of the volume of the convex hull of corners (m, d).

    Examples
    --------
    >>> round(hull_log_volume(np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 1.0]])), 12)
    0.0
    """
    scale = np.ptp(corners, axis=0)  # so that the volume does not overflow, whatever the units
    return float(np.log(hull_simplices(corners / scale)[1].sum()) + np.log(scale).sum())


def hull_centroid(corners: Array) -> Array:
    """Mean of the uniform distribution over the convex hull of corners (m, d), (d,)."""
    simplices, volumes = hull_simplices(corners)
    return np.asarray(np.average(simplices.mean(axis=1), axis=0, weights=volumes))


def hull_covariance(corners: Array) -> Array:
    """Covariance matrix of the uniform distribution over the convex hull of corners (m, d), (d, d).

    That of a simplex with corners v_0 to v_d and mean m is sum_i (v_i - m)(v_i - m)' / ((d + 1)(d + 2)).
    """
    simplices, volumes = hull_simplices(corners)
    d = corners.shape[1]
    means = simplices.mean(axis=1)
    deviations = simplices - means[:, None]
    within = np.einsum("sij,sik->sjk", deviations, deviations) / ((d + 1) * (d + 2))
    delta = means - np.average(means, axis=0, weights=volumes)
    return np.asarray(np.average(within + delta[:, :, None] * delta[:, None, :], axis=0, weights=volumes))


def sample_hull(corners: Array, n: int, rng: Rng) -> Array:
    """Draw n rows from the uniform distribution over the convex hull of corners (m, d), (n, d)."""
    simplices, volumes = hull_simplices(corners)
    chosen = rng.choice(len(volumes), size=n, p=volumes / volumes.sum())
    barycentric = rng.standard_exponential(size=(n, simplices.shape[1]))
    barycentric /= barycentric.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("ni,nij->nj", barycentric, simplices[chosen]))
