"""Axes that show one or two columns of a mixture, and that can show the next mixture without being drawn anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array
from mixtura.mixture import NOISE_LABEL, Mixture
from mixtura.plotting import style
from mixtura.plotting.view import View, densities, ellipse, grid, limits, shadow

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from matplotlib.patches import Ellipse


# A legend with more components than this does not fit beside its picture.
LEGEND_ENTRIES = 12

LINES = ("-", "--")

# Shows a mixture: which component each row has, and which of the first mixture's components are left.
Labels = NDArray[np.int64]
Show = Callable[[Mixture, Labels, Sequence[int]], None]


def panel(
    axes: Axes, view: View, columns: Sequence[int], *, k: int, deviations: Sequence[int], size: float = 1
) -> Show:
    """Prepare axes for one or two columns of up to k components.

    ``deviations`` says at how many standard deviations there are ellipses, ``size`` scales markers and lines.
    """
    points = framed(axes, view, columns, size)
    if len(columns) == 1:
        return _marginal(axes, points[:, 0], columns, k, size)
    grey = axes.plot([], [], **style.noise_style(len(points), size))[0] if view.mixture.noise else None
    return _pair(points, columns, grey, [_Component.on(axes, j, len(points), deviations, size) for j in range(k)])


def framed(axes: Axes, view: View, columns: Sequence[int], size: float = 1) -> Array:
    """Give axes the limits and names of one or two columns; return the points to draw in them."""
    points = view.rows[:, list(columns)]
    spans = [limits(view.mixture, points[:, i], column) for i, column in enumerate(columns)]
    axes.set_xlim(*spans[0])
    axes.set_xlabel(style.text(view.name(columns[0]), round(40 * size**1.5)))
    axes.set_ylabel("density")
    if len(columns) == 2:
        axes.set_ylim(*spans[1])
        axes.set_ylabel(style.text(view.name(columns[1]), round(32 * size**1.2)))
    return points


def components(
    axes: Axes, view: View, columns: Sequence[int], labels: Labels, size: float, *, deviations: Sequence[int] = (1, 2)
) -> None:
    """One or two columns of the view's own mixture, and its points."""
    k = view.mixture.n_components
    panel(axes, view, columns, k=k, deviations=deviations, size=size)(view.mixture, labels, range(k))


def outlines(axes: Axes, view: View, columns: Sequence[int], size: float) -> None:
    """Ellipses at two standard deviations alone."""
    seen = shadow(view.mixture, columns)
    patch = style.require("matplotlib.patches").Ellipse
    for j in range(seen.n_components):
        place = ellipse(seen, j, 2)
        look = style.outline_style(j, 0.8 * size) | {"linestyle": LINES[1]}
        axes.add_patch(patch(place["center"], place["width"], place["height"], angle=place["angle"], **look))


@dataclass(frozen=True, slots=True, eq=False)
class _Component:
    """What one component looks like in two dimensions."""

    dots: Line2D
    ellipses: dict[int, Ellipse]
    mean: Line2D

    @classmethod
    def on(cls, axes: Axes, component: int, n_rows: int, deviations: Sequence[int], size: float) -> _Component:
        """Artists without a place yet."""
        dots = axes.plot([], [], **style.point_style(component, n_rows, size))[0]
        patch = style.require("matplotlib.patches").Ellipse
        ellipses = {
            deviation: patch((0, 0), 1, 1, linestyle=line, **style.outline_style(component, size))
            for deviation, line in zip(deviations, LINES, strict=False)
        }
        for curve in ellipses.values():
            axes.add_patch(curve)
        return cls(dots, ellipses, axes.plot([], [], **style.mean_style(component, size))[0])

    def move(self, mixture: Mixture, component: int, points: Array) -> None:
        """Show a component and its points."""
        self.dots.set_data(points[:, 0], points[:, 1])
        self.mean.set_data(mixture.means[component, :1], mixture.means[component, 1:])
        for deviation, curve in self.ellipses.items():
            curve.set(**ellipse(mixture, component, deviation))

    def show(self, *, visible: bool) -> None:
        """Show or hide everything."""
        for artist in (self.dots, self.mean, *self.ellipses.values()):
            artist.set_visible(visible)


def _pair(points: Array, columns: Sequence[int], grey: Line2D | None, blobs: Sequence[_Component]) -> Show:
    """Points, ellipses and means of two columns; points of noise in grey."""

    def show(mixture: Mixture, labels: NDArray[np.int64], alive: Sequence[int]) -> None:
        seen = shadow(mixture, columns)
        if grey is not None:
            grey.set_data(*points[labels == NOISE_LABEL].T)
        for j, blob in enumerate(blobs):
            blob.show(visible=j in alive)
        for component, j in enumerate(alive):
            blobs[j].move(seen, component, points[labels == component])

    return show


def histogram(axes: Axes, values: Array) -> float:
    """Draw the density of values as bars; return the height of the highest."""
    if not len(values):
        return 0.0
    density, edges = np.histogram(values, bins=int(np.clip(3 * len(values) ** (1 / 3), 8, 80)), density=True)
    axes.stairs(density, edges, fill=True, zorder=0, **style.bar_style())
    return float(density.max())


def _marginal(axes: Axes, values: Array, columns: Sequence[int], k: int, size: float) -> Show:
    """Histogram, components and their sum of one column."""
    top = histogram(axes, values)
    total = axes.plot([], [], **style.sum_style(size))[0]
    curves = [axes.plot([], [], **style.curve_style(j, size))[0] for j in range(k)]
    flat = None
    peaks = [axes.plot([], [], **style.mean_style(j, size))[0] for j in range(k)]

    def show(mixture: Mixture, _: NDArray[np.int64], alive: Sequence[int]) -> None:
        nonlocal top, flat
        seen = shadow(mixture, columns)
        points = grid(seen, *axes.get_xlim())
        heights = densities(seen, points)
        total.set_data(points, heights.sum(axis=1))
        peak = np.diagonal(densities(seen, seen.means[:, 0]))
        for j in set(range(k)) - set(alive):
            curves[j].set_data([], [])
            peaks[j].set_data([], [])
        for component, j in enumerate(alive):
            curves[j].set_data(points, heights[:, component])
            peaks[j].set_data(seen.means[component], peak[component : component + 1])
        if seen.noise is not None:
            flat = flat or axes.plot([], [], color=style.GREY, linewidth=1.5 * size)[0]
            flat.set_data(points, heights[:, -1])
        # The scale only ever grows, so that a replay does not flicker.
        top = max(top, float(heights.sum(axis=1).max()))
        axes.set_ylim(0, 1.08 * top)

    return show


def component_labels(
    names: Sequence[str] | None, weights: Sequence[float] | Array, noise: float | None = None
) -> list[str]:
    """Entries of a legend: each component's name and weight; one says how many do not fit; noise is the last.

    Examples
    --------
    >>> component_labels(["left", "right"], [0.25, 0.75])
    ['left (25 %)', 'right (75 %)']
    """
    k = len(weights)
    shown = k if k <= LEGEND_ENTRIES else LEGEND_ENTRIES - 1
    labels = [style.component_label(names, j, weights[j]) for j in range(shown)]
    labels += [f"and {k - shown} more"] if k > shown else []
    return labels + ([style.component_label(["noise"], 0, noise)] if noise is not None else [])


def component_handles(mixture: Mixture) -> list[Line2D]:
    """Each component's entry of a legend."""
    line = style.require("matplotlib.lines").Line2D
    labels = component_labels(mixture.component_names, mixture.weights)
    more = len(labels) - 1 if mixture.n_components > len(labels) else len(labels)
    looks = [style.mean_style(j) if j < more else {"linestyle": "none"} for j in range(len(labels))]
    if mixture.noise is not None:
        labels = component_labels(mixture.component_names, mixture.weights, mixture.noise.weight)
        looks.append(style.noise_style(1, 1.5))
    return [line([], [], **look, label=label) for look, label in zip(looks, labels, strict=True)]


def line_handles(columns: int) -> list[Line2D]:
    """Entries of a legend: what the lines mean in a picture of so many columns."""
    line = style.require("matplotlib.lines").Line2D
    widths = [
        line([], [], color=style.ink(), linestyle=pattern, label=f"{deviation} standard deviation{plural}")
        for deviation, pattern, plural in zip((1, 2), LINES, ("", "s"), strict=True)
    ]
    total = [line([], [], **style.sum_style(), label="sum of components")]
    return (widths if columns > 1 else []) + (total if columns != 2 else [])
