"""One frame of a replay: the mixture, its log-likelihood so far, and a legend, drawn once and then only moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from mixtura.mixture import Mixture
from mixtura.plotting import style
from mixtura.plotting.panels import component_handles, component_labels, panel
from mixtura.plotting.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend


class Iterate(Protocol):
    """An EM iteration, as far as a picture shows it."""

    @property
    def start(self) -> int:
        """Which start it belongs to."""

    @property
    def number(self) -> int:
        """EM iterations done so far."""

    @property
    def mixture(self) -> Mixture:
        """The mixture."""

    @property
    def loglik(self) -> float:
        """Total log-likelihood."""

    @property
    def components(self) -> tuple[int, ...]:
        """Which of the start's components are left."""


# Draws the last of these iterations, and the curve of all of them.
Draw = Callable[[Sequence[Iterate]], None]


def new_frame(figure: Figure, view: View, whole: Sequence[Iterate]) -> Draw:
    """Lay out a frame; ``whole`` holds the first iteration and, as far as they are known, the others."""
    cells = figure.add_gridspec(2, 2, width_ratios=(2.3, 1), height_ratios=(1, 1.3))
    first = whole[0].mixture
    k, names = first.n_components, view.mixture.component_names
    names = names if names and len(names) == k else None
    main = figure.add_subplot(cells[:, 0])
    show = panel(main, view, view.columns, k=k, deviations=(2,))
    curve = _curve(figure.add_subplot(cells[0, 1]), whole)
    entries = _legend(figure.add_subplot(cells[1, 1]), replace(first, component_names=names)).get_texts()

    def draw(past: Sequence[Iterate]) -> None:
        now = past[-1]
        show(now.mixture, view.labels(now.mixture), now.components)
        curve(past)
        lines = [f"Iteration {now.number}, log-likelihood {style.number(now.loglik)}", *view.notes]
        main.set_title("\n".join(lines), loc="left", fontsize="medium")
        weights = np.zeros(k)
        weights[list(now.components)] = now.mixture.weights
        noise = now.mixture.noise.weight if now.mixture.noise else None
        for entry, label in zip(entries, component_labels(names, weights, noise), strict=True):
            entry.set_text(label)

    return draw


def freeze_layout(figure: Figure) -> None:
    """Lay the figure out as it is now, and keep the layout: that is quicker, and frames do not jump."""
    figure.canvas.draw()
    figure.set_layout_engine("none")


def _legend(axes: Axes, mixture: Mixture) -> Legend:
    """A legend in axes of its own."""
    axes.axis("off")
    handles = component_handles(mixture)
    return axes.legend(handles=handles, loc="upper left", borderaxespad=0, frameon=False, fontsize="small")


def _curve(axes: Axes, whole: Sequence[Iterate]) -> Callable[[Sequence[Iterate]], None]:
    """The log-likelihood: all of it in grey, what has been reached in front."""
    axes.set_title("log-likelihood", loc="right", fontsize="small")
    axes.set_xlabel("iteration", fontsize="small")
    axes.tick_params(labelsize="small")
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.xaxis.set_major_locator(style.require("matplotlib.ticker").MaxNLocator(4, integer=True))
    axes.yaxis.set_major_locator(style.require("matplotlib.ticker").MaxNLocator(4))
    axes.plot(*_points(whole), color=style.ink(), alpha=0.25, linewidth=1.2)
    reached = axes.plot([], [], color=style.ink(), linewidth=1.6)[0]
    here = axes.plot([], [], "o", color=style.ink(), markersize=5, clip_on=False)[0]

    def show(past: Sequence[Iterate]) -> None:
        low, high = _range([iteration.loglik for iteration in (past if len(past) > len(whole) else whole)])
        reached.set_data(*_points(past))
        here.set_data([past[-1].number], [max(past[-1].loglik, low)])
        axes.relim()
        axes.autoscale_view(scaley=False)
        axes.set_ylim(low, high)

    return show


def _range(logliks: list[float]) -> tuple[float, float]:
    """Limits that show the climb: a start that lies far below all the rest is left outside."""
    rest = logliks[1:]
    far = len(rest) > 1 and min(rest) - logliks[0] > 2 * (max(rest) - min(rest)) > 0
    shown = rest if far else logliks
    margin = 0.05 * (max(shown) - min(shown)) or 1.0
    return min(shown) - margin, max(shown) + margin


def _points(iterations: Sequence[Iterate]) -> tuple[list[int], list[float]]:
    """Numbers and log-likelihoods of iterations."""
    return [iteration.number for iteration in iterations], [iteration.loglik for iteration in iterations]
