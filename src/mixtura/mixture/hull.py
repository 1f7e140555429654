"""Convex hulls: their corners, and their volume, moments and random rows by the cones that their facets make."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from mixtura._support import Array, LazyModule, Rng, Rows
from mixtura.errors import DataError

spatial = LazyModule("scipy.spatial")

# In more dimensions a hull has too many facets: a thousand normal rows have 14,000 in 6 dimensions, 89,000 in 7.
MOST = 6


def _hull(rows: Rows) -> Any:
    """Qhull's answer (Barber, Dobkin & Huhdanpaa 1996)."""
    n, d = rows.shape
    if d > MOST:
        raise DataError(
            f"noise: the convex hull of {d} columns has too many facets; it is for at most {MOST}: use the box"
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


def corners_of(rows: Rows, *, last: bool = False) -> Array:
    """The corners of the rows' convex hull, (m, d); of a part of the rows all of them where it has no volume.

    Examples
    --------
    >>> corners_of(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.2, 0.2]]), last=True).tolist()
    [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    """
    try:
        return np.asarray(rows[np.sort(_hull(rows).vertices)], dtype=np.float64)
    except DataError:
        if last or rows.shape[1] > MOST:
            raise
        return np.asarray(rows, dtype=np.float64)


def cones(corners: Array) -> tuple[Array, Array]:
    """Simplices that make up the hull, from a point within to each facet, (m, d + 1, d), and their volumes, (m,)."""
    return _cones(corners.tobytes(), corners.shape)


@lru_cache(maxsize=8)
def _cones(written: bytes, shape: tuple[int, int]) -> tuple[Array, Array]:
    """Made once, though each iteration of EM asks for the volume."""
    corners = np.frombuffer(written).reshape(shape)
    inner = corners.mean(axis=0)
    facets = corners[_hull(corners - inner).simplices]
    tips = np.broadcast_to(inner, (len(facets), 1, corners.shape[1]))
    volumes = np.abs(np.linalg.det(facets - inner)) / math.factorial(corners.shape[1])
    return np.concatenate([tips, facets], axis=1), volumes


def log_volume(corners: Array) -> float:
    """Logarithm of the hull's volume.

    Examples
    --------
    >>> round(log_volume(np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 1.0]])), 12)
    0.0
    """
    scale = np.ptp(corners, axis=0)  # so that no unit makes the volume overflow
    return float(np.log(cones(corners / scale)[1].sum()) + np.log(scale).sum())


def centre(corners: Array) -> Array:
    """The hull's centre of mass, (d,)."""
    simplices, volumes = cones(corners)
    return np.asarray(np.average(simplices.mean(axis=1), axis=0, weights=volumes))


def covariance(corners: Array) -> Array:
    """Covariance matrix of rows that are uniform over the hull, (d, d).

    Of a simplex with corners v_0 to v_d it is sum_i (v_i - m)(v_i - m)' / ((d + 1)(d + 2)).
    """
    simplices, volumes = cones(corners)
    d = corners.shape[1]
    own = simplices.mean(axis=1)
    away = simplices - own[:, None]
    within = np.einsum("sij,sik->sjk", away, away) / ((d + 1) * (d + 2))
    delta = own - np.average(own, axis=0, weights=volumes)
    return np.asarray(np.average(within + delta[:, :, None] * delta[:, None, :], axis=0, weights=volumes))


def drawn(corners: Array, n: int, rng: Rng) -> Array:
    """Rows that are uniform over the hull, (n, d)."""
    simplices, volumes = cones(corners)
    chosen = rng.choice(len(volumes), size=n, p=volumes / volumes.sum())
    shares = rng.standard_exponential(size=(n, simplices.shape[1]))
    shares /= shares.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("ni,nij->nj", shares, simplices[chosen]))
