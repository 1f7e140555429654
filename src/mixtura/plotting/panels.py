"""Axes that show one or two columns of a mixture, and can be updated to show another mixture, for a replay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array
from mixtura.mixture import NOISE_LABEL, Mixture
from mixtura.plotting import style
from mixtura.plotting.view import View, axis_limits, drawn_marginal, ellipse, evaluation_points, weighted_densities

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from matplotlib.patches import Ellipse


# A legend with more entries than this does not fit beside the axes.
MAX_LEGEND_ENTRIES = 12

LINE_STYLES = ("-", "--")

# Component of each row, (n,); -1 is noise.
RowLabels = NDArray[np.int64]

# Function that draws a mixture in axes: (mixture, component of each row, the components' numbers in the first mixture).
UpdatePanel = Callable[[Mixture, RowLabels, Sequence[int]], None]


def new_panel(
    axes: Axes, view: View, columns: Sequence[int], *, k: int, deviations: Sequence[int], size: float = 1
) -> UpdatePanel:
    """Prepare axes for one or two columns; return the function that draws a mixture in them.

    Parameters
    ----------
    axes : matplotlib Axes
    view : View
        Its rows are drawn.
    columns : sequence of int
        One or two positions.
    k : int
        Largest number of components that will be drawn.
    deviations : sequence of int
        Numbers of standard deviations at which ellipses are drawn.
    size : float
        Scale of markers and lines.
    """
    points = set_up_axes(axes, view, columns, size)
    if len(columns) == 1:
        return _new_marginal_panel(axes, points[:, 0], columns, k, size)
    noise = axes.plot([], [], **style.noise_point_style(len(points), size))[0] if view.mixture.noise else None
    return _new_pair_panel(
        points,
        columns,
        noise,
        [_ComponentArtists.add_to(axes, j, len(points), deviations, size) for j in range(k)],
    )


def set_up_axes(axes: Axes, view: View, columns: Sequence[int], size: float = 1) -> Array:
    """Set the limits and labels of axes for one or two columns; return the rows in these columns, (n, 1) or (n, 2)."""
    points = view.rows[:, list(columns)]
    spans = [axis_limits(view.mixture, points[:, i], column) for i, column in enumerate(columns)]
    axes.set_xlim(*spans[0])
    axes.set_xlabel(style.wrap_text(view.name(columns[0]), round(40 * size**1.5)))
    axes.set_ylabel("density")
    if len(columns) == 2:
        axes.set_ylim(*spans[1])
        axes.set_ylabel(style.wrap_text(view.name(columns[1]), round(32 * size**1.2)))
    return points


def draw_components(
    axes: Axes,
    view: View,
    columns: Sequence[int],
    labels: RowLabels,
    size: float,
    *,
    deviations: Sequence[int] = (1, 2),
) -> None:
    """Draw the components of a view in one or two columns, with its rows coloured by their component."""
    k = view.mixture.n_components
    new_panel(axes, view, columns, k=k, deviations=deviations, size=size)(view.mixture, labels, range(k))


def draw_outlines(axes: Axes, view: View, columns: Sequence[int], size: float) -> None:
    """Draw an ellipse at two standard deviations for each component."""
    marginal = drawn_marginal(view.mixture, columns)
    patch = style.require("matplotlib.patches").Ellipse
    for j in range(marginal.n_components):
        shape = ellipse(marginal, j, 2)
        look = style.outline_style(j, 0.8 * size) | {"linestyle": LINE_STYLES[1]}
        axes.add_patch(patch(shape["center"], shape["width"], shape["height"], angle=shape["angle"], **look))


@dataclass(frozen=True, slots=True, eq=False)
class _ComponentArtists:
    """Matplotlib artists of one component in two columns: its points, its ellipses by standard deviations, its mean."""

    dots: Line2D
    ellipses: dict[int, Ellipse]
    mean: Line2D

    @classmethod
    def add_to(
        cls, axes: Axes, component: int, n_rows: int, deviations: Sequence[int], size: float
    ) -> _ComponentArtists:
        """Make the artists of a component and add them to axes; ``update`` places them."""
        dots = axes.plot([], [], **style.point_style(component, n_rows, size))[0]
        patch = style.require("matplotlib.patches").Ellipse
        ellipses = {
            deviation: patch((0, 0), 1, 1, linestyle=line, **style.outline_style(component, size))
            for deviation, line in zip(deviations, LINE_STYLES, strict=False)
        }
        for curve in ellipses.values():
            axes.add_patch(curve)
        return cls(dots, ellipses, axes.plot([], [], **style.mean_style(component, size))[0])

    def update(self, mixture: Mixture, component: int, points: Array) -> None:
        """Place the artists: ``component`` of ``mixture`` and its points, (n, 2)."""
        self.dots.set_data(points[:, 0], points[:, 1])
        self.mean.set_data(mixture.means[component, :1], mixture.means[component, 1:])
        for deviation, curve in self.ellipses.items():
            curve.set(**ellipse(mixture, component, deviation))

    def set_visible(self, *, visible: bool) -> None:
        """Show or hide all artists."""
        for artist in (self.dots, self.mean, *self.ellipses.values()):
            artist.set_visible(visible)


def _new_pair_panel(
    points: Array, columns: Sequence[int], noise: Line2D | None, artists: Sequence[_ComponentArtists]
) -> UpdatePanel:
    """Function that draws points, ellipses and means of a mixture in two columns, and points of noise in grey."""

    def show(mixture: Mixture, labels: NDArray[np.int64], remaining: Sequence[int]) -> None:
        marginal = drawn_marginal(mixture, columns)
        if noise is not None:
            noise.set_data(*points[labels == NOISE_LABEL].T)
        for j, artist in enumerate(artists):
            artist.set_visible(visible=j in remaining)
        for component, j in enumerate(remaining):
            artists[j].update(marginal, component, points[labels == component])

    return show


def draw_histogram(axes: Axes, values: Array) -> float:
    """Draw a histogram whose bars have total area one; return the height of the highest, 0 without values."""
    if not len(values):
        return 0.0
    density, edges = np.histogram(values, bins=int(np.clip(3 * len(values) ** (1 / 3), 8, 80)), density=True)
    axes.stairs(density, edges, fill=True, zorder=0, **style.bar_style())
    return float(density.max())


def _new_marginal_panel(axes: Axes, values: Array, columns: Sequence[int], k: int, size: float) -> UpdatePanel:
    """Function that draws, over a histogram of one column, each component's weighted density and their sum."""
    top = draw_histogram(axes, values)
    total = axes.plot([], [], **style.sum_style(size))[0]
    curves = [axes.plot([], [], **style.curve_style(j, size))[0] for j in range(k)]
    noise_line = None
    peaks = [axes.plot([], [], **style.mean_style(j, size))[0] for j in range(k)]

    def show(mixture: Mixture, _: NDArray[np.int64], remaining: Sequence[int]) -> None:
        nonlocal top, noise_line
        marginal = drawn_marginal(mixture, columns)
        points = evaluation_points(marginal, *axes.get_xlim())
        heights = weighted_densities(marginal, points)
        total.set_data(points, heights.sum(axis=1))
        peak = np.diagonal(weighted_densities(marginal, marginal.means[:, 0]))
        for j in set(range(k)) - set(remaining):
            curves[j].set_data([], [])
            peaks[j].set_data([], [])
        for component, j in enumerate(remaining):
            curves[j].set_data(points, heights[:, component])
            peaks[j].set_data(marginal.means[component], peak[component : component + 1])
        if marginal.noise is not None:
            noise_line = noise_line or axes.plot([], [], color=style.GREY, linewidth=1.5 * size)[0]
            noise_line.set_data(points, heights[:, -1])
        # The vertical limit never shrinks, so that a replay does not flicker.
        top = max(top, float(heights.sum(axis=1).max()))
        axes.set_ylim(0, 1.08 * top)

    return show


def legend_labels(
    names: Sequence[str] | None, weights: Sequence[float] | Array, noise: float | None = None
) -> list[str]:
    """Texts of a legend: name and weight of each component that fits, the number of others, and noise, if any, last.

    Examples
    --------
    >>> legend_labels(["left", "right"], [0.25, 0.75])
    ['left (25 %)', 'right (75 %)']
    """
    k = len(weights)
    shown = k if k <= MAX_LEGEND_ENTRIES else MAX_LEGEND_ENTRIES - 1
    labels = [style.legend_label(names, j, weights[j]) for j in range(shown)]
    labels += [f"and {k - shown} more"] if k > shown else []
    return labels + ([style.legend_label(["noise"], 0, noise)] if noise is not None else [])


def component_handles(mixture: Mixture) -> list[Line2D]:
    """Legend entries for components and noise."""
    line = style.require("matplotlib.lines").Line2D
    labels = legend_labels(mixture.component_names, mixture.weights)
    more = len(labels) - 1 if mixture.n_components > len(labels) else len(labels)
    looks = [style.mean_style(j) if j < more else {"linestyle": "none"} for j in range(len(labels))]
    if mixture.noise is not None:
        labels = legend_labels(mixture.component_names, mixture.weights, mixture.noise.weight)
        looks.append(style.noise_point_style(1, 1.5))
    return [line([], [], **look, label=label) for look, label in zip(looks, labels, strict=True)]


def line_handles(columns: int) -> list[Line2D]:
    """Legend entries for the ellipses and density curves that a picture of so many columns has."""
    line = style.require("matplotlib.lines").Line2D
    widths = [
        line([], [], color=style.text_colour(), linestyle=pattern, label=f"{deviation} standard deviation{plural}")
        for deviation, pattern, plural in zip((1, 2), LINE_STYLES, ("", "s"), strict=True)
    ]
    total = [line([], [], **style.sum_style(), label="sum of components")]
    return (widths if columns > 1 else []) + (total if columns != 2 else [])
