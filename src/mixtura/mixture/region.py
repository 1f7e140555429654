"""Where noise may lie: the smallest box around all rows, along columns or principal components, or their hull."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mixtura._support import Array
from mixtura.data import Chunk, Source
from mixtura.errors import DataError
from mixtura.kernels import accumulate, sum_over_blocks
from mixtura.mixture.hull import corners_of
from mixtura.mixture.noise import Noise
from mixtura.stats import Stats


def box(source: Source) -> Noise:
    """The smaller of two boxes around the rows, as mclust's ``hypvol``: along columns, or principal components.

    Returns
    -------
    Noise
        Of weight zero.

    Examples
    --------
    >>> from mixtura.data import ArraySource
    >>> round(box(ArraySource.of([[0.0, 0.0], [4.0, 0.0], [0.0, 2.0], [4.0, 2.0]])).volume, 6)
    8.0
    """
    d = source.n_features
    moments = source.sum(sum_over_blocks(lambda block: accumulate(block, np.ones((len(block.rows), 1)), "full"), d))
    lower, upper = _extent(source, np.zeros(d), np.eye(d))
    flat = np.flatnonzero(~(lower < upper))
    if len(flat):
        raise DataError(f"noise: column {flat[0]} is constant, so the rows lie in no volume; leave the column out")
    mean, axes = moments.mean[0], np.linalg.eigh(moments.scatter[0])[1]
    low, high = _extent(source, mean, axes)
    upright, width = Noise(0.0, lower, upper), high - low
    # Where the rows lie on a plane, the other box has no volume, but for rounding.
    if not (width > 1e-10 * width.max()).all() or np.log(width).sum() >= upright.log_volume:
        return upright
    return Noise(0.0, low + mean @ axes, high + mean @ axes, axes)


def _extent(source: Source, origin: Array, axes: Array) -> tuple[Array, Array]:
    """The least and the largest value of each coordinate."""
    ends: list[tuple[Array, Array]] = []

    def look(chunk: Chunk) -> Stats:
        turned = (chunk.rows - origin) @ axes
        ends.append((turned.min(axis=0), turned.max(axis=0)))
        return Stats.empty(1, 1, "diagonal")

    source.sum(sum_over_blocks(look))
    return np.min([low for low, _ in ends], axis=0), np.max([high for _, high in ends], axis=0)


def hull(source: Source) -> Noise:
    """The convex hull of the rows.

    Raises
    ------
    DataError
        If the rows lie in a plane, or there are too many dimensions.

    Examples
    --------
    >>> from mixtura.data import ArraySource
    >>> round(hull(ArraySource.of([[0.0, 0.0], [4.0, 0.0], [0.0, 2.0], [1.0, 0.5]])).volume, 6)
    4.0
    """
    d = source.n_features
    if d == 1:
        return box(source)
    parts: list[Array] = []

    def look(chunk: Chunk) -> Stats:
        parts.append(corners_of(chunk.rows))
        return Stats.empty(1, 1, "diagonal")

    source.sum(look)
    corners = corners_of(np.concatenate(parts), last=True)
    return Noise(0.0, corners.min(axis=0), corners.max(axis=0), corners=corners)


REGIONS: dict[str, Callable[[Source], Noise]] = {"box": box, "hull": hull}
