"""Regions for noise that contain all rows: a box along the columns or the principal components, or the convex hull."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mixtura._support import Array
from mixtura.data import Extent, Source, Summary
from mixtura.errors import DataError
from mixtura.kernels import sum_over_blocks
from mixtura.mixture.hull import hull_corners
from mixtura.mixture.noise import Noise


def bounding_box(source: Source, summary: Summary) -> Noise:
    """Noise over the smaller of two boxes around the rows, as in mclust's ``hypvol``.

    One is along the columns, the other along the principal components.

    Parameters
    ----------
    source : Source
    summary : Summary
        Summary of all rows, with extent, and with full scatter if there are more rows than columns.

    Returns
    -------
    Noise
        With weight zero.

    Examples
    --------
    >>> from mixtura.data import ArraySource
    >>> from mixtura.kernels import summarise
    >>> rows = ArraySource.of([[0.0, 0.0], [4.0, 0.0], [0.0, 2.0], [4.0, 2.0]])
    >>> round(bounding_box(rows, summarise(rows, full=True)).volume, 6)
    8.0
    """
    lower, upper = summary.extent.least, summary.extent.largest
    flat = np.flatnonzero(~(lower < upper))
    if len(flat):
        raise DataError(f"noise: column {flat[0]} is constant, so the rows lie in no volume; leave the column out")
    along_columns = Noise(0.0, lower, upper)
    if summary.n_rows <= len(lower):  # so few rows lie in a plane
        return along_columns
    mean, axes = summary.mean, np.linalg.eigh(summary.scatter)[1]
    extent = source.sum(sum_over_blocks(lambda block: Extent.of((block.rows - mean) @ axes)))
    width = extent.largest - extent.least
    # The rotated box around rows in a plane has a volume of zero up to rounding, so it is not used.
    if not (width > 1e-10 * width.max()).all() or np.log(width).sum() >= along_columns.log_volume:
        return along_columns
    return Noise(0.0, extent.least + mean @ axes, extent.largest + mean @ axes, axes)


def convex_hull(source: Source, summary: Summary) -> Noise:
    """Noise of weight zero over the convex hull of the rows.

    Raises
    ------
    DataError
        If the rows lie in a plane, or there are too many dimensions.

    Examples
    --------
    >>> from mixtura.data import ArraySource
    >>> from mixtura.kernels import summarise
    >>> rows = ArraySource.of([[0.0, 0.0], [4.0, 0.0], [0.0, 2.0], [1.0, 0.5]])
    >>> round(convex_hull(rows, summarise(rows, full=True)).volume, 6)
    4.0
    """
    if source.n_features == 1:
        return bounding_box(source, summary)
    candidates = source.sum(lambda chunk: HullCorners((hull_corners(chunk.rows),))).merged
    corners = hull_corners(candidates, complete=True)
    return Noise(0.0, corners.min(axis=0), corners.max(axis=0), corners=corners)


@dataclass(frozen=True, slots=True, eq=False)
class HullCorners:
    """Corners of the convex hulls of parts of the rows; those of the hull of all rows are among them."""

    parts: tuple[Array, ...]

    def __add__(self, other: HullCorners) -> HullCorners:
        return HullCorners(self.parts + other.parts)

    @property
    def merged(self) -> Array:
        """Corners of all parts, (m, d)."""
        return np.concatenate(self.parts)


NOISE_REGIONS: dict[str, Callable[[Source, Summary], Noise]] = {"box": bounding_box, "hull": convex_hull}
