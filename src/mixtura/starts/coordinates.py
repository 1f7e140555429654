"""Coordinates in which rows are agglomerated (Scrucca & Raftery 2015)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mixtura._support import Array, Rows


def _centred(rows: Rows, weight: Array) -> Array:
    """Means subtracted."""
    return rows - np.average(rows, axis=0, weights=weight)


def _standardised(rows: Array, weight: Array) -> Array:
    """Means subtracted, divided by standard deviations; constant columns left out."""
    centred = _centred(rows, weight)
    total = weight.sum()
    deviation = np.sqrt(weight @ centred**2 / max(total - 1, 1))
    kept = deviation > np.finfo(np.float64).eps * np.abs(rows).max(axis=0)
    return centred[:, kept] / deviation[kept]


def _turned(rows: Array, weight: Array, power: float) -> Array:
    """Principal components, divided by a power of their singular values; those without any width left out."""
    _, values, axes = np.linalg.svd(np.sqrt(weight)[:, None] * rows, full_matrices=False)
    kept = values > np.finfo(np.float64).eps * max(rows.shape) * values.max(initial=0)
    return rows @ axes[kept].T / values[kept] ** power


def sphered(rows: Rows, weight: Array) -> Array:
    """Principal components of equal variance."""
    return _turned(_centred(rows, weight), weight, 1) * np.sqrt(weight.sum())


# By mclust's names.
USES: dict[str, Callable[[Array, Array], Array]] = {
    "VARS": lambda rows, _: rows,
    "STD": _standardised,
    "PCS": lambda rows, weight: _turned(_centred(rows, weight), weight, 0),
    "PCR": lambda rows, weight: _turned(_standardised(rows, weight), weight, 0),
    "SPH": sphered,
    "SVD": lambda rows, weight: _turned(_standardised(rows, weight), weight, 0.5),
}
