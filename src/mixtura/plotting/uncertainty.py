"""Panels that show how uncertain each row's component is: the larger a point, the less certain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura.mixture import NOISE_LABEL, uncertainty
from mixtura.plotting import style
from mixtura.plotting.panels import Labels, component_handles, framed, outlines
from mixtura.plotting.view import View, grid

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


# Uncertainties that the legend shows.
SHOWN = (0.01, 0.1, 0.5)


def uncertainty_points(axes: Axes, view: View, columns: Sequence[int], labels: Labels, size: float) -> None:
    """Points as large as they are uncertain, by all columns; in one column, uncertainty is the height, too."""
    points = framed(axes, view, columns, size)
    values = uncertainty(view.mixture, view.rows) if len(points) else np.empty(0)
    if len(columns) == 1:
        axes.set_ylabel("uncertainty")
        points = np.column_stack([points, values])
        if view.mixture.n_features == 1:
            xs = grid(view.mixture, *axes.get_xlim())
            axes.plot(xs, uncertainty(view.mixture, xs[:, None]), color=style.ink(), linewidth=1.2 * size, alpha=0.6)
        axes.set_ylim(-0.03, 1.05 * most(view))
    else:
        outlines(axes, view, columns, size)
    for j in np.unique(labels):
        own = np.flatnonzero(labels == j)
        own = own[np.argsort(values[own], kind="stable")]  # the uncertain are in front
        axes.scatter(points[own, 0], points[own, 1], s=style.uncertainty_sizes(values[own], size), **_look(int(j)))


def most(view: View) -> float:
    """The largest uncertainty that there can be."""
    return max(1 - 1 / len(view.mixture.all_weights), 0.05)


def _look(component: int) -> dict[str, Any]:
    """Colour and marker; noise is grey."""
    noise = component == NOISE_LABEL
    face = style.GREY if noise else style.colour(component)
    shape = "o" if noise else style.marker(component)
    return {"marker": shape, "color": face, "alpha": 0.75, "edgecolors": style.paper(), "linewidths": 0.3, "zorder": 5}


def uncertainty_handles(view: View) -> list[Artist]:
    """Components, and what the sizes mean."""
    line = style.require("matplotlib.lines").Line2D
    look = {"linestyle": "none", "marker": "o", "color": style.ink(), "alpha": 0.6, "markeredgewidth": 0}
    shown = [value for value in SHOWN if value <= most(view) and len(view.mixture.all_weights) > 1]
    sizes = np.sqrt(style.uncertainty_sizes(np.array(shown), 1.0)).tolist()
    legend = [
        line([], [], markersize=width, label=f"uncertainty {value:g}", **look)
        for value, width in zip(shown, sizes, strict=True)
    ]
    diagonal = [line([], [], linestyle="none", label=f"diagonal: uncertainty,\n0 to {most(view):.2g}")]
    ellipse = [line([], [], color=style.ink(), linestyle="--", label="2 standard deviations")]
    return [
        *component_handles(view.mixture),
        *legend,
        *(ellipse if len(view.columns) > 1 else []),
        *(diagonal if len(view.columns) > 2 else []),
    ]
