"""The picture of a selection: a criterion against the number of components, a line for each model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from mixtura.covariance.models import letters
from mixtura.errors import ParameterError
from mixtura.plotting import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


NAMES = {"bic": "BIC", "icl": "ICL", "aic": "AIC", "aicc": "AICc", "cv": "−2 log-likelihood of rows held out"}

# Shape and axes choose colour and marker, volume the line: the fourteen differ by seven colours, markers and two lines.
_SHAPES_AND_AXES = ("II", "EI", "VI", "EE", "VE", "EV", "VV")
_COLOURS = ("#717581", "#3f90da", "#2ca89a", "#832db6", "#bd1f01", "#e08a00")  # of all but the last
_VOLUMES = {"E": (0, (4, 1.6)), "V": "-"}
_KEY = "dashed: equal volumes, solid: own volumes; colour and marker: shape and axes"

# Of all values, the worst part may lie above the picture, if that makes the rest readable.
SHOWN = 0.9

# More numbers than this along the axis are hard to read.
MOST_TICKS = 12


class Measured(Protocol):
    """A covariance model with a number of components, and its criteria."""

    @property
    def components(self) -> int:
        """Number of components."""

    @property
    def model(self) -> str:
        """Name of the covariance model."""

    @property
    def sound(self) -> bool:
        """Whether nothing is the matter with the fit."""

    def measured(self, criterion: str) -> float:
        """The value of a criterion."""


class Ranked(Protocol):
    """What there is to draw."""

    @property
    def cells(self) -> Sequence[Measured]:
        """All that were worked on."""

    @property
    def ranked(self) -> Sequence[Measured]:
        """The best first."""

    @property
    def criterion(self) -> str:
        """What they are ranked by."""


def curves(selection: Ranked, path: str | Path | None = None) -> Figure:
    """Draw the criterion against the number of components; save it if a path is given."""
    target = style.checked_path(path)
    if not selection.ranked:
        raise ParameterError("there is nothing to draw: no cell has a fit")
    figure = style.new_figure(8.5, 5.2, shown=target is None)
    axes = figure.add_subplot()
    lines = _lines(selection)
    for model, cells in lines.items():
        _line(axes, model, cells, selection.criterion)
    _limits(axes, [cell.measured(selection.criterion) for cell in selection.ranked])
    _labels(axes, lines, selection.criterion)
    _best(axes, selection)
    axes.set_xlabel("components", loc="left")
    known = sorted({cell.components for cell in selection.cells})
    axes.set_xticks(known if len(known) <= MOST_TICKS else known[:: -(-len(known) // MOST_TICKS)])
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25, linewidth=0.6)
    if len(lines) > 2:
        figure.text(0.99, 0.005, _KEY, ha="right", va="bottom", fontsize="x-small", color=style.ink(), alpha=0.7)
    axes.set_ylabel(f"{NAMES[selection.criterion]} (lower is better)")
    return style.saved(figure, target)


def _lines(selection: Ranked) -> dict[str, list[Measured]]:
    """Cells with a value, for each model."""
    lines: dict[str, list[Measured]] = {}
    for cell in selection.cells:
        if np.isfinite(cell.measured(selection.criterion)):
            lines.setdefault(cell.model, []).append(cell)
    return lines


def look(model: str) -> dict[str, Any]:
    """Colour, marker and line of a model.

    Examples
    --------
    >>> look("VEV")["color"] == look("EEV")["color"], look("VEV")["linestyle"] == look("EEV")["linestyle"]
    (True, False)
    """
    known = letters(model)
    place = _SHAPES_AND_AXES.index(known.shape + known.axes) if known else len(model) % len(_SHAPES_AND_AXES)
    colour = _COLOURS[place] if place < len(_COLOURS) else style.ink()
    return {
        "color": colour,
        "marker": style.MARKERS[place],
        "linestyle": _VOLUMES[known.volume] if known else ":",
    }


def _line(axes: Axes, model: str, cells: Sequence[Measured], criterion: str) -> None:
    """One model: a line, filled markers where the fit is sound, hollow ones where it is not."""
    known = look(model)
    at, values = [cell.components for cell in cells], [cell.measured(criterion) for cell in cells]
    axes.plot(at, values, color=known["color"], linestyle=known["linestyle"], linewidth=1.4, zorder=2)
    for x, y, cell in zip(at, values, cells, strict=True):
        face = known["color"] if cell.sound else style.paper()
        marks = {"marker": known["marker"], "markersize": 5, "markeredgewidth": 1}
        axes.plot([x], [y], color=known["color"], markerfacecolor=face, linestyle="none", zorder=3, **marks)


def _limits(axes: Axes, values: Sequence[float]) -> None:
    """Limits that show the best part of the values; the worst may stay outside."""
    finite = np.array([value for value in values if np.isfinite(value)])
    low, high, worst = finite.min(), np.quantile(finite, SHOWN), finite.max()
    high = worst if worst - low < 1.5 * (high - low) else high
    margin = 0.05 * (high - low) or 1.0
    axes.set_ylim(low - 1.6 * margin, high + margin)


def _labels(axes: Axes, lines: dict[str, list[Measured]], criterion: str) -> None:
    """The models' names beside the right ends of their lines, moved apart where they would overlap."""
    bottom, top = axes.get_ylim()
    last = max(cell.components for cells in lines.values() for cell in cells)
    first = min(cell.components for cells in lines.values() for cell in cells)
    ends = {model: cells[-1].measured(criterion) for model, cells in lines.items()}
    order = sorted(ends, key=lambda model: ends[model])
    step = (top - bottom) / 24
    places = spread([float(np.clip(ends[model], bottom, top)) for model in order], step, bottom, top)
    width = max(last - first, 1)
    axes.set_xlim(first - 0.04 * width, last + 0.16 * width)
    for model, place in zip(order, places, strict=True):
        known, cell = look(model), lines[model][-1]
        axes.annotate(
            model,
            (cell.components, float(np.clip(ends[model], bottom, top))),
            (last + 0.07 * width, place),
            color=known["color"],
            fontsize="small",
            family="monospace",
            va="center",
            arrowprops={"arrowstyle": "-", "color": known["color"], "linestyle": known["linestyle"], "linewidth": 0.8},
        )


def spread(wanted: Sequence[float], step: float, bottom: float, top: float) -> list[float]:
    """Ascending places at least a step apart, near those wanted.

    Examples
    --------
    >>> spread([1.0, 2.0, 6.0], 2.0, -9.0, 9.0)
    [0.5, 2.5, 6.0]
    """
    groups = [[place] for place in wanted]  # those that touch stand evenly about the mean of what they want
    i = 1
    while i < len(groups):
        reach = (len(groups[i - 1]) + len(groups[i])) / 2 * step
        if np.mean(groups[i]) - np.mean(groups[i - 1]) < reach:
            groups[i - 1 : i + 1] = [groups[i - 1] + groups[i]]
            i = max(i - 1, 1)
        else:
            i += 1
    places = [
        float(np.mean(group)) + (place - (len(group) - 1) / 2) * step for group in groups for place in range(len(group))
    ]
    low, high = (bottom + step * i for i in range(len(places))), (top - step * i for i in range(len(places)))
    raised = [max(place, least) for place, least in zip(places, low, strict=True)]
    return [min(place, most) for place, most in zip(raised, reversed(list(high)), strict=True)]


def _best(axes: Axes, selection: Ranked) -> None:
    """A ring around the best, and its name above the picture."""
    best = selection.ranked[0]
    value = best.measured(selection.criterion)
    ring: dict[str, Any] = {
        "markersize": 13,
        "markerfacecolor": "none",
        "markeredgecolor": style.ink(),
        "markeredgewidth": 1.4,
    }
    axes.plot([best.components], [value], marker="o", linestyle="none", zorder=4, **ring)
    hollow = (
        "; hollow: a covariance on the floor, or a component lost" if any(not c.sound for c in selection.cells) else ""
    )
    plural = "s" if best.components > 1 else ""
    title = (
        f"{best.model}, {best.components} component{plural}: {NAMES[selection.criterion]} {style.number(value)}{hollow}"
    )
    axes.set_title(title, loc="left", fontsize="medium")
