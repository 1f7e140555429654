"""Panels that show a density: its contours, its highest-density regions, and which component is most probable where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import Array
from mixtura.mixture import NOISE_LABEL, Mixture, hdr_levels
from mixtura.plotting import style
from mixtura.plotting.panels import Labels, components, framed, histogram
from mixtura.plotting.view import View, grid, lattice, shadow

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


# Contour lines of a density: so many, in equal ratios, from the region of this probability to the peak.
CONTOURS, WIDEST = 6, 0.99

# What a picture calls log 0.
_NOWHERE = -1e6


def _plain(view: View, columns: Sequence[int]) -> Mixture:
    """The components' marginal: noise, which has no end, would make every region as wide as the picture."""
    return shadow(view.mixture.without_noise(), columns)


def _logs(mixture: Mixture, axes: Axes) -> tuple[Array, Array, Array]:
    """Log-density over axes of two columns."""
    xs, ys, points = lattice(mixture, axes.get_xlim(), axes.get_ylim())
    return xs, ys, np.maximum(mixture.logpdf(points), _NOWHERE).reshape(len(ys), len(xs))


def _contour_levels(mixture: Mixture) -> Array:
    """Log-densities of contour lines, the outermost first."""
    low, high = hdr_levels(mixture, [WIDEST, 0.0])
    return np.linspace(low, high, CONTOURS + 1)[:-1]


def _dots(axes: Axes, points: Array, labels: Labels, size: float) -> None:
    """Rows, the same for all components; those of noise in grey."""
    look = style.point_style(0, len(points), 0.7 * size) | {"marker": "o", "color": style.ink(), "alpha": 0.35}
    for own, how in ((labels != NOISE_LABEL, look), (labels == NOISE_LABEL, style.noise_style(len(points), size))):
        if own.any():
            axes.plot(*points[own].T, **how | {"zorder": 3})


def density(axes: Axes, view: View, columns: Sequence[int], labels: Labels, size: float) -> None:
    """The density of the components together: a curve, or contour lines in equal ratios."""
    points = framed(axes, view, columns, size)
    mixture = _plain(view, columns)
    if len(columns) == 1:
        _curve(axes, mixture, points[:, 0], size)
        return
    _dots(axes, points, labels, size)
    levels = _contour_levels(mixture)
    lines: dict[str, Any] = {"colors": style.shades(CONTOURS), "linewidths": 1.6 * size, "linestyles": "-", "zorder": 4}
    axes.contour(*_logs(mixture, axes), levels=levels, **lines)


def _curve(axes: Axes, mixture: Mixture, values: Array, size: float) -> tuple[Array, Array]:
    """Histogram and density of one column."""
    top = histogram(axes, values)
    xs = grid(mixture, *axes.get_xlim())
    heights = np.exp(mixture.logpdf(xs[:, None]))
    axes.plot(xs, heights, color=style.ink(), linewidth=1.6 * size, zorder=4)
    axes.set_ylim(0, 1.08 * max(top, float(heights.max())))
    return xs, heights


def density_handles(view: View) -> list[Artist]:
    """What the contour lines mean."""
    line = style.require("matplotlib.lines").Line2D
    if len(view.columns) == 1:
        return [line([], [], color=style.ink(), linewidth=1.6, label="density")]
    shades = style.shades(CONTOURS)
    if len(view.columns) > 2:
        ends = (f"{style.percent(WIDEST)} of the probability within", *[""] * (CONTOURS - 2), "near the peak")
        return [line([], [], color=shade, label=end) for shade, end in zip(shades, ends, strict=True) if end]
    levels = np.exp(_contour_levels(_plain(view, view.columns)))
    pairs = zip(shades, levels, strict=True)
    return [line([], [], color=shade, label=f"density {level:.2g}") for shade, level in pairs]


def regions(axes: Axes, view: View, columns: Sequence[int], labels: Labels, size: float) -> None:
    """Highest-density regions, filled: the smallest that hold the view's probabilities."""
    points = framed(axes, view, columns, size)
    mixture = _plain(view, columns)
    levels, shades = hdr_levels(mixture, view.probabilities[::-1]), style.shades(len(view.probabilities), most=0.6)
    if len(columns) == 1:
        xs, heights = _curve(axes, mixture, points[:, 0], size)
        for level, shade in zip(np.exp(levels), shades, strict=True):
            axes.fill_between(xs, heights, where=heights >= level, color=shade, linewidth=0, zorder=2)
        return
    xs, ys, logs = _logs(mixture, axes)
    axes.contourf(xs, ys, logs, levels=[*levels, max(logs.max(), levels[-1]) + 1], colors=shades, zorder=1)
    # Without a style, Matplotlib dashes lines of negative level, as many log-densities are.
    edge: dict[str, Any] = {"colors": [style.ink()], "linewidths": 0.6 * size, "linestyles": "-", "alpha": 0.5}
    axes.contour(xs, ys, logs, levels=levels, **edge, zorder=2)
    _dots(axes, points, labels, size)


def region_handles(view: View) -> list[Artist]:
    """How probable the regions are."""
    patch = style.require("matplotlib.patches").Patch
    shades = style.shades(len(view.probabilities), most=0.6)[::-1]
    pairs = zip(shades, view.probabilities, strict=True)
    return [patch(facecolor=shade, label=f"{style.percent(held)} of the probability") for shade, held in pairs]


def boundaries(axes: Axes, view: View, columns: Sequence[int], labels: Labels, size: float) -> None:
    """Components and their points, on a ground that shows which is most probable by these columns."""
    components(axes, view, columns, labels, size, deviations=())
    seen = shadow(view.mixture, columns)
    if len(columns) == 1:
        xs = grid(seen, *axes.get_xlim())
        _strips(axes, xs, seen.log_joint(xs[:, None]).argmax(axis=1), _tints(seen))
        return
    xs, ys, points = lattice(seen, axes.get_xlim(), axes.get_ylim())
    logs = np.maximum(seen.log_joint(points), _NOWHERE)
    best, second = (np.sort(logs, axis=1)[:, [-1, -2]] if logs.shape[1] > 1 else np.repeat(logs, 2, axis=1)).T
    for j, tint in enumerate(_tints(seen)):
        own = logs[:, j]
        margin = (own - np.where(own == best, second, best)).reshape(len(ys), len(xs))
        if margin.max() > 0:
            axes.contourf(xs, ys, margin, levels=[0, margin.max() + 1], colors=[tint], alpha=0.22, zorder=0)
        if margin.min() < 0 < margin.max():
            look: dict[str, Any] = {"colors": [style.ink()], "linewidths": 0.8 * size, "alpha": 0.5, "zorder": 1}
            axes.contour(xs, ys, margin, levels=[0], **look)


def _strips(axes: Axes, xs: Array, winners: Labels, tints: list[str]) -> None:
    """A ground of strips along one column; each ends half way between two places where others are most probable."""
    changes = np.flatnonzero(np.diff(winners))
    ends = [xs[0], *((xs[changes] + xs[changes + 1]) / 2), xs[-1]]
    for low, high, winner in zip(ends[:-1], ends[1:], winners[[0, *(changes + 1)]], strict=True):
        axes.axvspan(low, high, color=tints[winner], alpha=0.16, linewidth=0, zorder=0)


def _tints(mixture: Mixture) -> list[str]:
    """A colour for each component, and grey for noise."""
    return [*map(style.colour, range(mixture.n_components)), *([style.GREY] if mixture.noise else [])]
