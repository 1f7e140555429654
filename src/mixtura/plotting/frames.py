"""Frame of a replay: the mixture, the trace of the log-likelihood, and a legend, updated at each iteration."""

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
    """Protocol of one EM iteration, with what a frame shows."""

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


# Function that draws the mixture of the last of the given iterations, and the log-likelihoods of all.
DrawFrame = Callable[[Sequence[RecordedIteration]], None]


def new_frame(figure: Figure, view: View, recorded: Sequence[RecordedIteration]) -> DrawFrame:
    """Lay out a frame; return the function that draws in it the iterations up to a current one.

    Parameters
    ----------
    figure : matplotlib Figure
    view : View
        Rows and columns to draw.
    recorded : sequence of RecordedIteration
        All iterations of a recorded fit, or the first one of a fit that is still running.
    """
    cells = figure.add_gridspec(2, 2, width_ratios=(2.3, 1), height_ratios=(1, 1.3))
    first = recorded[0].mixture
    k, names = first.n_components, view.mixture.component_names
    names = names if names and len(names) == k else None
    main = figure.add_subplot(cells[:, 0])
    update_panel = new_panel(main, view, view.columns, k=k, deviations=(2,))
    update_trace = _draw_trace(figure.add_subplot(cells[0, 1]), recorded)
    entries = _draw_legend(figure.add_subplot(cells[1, 1]), replace(first, component_names=names)).get_texts()

    def draw(iterations: Sequence[RecordedIteration]) -> None:
        current = iterations[-1]
        update_panel(current.mixture, view.labels(current.mixture), current.components)
        update_trace(iterations)
        lines = [f"Iteration {current.number}, log-likelihood {style.format_number(current.loglik)}", *view.notes]
        main.set_title("\n".join(lines), loc="left", fontsize="medium")
        weights = np.zeros(k)
        weights[list(current.components)] = current.mixture.weights
        noise = current.mixture.noise.weight if current.mixture.noise else None
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


def _draw_trace(axes: Axes, recorded: Sequence[RecordedIteration]) -> Callable[[Sequence[RecordedIteration]], None]:
    """Draw the trace of log-likelihoods in pale colour; return the function that draws its part up to now over it."""
    axes.set_title("log-likelihood", loc="right", fontsize="small")
    axes.set_xlabel("iteration", fontsize="small")
    axes.tick_params(labelsize="small")
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.xaxis.set_major_locator(style.require("matplotlib.ticker").MaxNLocator(4, integer=True))
    axes.yaxis.set_major_locator(style.require("matplotlib.ticker").MaxNLocator(4))
    axes.plot(*_numbers_and_logliks(recorded), color=style.text_colour(), alpha=0.25, linewidth=1.2)
    line = axes.plot([], [], color=style.text_colour(), linewidth=1.6)[0]
    point = axes.plot([], [], "o", color=style.text_colour(), markersize=5, clip_on=False)[0]

    def show(iterations: Sequence[RecordedIteration]) -> None:
        longest = iterations if len(iterations) > len(recorded) else recorded
        low, high = _trace_limits([iteration.loglik for iteration in longest])
        line.set_data(*_numbers_and_logliks(iterations))
        point.set_data([iterations[-1].number], [max(iterations[-1].loglik, low)])
        axes.relim()
        axes.autoscale_view(scaley=False)
        axes.set_ylim(low, high)

    return show


def _trace_limits(logliks: list[float]) -> tuple[float, float]:
    """Limits of the log-likelihood axis; a first value far below all others is left outside."""
    others = logliks[1:]
    is_far = len(others) > 1 and min(others) - logliks[0] > 2 * (max(others) - min(others)) > 0
    shown = others if is_far else logliks
    margin = 0.05 * (max(shown) - min(shown)) or 1.0
    return min(shown) - margin, max(shown) + margin


def _numbers_and_logliks(iterations: Sequence[RecordedIteration]) -> tuple[list[int], list[float]]:
    """Numbers of iterations, and their log-likelihoods."""
    return [iteration.number for iteration in iterations], [iteration.loglik for iteration in iterations]
