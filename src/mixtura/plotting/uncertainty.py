"""Draw the uncertainty of the classification of each row as the size of its point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import Array
from mixtura.mixture import NOISE_LABEL
from mixtura.plotting import style
from mixtura.plotting.artists import RowLabels
from mixtura.plotting.panels import draw_outlines, set_up_axes, view_handles
from mixtura.plotting.shading import MAX_POINTS
from mixtura.plotting.view import View, evaluation_points

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


# Uncertainties whose point sizes the legend shows.
LEGEND_UNCERTAINTIES = (0.01, 0.1, 0.5)

# Above this number of rows points become smaller.
CROWDED_ROWS = 800


def point_areas(uncertainties: Array, size: float, n_rows: int = 0) -> Array:
    """Areas of points, in square points, that grow with their uncertainties from 0 to 1; of many rows smaller ones."""
    crowded = min((CROWDED_ROWS / max(n_rows, 1)) ** 0.25, 1.0)
    return (size * crowded * (3 + 8 * np.sqrt(uncertainties))) ** 2


def draw_uncertainty(axes: Axes, view: View, columns: Sequence[int], labels: RowLabels, size: float) -> None:
    """Draw points whose size grows with the uncertainty of their component, given all columns of the data.

    If one column is drawn, the height of a point is its uncertainty, too.
    """
    points = set_up_axes(axes, view, columns, size)
    values = view.mixture.uncertainty(view.rows) if len(points) else np.empty(0)
    if len(columns) == 1:
        axes.set_ylabel("uncertainty")
        top = float(values.max(initial=0.0))
        points = np.column_stack([points, values])
        if view.mixture.n_features == 1:
            xs = evaluation_points(view.mixture, *axes.get_xlim(), log=columns[0] in view.log)
            curve = view.mixture.uncertainty(xs[:, None])
            top = max(top, float(curve.max()))
            axes.plot(xs, curve, color=style.text_colour(), linewidth=1.2 * size, alpha=0.6)
        top = top if len(view.columns) == 1 else largest_uncertainty(view)  # all diagonals have the same scale
        axes.set_ylim(-0.03 * max(top, 0.05), 1.05 * max(top, 0.05))
    else:
        draw_outlines(axes, view, columns, size)
    for j in np.unique(labels):
        own = np.flatnonzero(labels == j)
        own = own[np.argsort(values[own], kind="stable")]  # uncertain points are drawn in front
        look = _scatter_style(view, int(j), len(points))
        axes.scatter(points[own, 0], points[own, 1], s=point_areas(values[own], size, len(points)), **look)


def largest_uncertainty(view: View) -> float:
    """Largest possible uncertainty, 1 - 1 / k with noise counted as a component; at least 0.05."""
    return max(1 - 1 / len(view.mixture.all_weights), 0.05)


def _scatter_style(view: View, component: int, n_rows: int) -> dict[str, Any]:
    """Style of a component's points, as keyword arguments of ``Axes.scatter``; noise is grey."""
    noise = component == NOISE_LABEL
    face = style.GREY if noise else style.component_colour(component, view.colours)
    shape = "o" if noise else style.component_marker(component)
    return {
        "marker": shape,
        "color": face,
        "alpha": 0.75,
        "edgecolors": style.background_colour(),
        "linewidths": 0.3 if n_rows <= CROWDED_ROWS else 0.1,
        "rasterized": n_rows > MAX_POINTS,
        "zorder": 5,
    }


def uncertainty_handles(view: View) -> list[Artist]:
    """Legend entries for components, point sizes and ellipses."""
    line = style.require("matplotlib.lines").Line2D
    look = {"linestyle": "none", "marker": "o", "color": style.text_colour(), "alpha": 0.6, "markeredgewidth": 0}
    shown = [
        value
        for value in LEGEND_UNCERTAINTIES
        if value <= largest_uncertainty(view) and len(view.mixture.all_weights) > 1
    ]
    sizes = np.sqrt(point_areas(np.array(shown), 1.0, len(view.rows))).tolist()
    legend = [
        line([], [], markersize=width, label=f"uncertainty {value:g}", **look)
        for value, width in zip(shown, sizes, strict=True)
    ]
    diagonal = [line([], [], linestyle="none", label=f"diagonal: uncertainty,\n0 to {largest_uncertainty(view):.2g}")]
    ellipse = [line([], [], color=style.text_colour(), linestyle="--", label="2 standard deviations")]
    return [
        *view_handles(view),
        *legend,
        *(ellipse if len(view.columns) > 1 else []),
        *(diagonal if len(view.columns) > 2 else []),
    ]
