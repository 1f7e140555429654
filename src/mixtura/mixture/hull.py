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
        return spatial.ConvexHull(in_unit_box(rows)[0])  # Qhull crashes where products of values overflow
    except spatial.QhullError:
        raise DataError(
            f"noise: the rows lie in a plane of fewer than {d} dimensions, so their convex hull has no volume; "
            "leave columns out, or use the box"
        ) from None


def in_unit_box(rows: Rows) -> tuple[Array, Array]:
    """Rows moved and scaled so that each column that varies goes from 0 to 1, and the widths of the columns, (d,)."""
    values = rows.astype(np.float64)
    least = values.min(axis=0)
    widths = values.max(axis=0) - least
    return (values - least) / np.where(widths > 0, widths, 1.0), widths


def hull_corners(rows: Rows, *, complete: bool = False) -> Array:
    """Corners of the convex hull of rows (n, d), (m, d).

    If the hull has no volume, all rows are returned, since the hull of all the data may have one; if the rows are
    ``complete``, all the data, DataError is raised.

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
    """Corners of the simplices that a hull is divided into, (m, d + 1, d), and their volumes, (m,).

    The volumes are fractions of the volume of the box around the hull, so that they do not overflow.
    """
    return _simplices(corners.tobytes(), corners.shape)


@lru_cache(maxsize=8)
def _simplices(data: bytes, shape: tuple[int, int]) -> tuple[Array, Array]:
    """Simplices of the hull of corners given as bytes; cached, since each iteration of EM needs the volume."""
    corners = np.frombuffer(data).reshape(shape)
    inner, d = corners.mean(axis=0), corners.shape[1]
    facets = _hull(corners).simplices
    tips = np.broadcast_to(inner, (len(facets), 1, d))
    scaled, _ = in_unit_box(np.vstack([corners, inner]))
    volumes = np.abs(np.linalg.det(scaled[facets] - scaled[-1])) / math.factorial(d)
    return np.concatenate([tips, corners[facets]], axis=1), volumes


def hull_log_volume(corners: Array) -> float:
    """Logarithm of the volume of the convex hull of corners (m, d).

    Examples
    --------
    >>> round(hull_log_volume(np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 1.0]])), 12)
    0.0
    """
    _, widths = in_unit_box(corners)
    return float(np.log(hull_simplices(corners)[1].sum()) + np.log(widths).sum())


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
