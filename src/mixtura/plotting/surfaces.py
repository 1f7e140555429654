"""Draw a mixture's density as contours or highest-density regions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import Array
from mixtura.mixture import NOISE_LABEL, Mixture
from mixtura.plotting import style
from mixtura.plotting.artists import RowLabels
from mixtura.plotting.panels import draw_histogram, set_up_axes
from mixtura.plotting.shading import MAX_POINTS, new_shading
from mixtura.plotting.view import View, drawn_marginal, evaluation_grid, evaluation_points

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


# Number of contour lines of a density, equally spaced in log-density, and the probability within the outermost.
CONTOURS, OUTERMOST = 6, 0.99

# Replaces log 0, which contours cannot handle.
_LEAST_LOG = -1e6


def sequential_colours(count: int, most: float = 0.85) -> list[str]:
    """Colours of one hue from pale to strong; ``most``, from 0 to 1, is the strength of the last.

    Examples
    --------
    >>> len(sequential_colours(3)), len(set(sequential_colours(3)))
    (3, 3)
    """
    colours = style.require("matplotlib.colors")
    ramp = colours.LinearSegmentedColormap.from_list(
        "depth", [style.background_colour(), style.COLOURS[0], style.text_colour()]
    )
    return [colours.to_hex(ramp(strength)) for strength in np.linspace(0.2 if count > 1 else most, most, count)]


def _components_marginal(view: View, columns: Sequence[int]) -> Mixture:
    """Marginal of some columns without the noise, whose flat density would widen every region to the whole axes."""
    return drawn_marginal(view.mixture.without_noise(), columns)


def _log_density_grid(mixture: Mixture, axes: Axes) -> tuple[Array, Array, Array]:
    """Evaluation points along both axes, (m,) and (n,), and the log-density at each pair, (n, m)."""
    xs, ys, points = evaluation_grid(mixture, axes)
    return xs, ys, np.maximum(mixture.logpdf(points), _LEAST_LOG).reshape(len(ys), len(xs))


def _contour_levels(mixture: Mixture) -> Array:
    """Log-densities of the contour lines, outermost first."""
    low, high = mixture.hdr_levels([OUTERMOST, 0.0])
    return np.linspace(low, high, CONTOURS + 1)[:-1]


def _draw_points(axes: Axes, points: Array, labels: RowLabels, size: float) -> None:
    """Draw all rows in one colour, and those of noise in grey."""
    if len(points) > MAX_POINTS:
        noise = labels == NOISE_LABEL
        new_shading(axes, points, (style.text_colour(), style.GREY), size, 0.4)((~noise, noise))
        return
    look = style.point_style(0, len(points), 0.7 * size) | {"marker": "o", "color": style.text_colour(), "alpha": 0.35}
    for own, how in (
        (labels != NOISE_LABEL, look),
        (labels == NOISE_LABEL, style.noise_point_style(len(points), size)),
    ):
        if own.any():
            axes.plot(*points[own].T, **how | {"zorder": 3})


def draw_density(axes: Axes, view: View, columns: Sequence[int], labels: RowLabels, size: float) -> None:
    """Draw the density of all components: a curve of one column, contour lines of two."""
    points = set_up_axes(axes, view, columns, size)
    mixture = _components_marginal(view, columns)
    if len(columns) == 1:
        _draw_density_curve(axes, mixture, points[:, 0], size)
        return
    _draw_points(axes, points, labels, size)
    levels = _contour_levels(mixture)
    lines: dict[str, Any] = {
        "colors": sequential_colours(CONTOURS),
        "linewidths": 1.6 * size,
        "linestyles": "-",
        "zorder": 4,
    }
    axes.contour(*_log_density_grid(mixture, axes), levels=levels, **lines)


def _draw_density_curve(axes: Axes, mixture: Mixture, values: Array, size: float) -> tuple[Array, Array]:
    """Draw histogram and density of one column; return the points of the curve, (m,) each."""
    top = draw_histogram(axes, values)
    xs = evaluation_points(mixture, *axes.get_xlim(), log=axes.get_xscale() == "log")
    heights = np.exp(mixture.logpdf(xs[:, None]))
    axes.plot(xs, heights, color=style.text_colour(), linewidth=1.6 * size, zorder=4)
    axes.set_ylim(0, 1.08 * max(top, float(heights.max())))
    return xs, heights


def density_handles(view: View) -> list[Artist]:
    """Legend entries for the density."""
    line = style.require("matplotlib.lines").Line2D
    if len(view.columns) == 1:
        return [line([], [], color=style.text_colour(), linewidth=1.6, label="density")]
    shades = sequential_colours(CONTOURS)
    if len(view.columns) > 2:
        ends = (f"{style.format_percent(OUTERMOST)} of the probability within", *[""] * (CONTOURS - 2), "near the peak")
        return [line([], [], color=shade, label=end) for shade, end in zip(shades, ends, strict=True) if end]
    levels = np.exp(_contour_levels(_components_marginal(view, view.columns)))
    pairs = zip(shades, levels, strict=True)
    return [line([], [], color=shade, label=f"density {level:.2g}") for shade, level in pairs]


def draw_regions(axes: Axes, view: View, columns: Sequence[int], labels: RowLabels, size: float) -> None:
    """Fill the highest-density regions: the smallest that have the view's probabilities."""
    points = set_up_axes(axes, view, columns, size)
    mixture = _components_marginal(view, columns)
    levels, shades = (
        mixture.hdr_levels(view.probabilities[::-1]),
        sequential_colours(len(view.probabilities), most=0.6),
    )
    if len(columns) == 1:
        xs, heights = _draw_density_curve(axes, mixture, points[:, 0], size)
        for level, shade in zip(np.exp(levels), shades, strict=True):
            axes.fill_between(xs, heights, where=heights >= level, color=shade, linewidth=0, zorder=2)
        return
    xs, ys, logs = _log_density_grid(mixture, axes)
    axes.contourf(xs, ys, logs, levels=[*levels, max(logs.max(), levels[-1]) + 1], colors=shades, zorder=1)
    # By default Matplotlib dashes lines of negative levels, and many log-densities are negative.
    edge: dict[str, Any] = {"colors": [style.text_colour()], "linewidths": 0.6 * size, "linestyles": "-", "alpha": 0.5}
    axes.contour(xs, ys, logs, levels=levels, **edge, zorder=2)
    _draw_points(axes, points, labels, size)


def region_handles(view: View) -> list[Artist]:
    """Legend entries for the regions, with their probabilities."""
    patch = style.require("matplotlib.patches").Patch
    shades = sequential_colours(len(view.probabilities), most=0.6)[::-1]
    pairs = zip(shades, view.probabilities, strict=True)
    return [patch(facecolor=shade, label=f"{style.format_percent(p)} of the probability") for shade, p in pairs]
