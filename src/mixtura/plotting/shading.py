"""Draw many rows as a shaded two-dimensional histogram, since so many points would hide each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array
from mixtura.plotting import style
from mixtura.plotting.view import spaced_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes


# More rows than this are shaded.
MAX_POINTS = 4_000

# Number of bins across and up at full size; panels of pairs have fewer.
BINS = (110, 84)

# Opacity of a bin that holds one row, as a part of the largest.
_LEAST_OPACITY = 0.25


def shades(counts: Array, colours: Array, opacity: float) -> Array:
    """Colour and opacity of bins, (..., 4), from the rows of each group in them, (g, ...), and its colour, (g, 3).

    The colour is the mean of those of the rows; the opacity grows with the logarithm of their number to ``opacity``.

    Examples
    --------
    >>> red_and_blue = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    >>> shades(np.array([[0, 1, 4], [0, 1, 0]]), red_and_blue, 0.8).round(2).tolist()
    [[0.0, 0.0, 0.0, 0.0], [0.5, 0.0, 0.5, 0.5], [1.0, 0.0, 0.0, 0.8]]
    """
    total = counts.sum(axis=0)
    mean = np.moveaxis(np.tensordot(colours, counts, axes=(0, 0)), 0, -1) / np.maximum(total, 1)[..., None]
    largest = np.log(max(float(total.max()), 2.0))
    strength = _LEAST_OPACITY + (1 - _LEAST_OPACITY) * np.log(np.maximum(total, 1)) / largest
    return np.concatenate([mean, np.where(total > 0, opacity * strength, 0.0)[..., None]], axis=-1)


def new_shading(
    axes: Axes, points: Array, colours: Sequence[str], size: float, opacity: float = 0.7
) -> Callable[[Sequence[NDArray[np.bool_]]], None]:
    """Prepare shaded bins in axes; return the function that fills them with groups of rows.

    Parameters
    ----------
    axes : matplotlib Axes
        With limits and scales set.
    points : ndarray of shape (n, 2)
    colours : sequence of str
        Of each group.
    size : float
        Scale of the picture; smaller ones have fewer bins.
    opacity : float
        Of the bin that holds most rows.
    """
    spans = ((axes.get_xlim(), axes.get_xscale()), (axes.get_ylim(), axes.get_yscale()))
    edges = [
        spaced_points(limits, round(most * size**1.3), log=scale == "log")
        for (limits, scale), most in zip(spans, BINS, strict=True)
    ]
    rgb = np.array([style.require("matplotlib.colors").to_rgb(colour) for colour in colours])
    shape = (len(edges[1]) - 1, len(edges[0]) - 1)
    # Thousands of cells would make SVG and PDF files large: there they are one picture.
    mesh = axes.pcolormesh(*edges, np.zeros((*shape, 4)), zorder=1, rasterized=True)

    def show(groups: Sequence[NDArray[np.bool_]]) -> None:
        counts = np.array([np.histogram2d(points[own, 1], points[own, 0], bins=edges[::-1])[0] for own in groups])
        mesh.set_array(shades(counts, rgb, opacity))

    return show
