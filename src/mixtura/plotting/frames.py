"""A frame of a replay: the mixture, the curve of its log-likelihood, and a legend, updated for each iteration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from mixtura.mixture import Mixture
from mixtura.plotting import style
from mixtura.plotting.panels import component_handles, legend_labels, new_panel
from mixtura.plotting.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend


class RecordedIteration(Protocol):
    """Protocol of one EM iteration, as far as a picture shows it."""

    @property
    def start(self) -> int:
        """Number of the start that the iteration belongs to, from 0."""

    @property
    def number(self) -> int:
        """EM iterations of this start so far."""

    @property
    def mixture(self) -> Mixture:
        """Mixture after the iteration."""

    @property
    def loglik(self) -> float:
        """Total log-likelihood of the rows under the mixture."""

    @property
    def components(self) -> tuple[int, ...]:
        """Positions, among the start's components, of those that remain."""


# Draws the mixture of the last of these iterations, and the log-likelihoods of all.
DrawFrame = Callable[[Sequence[RecordedIteration]], None]


def new_frame(figure: Figure, view: View, whole: Sequence[RecordedIteration]) -> DrawFrame:
    """Lay out a frame; return the function that draws the iterations up to now in it.

    Parameters
    ----------
    figure : matplotlib Figure
    view : View
        Rows and columns to draw.
    whole : sequence of RecordedIteration
        All iterations of a recorded fit, or the first one of a fit that is still running.
    """
    cells = figure.add_gridspec(2, 2, width_ratios=(2.3, 1), height_ratios=(1, 1.3))
    first = whole[0].mixture
    k, names = first.n_components, view.mixture.component_names
    names = names if names and len(names) == k else None
    main = figure.add_subplot(cells[:, 0])
    show = new_panel(main, view, view.columns, k=k, deviations=(2,))
    curve = _draw_trace(figure.add_subplot(cells[0, 1]), whole)
    entries = _draw_legend(figure.add_subplot(cells[1, 1]), replace(first, component_names=names)).get_texts()

    def draw(past: Sequence[RecordedIteration]) -> None:
        now = past[-1]
        show(now.mixture, view.labels(now.mixture), now.components)
        curve(past)
        lines = [f"Iteration {now.number}, log-likelihood {style.format_number(now.loglik)}", *view.notes]
        main.set_title("\n".join(lines), loc="left", fontsize="medium")
        weights = np.zeros(k)
        weights[list(now.components)] = now.mixture.weights
        noise = now.mixture.noise.weight if now.mixture.noise else None
        for entry, label in zip(entries, legend_labels(names, weights, noise), strict=True):
            entry.set_text(label)

    return draw


def freeze_layout(figure: Figure) -> None:
    """Lay the figure out now and never again, so that frames are drawn faster and axes do not move between them."""
    figure.canvas.draw()
    figure.set_layout_engine("none")


def _draw_legend(axes: Axes, mixture: Mixture) -> Legend:
    """Draw the legend of a mixture's components in axes of its own."""
    axes.axis("off")
    handles = component_handles(mixture)
    return axes.legend(handles=handles, loc="upper left", borderaxespad=0, frameon=False, fontsize="small")


def _draw_trace(axes: Axes, whole: Sequence[RecordedIteration]) -> Callable[[Sequence[RecordedIteration]], None]:
    """Draw the whole trace of log-likelihoods pale; return the function that draws the part up to now over it."""
    axes.set_title("log-likelihood", loc="right", fontsize="small")
    axes.set_xlabel("iteration", fontsize="small")
    axes.tick_params(labelsize="small")
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.xaxis.set_major_locator(style.require("matplotlib.ticker").MaxNLocator(4, integer=True))
    axes.yaxis.set_major_locator(style.require("matplotlib.ticker").MaxNLocator(4))
    axes.plot(*_numbers_and_logliks(whole), color=style.text_colour(), alpha=0.25, linewidth=1.2)
    reached = axes.plot([], [], color=style.text_colour(), linewidth=1.6)[0]
    here = axes.plot([], [], "o", color=style.text_colour(), markersize=5, clip_on=False)[0]

    def show(past: Sequence[RecordedIteration]) -> None:
        low, high = _trace_limits([iteration.loglik for iteration in (past if len(past) > len(whole) else whole)])
        reached.set_data(*_numbers_and_logliks(past))
        here.set_data([past[-1].number], [max(past[-1].loglik, low)])
        axes.relim()
        axes.autoscale_view(scaley=False)
        axes.set_ylim(low, high)

    return show


def _trace_limits(logliks: list[float]) -> tuple[float, float]:
    """Limits of the log-likelihood axis; a first value far below all others is left outside."""
    rest = logliks[1:]
    far = len(rest) > 1 and min(rest) - logliks[0] > 2 * (max(rest) - min(rest)) > 0
    shown = rest if far else logliks
    margin = 0.05 * (max(shown) - min(shown)) or 1.0
    return min(shown) - margin, max(shown) + margin


def _numbers_and_logliks(iterations: Sequence[RecordedIteration]) -> tuple[list[int], list[float]]:
    """Numbers of iterations, and their log-likelihoods."""
    return [iteration.number for iteration in iterations], [iteration.loglik for iteration in iterations]
