"""Draw a selection criterion, such as BIC, against the number of components, with a line for each model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from mixtura.covariance.models import letters
from mixtura.errors import ParameterError
from mixtura.plotting import style
from mixtura.plotting.place import Place

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


CRITERION_LABELS = {
    "bic": "BIC",
    "icl": "ICL",
    "aic": "AIC",
    "aicc": "AICc",
    "cv": "−2 log-likelihood of rows held out",
}

# The letters for shape and axes choose colour and marker, that for volume the line style: 7 x 2 styles for 14 models.
_SHAPES_AND_AXES = ("II", "EI", "VI", "EE", "VE", "EV", "VV")
_COLOURS = ("#717581", "#3f90da", "#2ca89a", "#832db6", "#bd1f01", "#e08a00")  # the last one has the text colour
_LINE_STYLES = {"E": (0, (4, 1.6)), "V": "-"}
_LEGEND = "dashed: equal volumes, solid: variable volumes; colour and marker: shape and axes"

# The axis ends this many times as far above the best value as half of the models, and of the best model's values, are.
SHOWN_LEADS = 4.0

# More tick labels than this along the axis are hard to read.
MAX_TICKS = 12


class MeasuredCell(Protocol):
    """Protocol of one cell of a selection: a covariance model, a number of components, and the criteria of its fit."""

    @property
    def n_components(self) -> int:
        """Number of components."""

    @property
    def model(self) -> str:
        """Name of the covariance model."""

    @property
    def sound(self) -> bool:
        """Whether the fit has all components, none of them spurious or with too few rows."""

    def measured(self, criterion: str) -> float:
        """Value of the criterion with this name."""


class RankedCells(Protocol):
    """Protocol of a selection: its cells, and their ranking by one criterion."""

    @property
    def cells(self) -> Sequence[MeasuredCell]:
        """All cells, with or without a fit."""

    @property
    def ranked(self) -> Sequence[MeasuredCell]:
        """Cells with a fit, best first."""

    @property
    def criterion(self) -> str:
        """Name of the criterion of the ranking, a key of ``CRITERION_LABELS``."""


def plot_criterion(selection: RankedCells, place: Place) -> Figure:
    """Draw the criterion of a selection against the number of components."""
    if not selection.ranked:
        raise ParameterError("there is nothing to draw: no cell has a fit")
    lines = _cells_by_model(selection)
    if not lines:
        raise ParameterError(f"there is nothing to draw: the criterion {selection.criterion!r} of no cell is finite")
    axes = place.panel(8.5, 5.2)
    for model, cells in lines.items():
        _draw_line(axes, model, cells, selection.criterion)
    values = {
        m: [(cell.n_components, cell.measured(selection.criterion)) for cell in cells] for m, cells in lines.items()
    }
    axes.set_ylim(*value_limits(values))
    _label_lines(axes, lines, selection.criterion)
    own = _mark_best(axes, selection, _above(axes, lines, selection.criterion))
    axes.set_title(place.headline(own), loc="left", fontsize="medium")
    axes.set_xlabel("components", loc="left")
    counts = sorted({cell.n_components for cell in selection.cells})
    axes.set_xticks(counts if len(counts) <= MAX_TICKS else counts[:: -(-len(counts) // MAX_TICKS)])
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25, linewidth=0.6)
    if len(lines) > 2 and place.ax is None:
        axes.figure.text(
            0.99, 0.005, _LEGEND, ha="right", va="bottom", fontsize="x-small", color=style.text_colour(), alpha=0.7
        )
    axes.set_ylabel(f"{CRITERION_LABELS[selection.criterion]} (lower is better)")
    return place.save(axes)


def _cells_by_model(selection: RankedCells) -> dict[str, list[MeasuredCell]]:
    """Cells in which the criterion is finite, by model."""
    lines: dict[str, list[MeasuredCell]] = {}
    for cell in selection.cells:
        if np.isfinite(cell.measured(selection.criterion)):
            lines.setdefault(cell.model, []).append(cell)
    return lines


def model_style(model: str) -> dict[str, Any]:
    """Colour, marker and line style of a covariance model, as keyword arguments of Matplotlib.

    Examples
    --------
    >>> own, equal = model_style("VEV"), model_style("EEV")
    >>> own["color"] == equal["color"], own["linestyle"] == equal["linestyle"]
    (True, False)
    """
    known = letters(model)
    return {
        "color": model_colour(model) or style.text_colour(),
        "marker": style.MARKERS[_style_number(model)],
        "linestyle": _LINE_STYLES[known.volume] if known else ":",
    }


def model_colour(model: str) -> str | None:
    """Colour of a covariance model's line; None for the colour of text.

    Examples
    --------
    >>> model_colour("EII"), model_colour("VVV")
    ('#717581', None)
    """
    number = _style_number(model)
    return _COLOURS[number] if number < len(_COLOURS) else None


def _style_number(model: str) -> int:
    """Number of a covariance model's colour and marker, by its letters for shape and axes."""
    known = letters(model)
    return _SHAPES_AND_AXES.index(known.shape + known.axes) if known else len(model) % len(_SHAPES_AND_AXES)


def _draw_line(axes: Axes, model: str, cells: Sequence[MeasuredCell], criterion: str) -> None:
    """Draw the line of one model, with filled markers for sound fits and hollow ones for others."""
    look = model_style(model)
    counts, values = [cell.n_components for cell in cells], [cell.measured(criterion) for cell in cells]
    axes.plot(counts, values, color=look["color"], linestyle=look["linestyle"], linewidth=1.4, zorder=2)
    for x, y, cell in zip(counts, values, cells, strict=True):
        face = look["color"] if cell.sound else style.background_colour()
        marks = {"marker": look["marker"], "markersize": 5, "markeredgewidth": 1}
        axes.plot([x], [y], color=look["color"], markerfacecolor=face, linestyle="none", zorder=3, **marks)


def value_limits(values: Mapping[str, Sequence[tuple[int, float]]]) -> tuple[float, float]:
    """Limits of the vertical axis, which show half of the models, and half of the best model's values, well.

    Models far from the best, and few components, are often so much worse that all others would look alike. The
    better of the best model's values with one component more and one fewer is always within.

    Parameters
    ----------
    values : mapping
        For each model its pairs of a number of components and the value.

    Examples
    --------
    >>> near = {"VVV": [(1, 20.0), (2, 10.0), (3, 12.0)], "EEE": [(1, 15.0), (2, 13.0), (3, 14.0)]}
    >>> low, high = value_limits(near | {"EII": [(1, 990.0), (2, 900.0), (3, 14.0)]})
    >>> low < 10 and 20 < high < 900
    True
    """
    least = {model: min(value for _, value in pairs) for model, pairs in values.items()}
    winner = min(least, key=lambda model: least[model])
    best = least[winner]
    count = min(k for k, value in values[winner] if value == best)
    others = [value - best for model, value in least.items() if model != winner]
    own = [value - best for k, value in values[winner] if k != count]
    lead = max(float(np.median(leads)) if leads else 0.0 for leads in (others, own))
    neighbours = [value for k, value in values[winner] if abs(k - count) == 1]
    worst = max(value for pairs in values.values() for _, value in pairs)
    high = max(best + SHOWN_LEADS * lead, min(neighbours, default=best))
    high = worst if high == best or worst - best < 1.5 * (high - best) else high
    margin = 0.05 * (high - best) or 1.0
    return best - 1.6 * margin, high + margin


def _label_lines(axes: Axes, lines: dict[str, list[MeasuredCell]], criterion: str) -> None:
    """Write each model's name at the right end of its line, moved up or down where names would overlap.

    An arrow follows the name of a line that ends above the axes; lines that lie above them wholly have no name.
    """
    bottom, top = axes.get_ylim()
    last = max(cell.n_components for cells in lines.values() for cell in cells)
    first = min(cell.n_components for cells in lines.values() for cell in cells)
    above = _above(axes, lines, criterion)
    ends = {model: cells[-1].measured(criterion) for model, cells in lines.items() if model not in above}
    order = sorted(ends, key=lambda model: ends[model])
    step = (top - bottom) / 24
    heights = space_apart(
        [float(np.clip(ends[model], bottom, top)) for model in order], step, bottom + step / 2, top - step / 2
    )
    width = max(last - first, 1)
    axes.set_xlim(first - 0.04 * width, last + 0.16 * width)
    for model, height in zip(order, heights, strict=True):
        look, cell, is_above = model_style(model), lines[model][-1], ends[model] > top
        # The connection ends at the left of the name, so that it crosses no other.
        connection = {"arrowstyle": "-", "relpos": (0.0, 0.5), "shrinkA": 0, "shrinkB": 2, "linewidth": 0.8}
        axes.annotate(
            f"{model} ↑" if is_above else model,
            (cell.n_components, min(ends[model], top)),
            (last + 0.07 * width, height),
            color=look["color"],
            fontsize="small",
            family="monospace",
            va="center",
            arrowprops=None if is_above else connection | {"color": look["color"], "linestyle": look["linestyle"]},
        )


def _above(axes: Axes, lines: dict[str, list[MeasuredCell]], criterion: str) -> list[str]:
    """Models whose values all lie above the axes."""
    top = axes.get_ylim()[1]
    return [model for model, cells in lines.items() if min(cell.measured(criterion) for cell in cells) > top]


def space_apart(wanted: Sequence[float], step: float, bottom: float, top: float) -> list[float]:
    """Ascending positions at least ``step`` apart, as near as possible to the wanted ones.

    Examples
    --------
    >>> space_apart([1.0, 2.0, 6.0], 2.0, -9.0, 9.0)
    [0.5, 2.5, 6.0]
    """
    groups = [[position] for position in wanted]  # positions that would overlap, to be centred on their wanted mean
    i = 1
    while i < len(groups):
        distance = (len(groups[i - 1]) + len(groups[i])) / 2 * step
        if np.mean(groups[i]) - np.mean(groups[i - 1]) < distance:
            groups[i - 1 : i + 1] = [groups[i - 1] + groups[i]]
            i = max(i - 1, 1)
        else:
            i += 1
    spaced = [float(np.mean(group)) + (j - (len(group) - 1) / 2) * step for group in groups for j in range(len(group))]
    low, high = (bottom + step * i for i in range(len(spaced))), (top - step * i for i in range(len(spaced)))
    raised = [max(position, least) for position, least in zip(spaced, low, strict=True)]
    return [min(position, most) for position, most in zip(raised, reversed(list(high)), strict=True)]


def _mark_best(axes: Axes, selection: RankedCells, above: Sequence[str]) -> str:
    """Draw a ring around the best cell; return a title with its model, components and criterion, and notes."""
    best = selection.ranked[0]
    value = best.measured(selection.criterion)
    ring: dict[str, Any] = {
        "markersize": 13,
        "markerfacecolor": "none",
        "markeredgecolor": style.text_colour(),
        "markeredgewidth": 1.4,
    }
    axes.plot([best.n_components], [value], marker="o", linestyle="none", zorder=4, **ring)
    notes = (
        ["hollow: a covariance at the floor, or a component lost"] if any(not c.sound for c in selection.cells) else []
    )
    notes += [f"above the axes: {', '.join(above)}"] if above else []
    plural = "s" if best.n_components > 1 else ""
    measured = f"{CRITERION_LABELS[selection.criterion]} {style.format_number(value)}"
    title = f"{best.model}, {best.n_components} component{plural}: {measured}"
    return "\n".join([title, *(["; ".join(notes)] if notes else [])])
