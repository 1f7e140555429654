"""Axes that show one or two columns of a mixture, and can be updated to show another mixture, for a replay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array
from mixtura.mixture import NOISE_LABEL, Mixture
from mixtura.plotting import style
from mixtura.plotting.artists import (
    LINE_STYLES,
    ComponentArtists,
    Outline,
    RowLabels,
    ShowRows,
    new_dots,
    new_shaded_rows,
)
from mixtura.plotting.shading import MAX_POINTS
from mixtura.plotting.ticks import write_log_numbers
from mixtura.plotting.view import (
    View,
    axis_limits,
    drawn_marginal,
    evaluation_points,
    spaced_points,
    weighted_densities,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D


# A legend with more entries than this does not fit beside the axes.
MAX_LEGEND_ENTRIES = 12

# Up to this number, components differ in colour and marker; more have their numbers at their means.
MAX_COLOURED = len(style.COLOURS)

# Over a histogram numbers that would overlap stand on so many levels, which are this fraction of the height apart; a
# number takes this fraction of the width.
MOST_LEVELS, LEVEL, NUMBER_WIDTH = 3, 0.05, 0.05

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
        return _new_marginal_panel(axes, points[:, 0], columns, view.colours, k=k, size=size)
    numbered = k > MAX_COLOURED
    artists = [
        ComponentArtists.add_to(axes, j, view.colours, deviations, size=size, numbered=numbered) for j in range(k)
    ]
    groups = [*range(k), *([NOISE_LABEL] if view.mixture.noise else [])]
    show_rows = (new_shaded_rows if len(points) > MAX_POINTS else new_dots)(axes, points, view, groups, size)
    return _new_pair_panel(show_rows, columns, artists)


def set_up_axes(axes: Axes, view: View, columns: Sequence[int], size: float = 1) -> Array:
    """Set the limits and labels of axes for one or two columns; return the rows in these columns, (n, 1) or (n, 2)."""
    points = view.rows[:, list(columns)]
    logs = [column in view.log for column in columns]
    spans = [axis_limits(view.mixture, points[:, i], column, log=logs[i]) for i, column in enumerate(columns)]
    axes.set_xscale("log" if logs[0] else "linear")
    axes.set_xlim(*spans[0])
    axes.set_xlabel(style.wrap_text(view.name(columns[0]), round(40 * size**1.5)))
    axes.set_ylabel("density")
    if len(columns) == 2:
        axes.set_yscale("log" if logs[1] else "linear")
        axes.set_ylim(*spans[1])
        axes.set_ylabel(style.wrap_text(view.name(columns[1]), round(32 * size**1.2)))
    for axis, is_log in zip((axes.xaxis, axes.yaxis), logs, strict=False):
        if is_log:
            write_log_numbers(axis)
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
    """Draw an ellipse at two standard deviations for each component, and its number if there are many."""
    marginal = drawn_marginal(view.mixture, columns)
    numbered = marginal.n_components > MAX_COLOURED
    for j in range(marginal.n_components):
        Outline.add_to(axes, j, view.colours, 2, line=LINE_STYLES[1], size=0.8 * size).update(marginal, j)
        if numbered:
            axes.plot(*marginal.means[j][:, None], **style.mean_style(j, size, numbered=True))


def _new_pair_panel(show_rows: ShowRows, columns: Sequence[int], artists: Sequence[ComponentArtists]) -> UpdatePanel:
    """Function that draws rows, ellipses and means of a mixture in two columns."""

    def show(mixture: Mixture, labels: RowLabels, remaining: Sequence[int]) -> None:
        marginal = drawn_marginal(mixture, columns)
        numbers = np.append(np.array(remaining, dtype=np.int64), NOISE_LABEL)  # the last entry is at position -1
        show_rows(numbers[labels])
        for j, artist in enumerate(artists):
            artist.set_visible(visible=j in remaining)
        for component, j in enumerate(remaining):
            artists[j].update(marginal, component)

    return show


def draw_histogram(axes: Axes, values: Array) -> float:
    """Draw a histogram whose bars have total area one; return the height of the highest, 0 without values."""
    if not len(values):
        return 0.0
    count = int(np.clip(3 * len(values) ** (1 / 3), 8, 80))
    bins: Any = count
    if axes.get_xscale() == "log":
        values = values[values > 0]
        bins = spaced_points((float(values.min()), float(values.max())), count, log=True)
    if np.ptp(values) == 0:
        bins = count  # NumPy makes bins of some width about a constant
    density, edges = np.histogram(values, bins=bins, density=True)
    axes.stairs(density, edges, fill=True, zorder=0, **style.bar_style())
    return float(density.max())


def _new_marginal_panel(
    axes: Axes, values: Array, columns: Sequence[int], colours: Sequence[str], *, k: int, size: float
) -> UpdatePanel:
    """Function that draws, over a histogram of one column, each component's weighted density and their sum."""
    top = draw_histogram(axes, values)
    total = axes.plot([], [], **style.sum_style(size))[0]
    curves = [axes.plot([], [], **style.curve_style(j, size, colours))[0] for j in range(k)]
    noise_line = None
    looks = [style.mean_style(j, size, colours, numbered=k > MAX_COLOURED) for j in range(k)]
    peaks = [axes.plot([], [], **look)[0] for look in looks]
    if k > MAX_COLOURED and size < 1:  # so many numbers would hide each other in a small panel
        for peak in peaks:
            peak.set_visible(False)

    def show(mixture: Mixture, _: RowLabels, remaining: Sequence[int]) -> None:
        nonlocal top, noise_line
        marginal = drawn_marginal(mixture, columns)
        points = evaluation_points(marginal, *axes.get_xlim(), log=axes.get_xscale() == "log")
        heights = weighted_densities(marginal, points)
        total.set_data(points, heights.sum(axis=1))
        peak = np.diagonal(weighted_densities(marginal, marginal.means[:, 0]))
        for j in set(range(k)) - set(remaining):
            curves[j].set_data([], [])
            peaks[j].set_data([], [])
        # The vertical limit never shrinks, so that a replay does not flicker.
        top = max(top, float(heights.sum(axis=1).max()))
        levels = _levels(axes, marginal.means[:, 0], peak / top) if k > MAX_COLOURED else np.zeros(len(peak), dtype=int)
        for component, j in enumerate(remaining):
            curves[j].set_data(points, heights[:, component])
            peaks[j].set_data(marginal.means[component], [peak[component] + LEVEL * top * levels[component]])
        if marginal.noise is not None:
            noise_line = noise_line or axes.plot([], [], color=style.GREY, linewidth=1.5 * size)[0]
            noise_line.set_data(points, heights[:, -1])
        axes.set_ylim(0, (1.08 + LEVEL * levels.max()) * top)

    return show


def _levels(axes: Axes, means: Array, heights: Array) -> NDArray[np.intp]:
    """How many levels each number is raised so as to hide no other; heights are fractions of the highest."""
    shown = axes.transData.transform(np.column_stack([means, np.zeros(len(means))]))[:, 0]
    places = shown / max(axes.bbox.width, 1.0)
    levels = np.zeros(len(means), dtype=np.intp)
    for one in np.argsort(places):
        near = (np.abs(places - places[one]) < NUMBER_WIDTH) & (places < places[one])
        taken = heights[near] + LEVEL * levels[near]
        while levels[one] < MOST_LEVELS and (np.abs(taken - heights[one] - LEVEL * levels[one]) < 0.9 * LEVEL).any():
            levels[one] += 1
    return levels


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


def component_handles(mixture: Mixture, colours: Sequence[str] = style.COLOURS) -> list[Line2D]:
    """Legend entries for components and noise."""
    line = style.require("matplotlib.lines").Line2D
    k = mixture.n_components
    labels = legend_labels(mixture.component_names, mixture.weights)
    more = len(labels) - 1 if k > len(labels) else len(labels)
    means = [style.mean_style(j, 1, colours, numbered=k > MAX_COLOURED) for j in range(more)]
    looks = [*means, *[{"linestyle": "none"}] * (len(labels) - more)]
    if mixture.noise is not None:
        labels = legend_labels(mixture.component_names, mixture.weights, mixture.noise.weight)
        looks.append(style.noise_point_style(1, 1.5))
    return [line([], [], **look, label=label) for look, label in zip(looks, labels, strict=True)]


def view_handles(view: View) -> list[Line2D]:
    """Legend entries for a view's components, and noise if any.

    Components without names that are too many to list have one entry together, since their numbers are in the picture.
    """
    k, line = view.mixture.n_components, style.require("matplotlib.lines").Line2D
    if k <= MAX_LEGEND_ENTRIES or view.mixture.component_names:
        return component_handles(view.mixture, view.colours)
    ends = [style.format_percent(round(value, 3)) for value in (view.mixture.weights.min(), view.mixture.weights.max())]
    span = f"({' to '.join(dict.fromkeys(ends))} each)"
    entries = [line([], [], **style.number_style(0), label=f"component at its mean\n{span}")]
    if view.mixture.noise is not None:
        label = style.legend_label(["noise"], 0, view.mixture.noise.weight)
        entries.append(line([], [], **style.noise_point_style(1, 1.5), label=label))
    return entries


def line_handles(columns: int) -> list[Line2D]:
    """Legend entries for the ellipses and density curves that a picture of so many columns has."""
    line = style.require("matplotlib.lines").Line2D
    widths = [
        line([], [], color=style.text_colour(), linestyle=pattern, label=f"{deviation} standard deviation{plural}")
        for deviation, pattern, plural in zip((1, 2), LINE_STYLES, ("", "s"), strict=True)
    ]
    total = [line([], [], **style.sum_style(), label="sum of components")]
    return (widths if columns > 1 else []) + (total if columns != 2 else [])
