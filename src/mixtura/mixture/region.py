"""Where noise may lie: the smallest box around all rows, along columns or principal components, or their hull."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mixtura._support import Array
from mixtura.data import Extent, Source, Summary
from mixtura.errors import DataError
from mixtura.kernels import sum_over_blocks
from mixtura.mixture.hull import corners_of
from mixtura.mixture.noise import Noise


def box(source: Source, summary: Summary) -> Noise:
    """The smaller of two boxes around the rows, as mclust's ``hypvol``: along columns, or principal components.

    Parameters
    ----------
    source : Source
    summary : Summary
        Of all its rows, with full scatter and extent.

    Returns
    -------
    Noise
        Of weight zero.

    Examples
    --------
    >>> from mixtura.data import ArraySource
    >>> from mixtura.kernels import summarise
    >>> rows = ArraySource.of([[0.0, 0.0], [4.0, 0.0], [0.0, 2.0], [4.0, 2.0]])
    >>> round(box(rows, summarise(rows, full=True)).volume, 6)
    8.0
    """
    lower, upper = summary.extent.least, summary.extent.largest
    flat = np.flatnonzero(~(lower < upper))
    if len(flat):
        raise DataError(f"noise: column {flat[0]} is constant, so the rows lie in no volume; leave the column out")
    mean, axes = summary.mean, np.linalg.eigh(summary.scatter)[1]
    turned = source.sum(sum_over_blocks(lambda block: Extent.of((block.rows - mean) @ axes)))
    upright, width = Noise(0.0, lower, upper), turned.largest - turned.least
    # Where the rows lie on a plane, the other box has no volume, but for rounding.
    if not (width > 1e-10 * width.max()).all() or np.log(width).sum() >= upright.log_volume:
        return upright
    return Noise(0.0, turned.least + mean @ axes, turned.largest + mean @ axes, axes)


def hull(source: Source, summary: Summary) -> Noise:
    """The convex hull of the rows.

    Raises
    ------
    DataError
        If the rows lie in a plane, or there are too many dimensions.

    Examples
    --------
    >>> from mixtura.data import ArraySource
    >>> from mixtura.kernels import summarise
    >>> rows = ArraySource.of([[0.0, 0.0], [4.0, 0.0], [0.0, 2.0], [1.0, 0.5]])
    >>> round(hull(rows, summarise(rows, full=True)).volume, 6)
    4.0
    """
    if source.n_features == 1:
        return box(source, summary)
    corners = corners_of(source.sum(lambda chunk: Corners((corners_of(chunk.rows),))).together, last=True)
    return Noise(0.0, corners.min(axis=0), corners.max(axis=0), corners=corners)


@dataclass(frozen=True, slots=True, eq=False)
class Corners:
    """Corners of the hulls of some parts of the rows; those of two parts of a pass are those of both."""

    parts: tuple[Array, ...]

    def __add__(self, other: Corners) -> Corners:
        return Corners(self.parts + other.parts)

    @property
    def together(self) -> Array:
        """Of all parts, (m, d)."""
        return np.concatenate(self.parts)


NOISE_REGIONS: dict[str, Callable[[Source, Summary], Noise]] = {"box": box, "hull": hull}
