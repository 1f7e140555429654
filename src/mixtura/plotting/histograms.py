"""Pictures of what a bootstrap found: histograms of its replicates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from mixtura._support import Array
from mixtura.mixture import Mixture
from mixtura.plotting import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import GridSpec


# More components than this make a picture of parameters too tall.
MOST_COMPONENTS = 10

# Weights stand side by side, so many in a line.
ABREAST = 5

# An observed value further right than this many ranges of the replicates would squeeze them into a line.
FAR = 2.5

_BAND = 0.14  # how strong an interval is


class Tested(Protocol):
    """A test to draw."""

    @property
    def components(self) -> int:
        """The number that is tested against one more."""

    @property
    def statistic(self) -> float:
        """What was observed."""

    @property
    def replicates(self) -> Array:
        """The same under the null hypothesis."""

    @property
    def p_value(self) -> float:
        """How often that is as large."""


def _bars(axes: Axes, values: Array, colour: str) -> None:
    """A histogram of values, as many bars as they deserve."""
    bins = int(np.clip(2 * len(values) ** (1 / 3), 5, 40))
    counts, edges = np.histogram(values, bins=bins)
    axes.stairs(counts, edges, fill=True, color=colour, alpha=0.75, zorder=2)
    axes.set_ylim(0, 1.05 * counts.max())
    axes.set_yticks([])


def _bootstrapped(axes: Axes, values: Array, estimate: float, ends: Array, component: int) -> None:
    """One parameter: replicates, their interval, and the estimate."""
    _bars(axes, values, style.colour(component))
    axes.axvspan(ends[0], ends[1], color=style.ink(), alpha=_BAND, linewidth=0, zorder=0)
    axes.axvline(estimate, color=style.ink(), linewidth=1.6, zorder=3)
    axes.locator_params(axis="x", nbins=3)
    axes.tick_params(labelsize="small")


def _key(figure: Figure, level: float) -> None:
    """What the marks mean."""
    line, patch = style.require("matplotlib.lines").Line2D, style.require("matplotlib.patches").Patch
    marks = [
        line([], [], color=style.ink(), linewidth=1.6, label="estimate"),
        patch(facecolor=style.ink(), alpha=_BAND, label=f"{style.percent(level)} interval"),
    ]
    figure.legend(handles=marks, loc="outside lower right", ncols=2, frameon=False, fontsize="small")


def _shown(mixture: Mixture) -> tuple[list[int], list[str]]:
    """The components to draw, the heaviest where there are too many, and what to say about it."""
    k = mixture.n_components
    kept = sorted(np.argsort(-mixture.weights, kind="stable")[:MOST_COMPONENTS].tolist())
    return kept, [f"{MOST_COMPONENTS} of {k} components: the heaviest"] if k > MOST_COMPONENTS else []


def _name(mixture: Mixture, component: int, width: int = 18) -> str:
    """What a component is called."""
    return style.text(
        mixture.component_names[component] if mixture.component_names else f"component {component}", width
    )


def weights(mixture: Mixture, values: Array, ends: Array, *, level: float, head: str, path: Path | None) -> Figure:
    """Histograms of the weights, (n, k); ``ends`` are those of their intervals, (2, k)."""
    shown, notes = _shown(mixture)
    lines = -(-len(shown) // ABREAST)
    figure = style.new_figure(2.2 * min(len(shown), ABREAST) + 1.2, 1.9 * lines + 1, shown=path is None)
    cells = figure.add_gridspec(lines, min(len(shown), ABREAST))
    for place, j in enumerate(shown):
        axes = figure.add_subplot(cells[divmod(place, ABREAST)])
        _bootstrapped(axes, values[:, j], float(mixture.weights[j]), ends[:, j], j)
        axes.set_title(_name(mixture, j), fontsize="small")
        axes.set_xlabel("weight", fontsize="small")
    return _finished(figure, [head, *notes], level, path)


def coordinates(
    view: tuple[Mixture, Sequence[int]],
    values: tuple[Array, Array, Array],
    level: float,
    notes: Sequence[str],
    path: Path | None,
) -> Figure:
    """Histograms of a parameter of each component and column.

    ``view`` has the mixture and the columns to draw, ``values`` the replicates, (n, k, d), the estimates, (k, d), and
    the ends of intervals, (2, k, d).
    """
    (mixture, columns), (found, estimates, ends) = view, values
    shown, more = _shown(mixture)
    height, width = 1.35 * len(shown) + 1.4, 2.2 * len(columns) + 1.2
    figure = style.new_figure(width, height, shown=path is None)
    cells: GridSpec = figure.add_gridspec(len(shown), len(columns))
    for i, j in enumerate(shown):
        for place, column in enumerate(columns):
            axes = figure.add_subplot(cells[i, place])
            _bootstrapped(axes, found[:, j, column], estimates[j, column], ends[:, j, column], j)
            if place == 0:
                axes.set_ylabel(_name(mixture, j, 14), fontsize="small")
            if i == len(shown) - 1:
                axes.set_xlabel(style.text((mixture.columns or ())[column], 22), fontsize="small")
    figure.align_labels()
    return _finished(figure, [*notes, *more], level, path)


def _finished(figure: Figure, lines: Sequence[str], level: float, path: Path | None) -> Figure:
    """Title, key, file."""
    figure.suptitle("\n".join(lines), x=0.01, ha="left", fontsize="medium")
    _key(figure, level)
    return style.saved(figure, path)


def ratios(tests: Sequence[Tested], path: str | Path | None = None, ax: Axes | None = None) -> Figure:
    """Histograms of likelihood ratios under the null hypothesis, and what was observed; one for each test."""
    target = style.checked_path(path)
    if ax is not None:
        _ratio(ax, tests[0])
        return style.saved(ax.figure.figure, target)
    figure = style.new_figure(6.5, 2.6 * len(tests) + 0.4, shown=target is None)
    panels = [figure.add_subplot(len(tests), 1, place + 1) for place in range(len(tests))]
    for axes, test in zip(panels, tests, strict=True):
        _ratio(axes, test)
    panels[-1].set_xlabel("twice the gain in log-likelihood by one component more")
    return style.saved(figure, target)


def _ratio(axes: Axes, test: Tested) -> None:
    """One test. An observed value far to the right is pointed at."""
    k, seen, values = test.components, test.statistic, test.replicates
    _bars(axes, values, style.GREY)
    low, high = min(float(values.min()), 0.0), float(values.max())
    reach = low + FAR * ((high - low) or 1.0)
    axes.set_xlim(low - 0.02 * (reach - low), reach if seen > reach else max(high, seen) + 0.05 * (reach - low))
    axes.set_title(f"{k} against {k + 1} components: p = {test.p_value:.3g}", loc="left", fontsize="medium")
    axes.set_ylabel(f"{len(values)} replicates", fontsize="small")
    said = f"observed: {style.number(seen)}"
    accent = style.COLOURS[2]
    if seen > reach:
        arrow = {"arrowstyle": "->", "color": accent, "linewidth": 1.6}
        frame: dict[str, Any] = {
            "xycoords": "axes fraction",
            "textcoords": "axes fraction",
            "va": "center",
            "ha": "right",
        }
        axes.annotate(said, (0.995, 0.5), (0.9, 0.5), color=accent, arrowprops=arrow, **frame)
        return
    axes.axvline(seen, color=accent, linewidth=1.8, zorder=4)
    right = seen < sum(axes.get_xlim()) / 2
    place: dict[str, Any] = {
        "textcoords": "offset points",
        "va": "top",
        "ha": "left" if right else "right",
        "zorder": 5,
    }
    paper = {"facecolor": style.paper(), "edgecolor": "none", "alpha": 0.8, "pad": 1.5}
    axes.annotate(
        said,
        (seen, 0.97),
        (5 if right else -5, 0),
        color=accent,
        bbox=paper,
        xycoords=axes.get_xaxis_transform(),
        **place,
    )
