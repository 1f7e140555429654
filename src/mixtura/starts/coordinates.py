"""Coordinates of rows for hierarchical clustering (Scrucca & Raftery 2015)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mixtura._support import Array, Rows


def _centred(rows: Rows, weight: Array) -> Array:
    """Rows with the columns' means subtracted, (n, d)."""
    return rows - np.average(rows, axis=0, weights=weight)


def _standardised(rows: Array, weight: Array) -> Array:
    """Rows with each column centred and divided by its standard deviation; constant columns are left out."""
    centred = _centred(rows, weight)
    total = weight.sum()
    deviation = np.sqrt(weight @ centred**2 / max(total - 1, 1))
    kept = deviation > np.finfo(np.float64).eps * np.abs(rows).max(axis=0)
    return centred[:, kept] / deviation[kept]


def _principal_components(rows: Array, weight: Array, power: float) -> Array:
    """Principal components of centred rows, divided by a power of their singular values; those of zero are left out."""
    _, values, axes = np.linalg.svd(np.sqrt(weight)[:, None] * rows, full_matrices=False)
    kept = values > np.finfo(np.float64).eps * max(rows.shape) * values.max(initial=0)
    return rows @ axes[kept].T / values[kept] ** power


def sphere(rows: Rows, weight: Array) -> Array:
    """Principal components of rows, scaled to variance 1; those of zero variance are left out."""
    return _principal_components(_centred(rows, weight), weight, 1) * np.sqrt(weight.sum())


# Functions of rows (n, d) and their weights (n,), under mclust's names.
COORDINATES: dict[str, Callable[[Array, Array], Array]] = {
    "VARS": lambda rows, _: rows,
    "STD": _standardised,
    "PCS": lambda rows, weight: _principal_components(_centred(rows, weight), weight, 0),
    "PCR": lambda rows, weight: _principal_components(_standardised(rows, weight), weight, 0),
    "SPH": sphere,
    "SVD": lambda rows, weight: _principal_components(_standardised(rows, weight), weight, 0.5),
}
