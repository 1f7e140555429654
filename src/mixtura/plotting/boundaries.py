"""Draw the regions in which each component is the most probable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, LazyModule
from mixtura.mixture import NOISE_LABEL, Mixture
from mixtura.plotting import style
from mixtura.plotting.artists import RowLabels
from mixtura.plotting.panels import draw_components
from mixtura.plotting.view import View, drawn_marginal, evaluation_grid, evaluation_points, spaced_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes


ndimage = LazyModule("scipy.ndimage")

# Opacity of the background.
BACKGROUND_ALPHA = 0.3

# Regions are numbered where the largest circle in them has a radius of this part of the axes, or more.
LEAST_DEPTH = 0.035

# Intervals along each axis of the grid on which this circle is sought.
EVEN_GRID = 120

# Replaces log 0, which contours cannot handle.
_LEAST_LOG = -1e6


def draw_boundaries(axes: Axes, view: View, columns: Sequence[int], labels: RowLabels, size: float) -> None:
    """Draw components and points on a background coloured by the most probable component, given these columns."""
    draw_components(axes, view, columns, labels, size, deviations=())
    marginal, colours = drawn_marginal(view.mixture, columns), _component_colours(view)
    if len(columns) == 1:
        xs = evaluation_points(marginal, *axes.get_xlim(), log=columns[0] in view.log)
        _shade_intervals(axes, xs, _most_probable(marginal, marginal.log_joint(xs[:, None])), colours, size)
        return
    xs, ys, points = evaluation_grid(marginal, axes)
    logs = np.maximum(marginal.log_joint(points), _LEAST_LOG)
    best, second = (np.sort(logs, axis=1)[:, [-1, -2]] if logs.shape[1] > 1 else np.repeat(logs, 2, axis=1)).T
    for j, colour in enumerate(colours):
        own = logs[:, j]
        margin = (own - np.where(own == best, second, best)).reshape(len(ys), len(xs))
        if margin.max() > 0:
            axes.contourf(
                xs, ys, margin, levels=[0, margin.max() + 1], colors=[colour], alpha=BACKGROUND_ALPHA, zorder=0
            )
        if margin.min() < 0 < margin.max():
            look: dict[str, Any] = {
                "colors": [style.text_colour()],
                "linewidths": 0.8 * size,
                "alpha": 0.5,
                "zorder": 1,
            }
            axes.contour(xs, ys, margin, levels=[0], **look)
    if marginal.n_components > 1:
        _number_regions(axes, (xs, ys), _most_probable(marginal, logs).reshape(len(ys), len(xs)), marginal, size)


def _most_probable(mixture: Mixture, logs: Array) -> RowLabels:
    """Most probable component of each point, (n,), from the log joint densities, (n, k) or (n, k + 1); -1 is noise."""
    labels = logs.argmax(axis=1)
    labels[labels == mixture.n_components] = NOISE_LABEL
    return labels


def _shade_intervals(axes: Axes, xs: Array, most_probable: RowLabels, colours: Sequence[str], size: float) -> None:
    """Shade, and number at the top, the intervals of one column in which the same component is the most probable."""
    changes = np.flatnonzero(np.diff(most_probable))
    ends = [xs[0], *((xs[changes] + xs[changes + 1]) / 2), xs[-1]]
    transform = axes.get_xaxis_transform()
    drawn = axes.transScale.transform  # logarithms of the values on a logarithmic axis
    whole = np.diff([drawn((x, 1.0))[0] for x in axes.get_xlim()])[0]
    for low, high, component in zip(ends[:-1], ends[1:], most_probable[[0, *(changes + 1)]], strict=True):
        axes.axvspan(low, high, color=colours[component], alpha=BACKGROUND_ALPHA, linewidth=0, zorder=0)
        left, right = drawn((low, 1.0))[0], drawn((high, 1.0))[0]
        if len(changes) and right - left > 0.04 * whole:
            middle = axes.transScale.inverted().transform(((left + right) / 2, 0.0))[0]
            name = _region_name(component)
            look: dict[str, Any] = {"ha": "center", "va": "top", "color": style.text_colour(), "alpha": 0.75}
            axes.annotate(name, (middle, 0.985), xycoords=transform, fontsize=9 * max(size, 0.75), **look)


def _component_colours(view: View) -> list[str]:
    """Colour of each component, and grey for noise, if any."""
    colours = [style.component_colour(j, view.colours) for j in range(view.mixture.n_components)]
    return [*colours, *([style.GREY] if view.mixture.noise else [])]


def _number_regions(
    axes: Axes, grid: tuple[Array, Array], most_probable: RowLabels, mixture: Mixture, size: float
) -> None:
    """Write a component's number in its regions that do not contain its mean, since pale colours look alike."""
    look: dict[str, Any] = {"color": style.text_colour(), "alpha": 0.75, "ha": "center", "va": "center", "zorder": 6}
    for j in np.unique(most_probable):
        mean = None if j == NOISE_LABEL else mixture.means[j]
        for centre in region_centres(axes, grid, most_probable == j, mean):
            axes.annotate(_region_name(j), centre, fontsize=9 * max(size, 0.75), **look)


def _region_name(component: int) -> str:
    """What is written in a region: the component's number, or that it is noise."""
    return "noise" if component == NOISE_LABEL else str(component)


def region_centres(
    axes: Axes, grid: tuple[Array, Array], inside: NDArray[np.bool_], mean: Array | None
) -> list[tuple[float, float]]:
    """A point of each connected region of a grid as far from its edge as possible; none of very small regions.

    Parameters
    ----------
    axes : matplotlib Axes
        Their scales say how long a distance is as drawn.
    grid : (ndarray of shape (m,), ndarray of shape (n,))
        Coordinates of the grid, which need not be evenly spaced.
    inside : ndarray of shape (n, m)
    mean : ndarray of shape (2,) or None
        The region that contains it is left out.
    """
    # Distances are measured on an even grid of what is drawn.
    scales = ((axes.get_xlim(), axes.get_xscale()), (axes.get_ylim(), axes.get_yscale()))
    xs, ys = (spaced_points(limits, EVEN_GRID, log=scale == "log") for limits, scale in scales)
    across, up = (_nearest(own, even) for own, even in zip(grid, (xs, ys), strict=True))
    even = inside[np.ix_(up, across)]
    regions, count = ndimage.label(even)
    depth = ndimage.distance_transform_edt(np.pad(even, 1))[1:-1, 1:-1]
    home = 0 if mean is None else regions[_nearest(ys, mean[1:])[0], _nearest(xs, mean[:1])[0]]
    centres = []
    for region in set(range(1, count + 1)) - {int(home)}:
        own = np.where(regions == region, depth, 0.0)
        row, column = np.unravel_index(int(own.argmax()), own.shape)
        if own[row, column] > LEAST_DEPTH * EVEN_GRID:
            centres.append((float(xs[column]), float(ys[row])))
    return centres


def _nearest(grid: Array, points: Array) -> NDArray[np.int64]:
    """Positions in an ascending grid next to the points."""
    return np.clip(np.searchsorted(grid, points), 0, len(grid) - 1)
