"""Draw histograms of bootstrap replicates: of the parameters of a fit, and of likelihood-ratio statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from mixtura._support import Array
from mixtura.mixture import Mixture
from mixtura.plotting import style
from mixtura.plotting.place import Place

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import GridSpec


# More components than this make the figure too tall.
MAX_DRAWN_COMPONENTS = 10

# Histograms of weights side by side in one line of the figure.
WEIGHTS_PER_LINE = 5

# An observed statistic further to the right than this many ranges of the replicates lies outside the axes.
FAR_RANGES = 2.5

_INTERVAL_ALPHA = 0.14  # opacity of the shaded interval


class RatioTest(Protocol):
    """Protocol of a bootstrapped likelihood-ratio test."""

    @property
    def n_components(self) -> int:
        """Number of components under the null hypothesis; the alternative has one more."""

    @property
    def statistic(self) -> float:
        """Observed statistic: twice the difference of the log-likelihoods."""

    @property
    def replicates(self) -> Array:
        """Statistics of data sets drawn under the null hypothesis, (n,)."""

    @property
    def p_value(self) -> float:
        """Bootstrap p-value."""


def _draw_bars(axes: Axes, values: Array, colour: str) -> None:
    """Draw a histogram of values; the number of bars grows as the cube root of their number."""
    bins = int(np.clip(2 * len(values) ** (1 / 3), 5, 40))
    counts, edges = np.histogram(values, bins=bins)
    axes.stairs(counts, edges, fill=True, color=colour, alpha=0.75, zorder=2)
    axes.set_ylim(0, 1.05 * counts.max())
    axes.set_yticks([])


def _draw_parameter(axes: Axes, values: Array, estimate: float, ends: Array, component: int) -> None:
    """Draw the replicates of one parameter, with their interval shaded and the estimate as a vertical line."""
    _draw_bars(axes, values, style.component_colour(component))
    axes.axvspan(ends[0], ends[1], color=style.text_colour(), alpha=_INTERVAL_ALPHA, linewidth=0, zorder=0)
    axes.axvline(estimate, color=style.text_colour(), linewidth=1.6, zorder=3)
    axes.locator_params(axis="x", nbins=3)
    axes.tick_params(labelsize="small")


def _add_legend(figure: Any, level: float) -> None:
    """Add a legend for the estimate and the interval."""
    line, patch = style.require("matplotlib.lines").Line2D, style.require("matplotlib.patches").Patch
    marks = [
        line([], [], color=style.text_colour(), linewidth=1.6, label="estimate"),
        patch(facecolor=style.text_colour(), alpha=_INTERVAL_ALPHA, label=f"{style.format_percent(level)} interval"),
    ]
    figure.legend(handles=marks, loc="outside lower right", ncols=2, frameon=False, fontsize="small")


def _choose_components(mixture: Mixture) -> tuple[list[int], list[str]]:
    """Components to draw, those of largest weight if there are too many, and a note about it."""
    k = mixture.n_components
    kept = sorted(np.argsort(-mixture.weights, kind="stable")[:MAX_DRAWN_COMPONENTS].tolist())
    note = f"{MAX_DRAWN_COMPONENTS} of {k} components: those of largest weight"
    return kept, [note] if k > MAX_DRAWN_COMPONENTS else []


def _component_name(mixture: Mixture, component: int, width: int = 18) -> str:
    """Name of a component, wrapped at a width."""
    return style.wrap_text(
        mixture.component_names[component] if mixture.component_names else f"component {component}", width
    )


def plot_weight_replicates(
    mixture: Mixture, values: Array, ends: Array, *, level: float, title: str, place: Place
) -> Figure:
    """Draw histograms of bootstrapped weights.

    Parameters
    ----------
    mixture : Mixture
        Its weights are the estimates.
    values : ndarray of shape (n, k)
        Weights of the replicates.
    ends : ndarray of shape (2, k)
        Lower and upper ends of the intervals.
    level : float
        Probability of the intervals.
    title : str
        First line of the title, unless the user gives one.
    place : Place
    """
    shown, notes = _choose_components(mixture)
    lines = -(-len(shown) // WEIGHTS_PER_LINE)
    figure = place.figure(2.2 * min(len(shown), WEIGHTS_PER_LINE) + 1.2, 1.9 * lines + 1)
    cells = figure.add_gridspec(lines, min(len(shown), WEIGHTS_PER_LINE))
    for position, j in enumerate(shown):
        axes = figure.add_subplot(cells[divmod(position, WEIGHTS_PER_LINE)])
        _draw_parameter(axes, values[:, j], float(mixture.weights[j]), ends[:, j], j)
        axes.set_title(_component_name(mixture, j), fontsize="small")
        axes.set_xlabel("weight", fontsize="small")
    return _finish(figure, [place.headline(title), *notes], level, place)


def plot_parameter_replicates(
    view: tuple[Mixture, Sequence[int]],
    values: tuple[Array, Array, Array],
    level: float,
    notes: Sequence[str],
    place: Place,
) -> Figure:
    """Draw histograms of a bootstrapped parameter that every component has in every column, such as a mean.

    Parameters
    ----------
    view : (Mixture, sequence of int)
        The mixture, and the positions of the columns to draw.
    values : (ndarray, ndarray, ndarray)
        The parameter in the replicates, (n, k, d), its estimates, (k, d), and the ends of the intervals, (2, k, d).
    level : float
        Probability of the intervals.
    notes : sequence of str
        Lines of the title, of which the user may replace the first.
    place : Place
    """
    (mixture, columns), (found, estimates, ends) = view, values
    shown, more = _choose_components(mixture)
    height, width = 1.35 * len(shown) + 1.4, 2.2 * len(columns) + 1.2
    figure = place.figure(width, height)
    cells: GridSpec = figure.add_gridspec(len(shown), len(columns))
    for i, j in enumerate(shown):
        for position, column in enumerate(columns):
            axes = figure.add_subplot(cells[i, position])
            _draw_parameter(axes, found[:, j, column], estimates[j, column], ends[:, j, column], j)
            if position == 0:
                axes.set_ylabel(_component_name(mixture, j, 14), fontsize="small")
            if i == len(shown) - 1:
                axes.set_xlabel(style.wrap_text((mixture.columns or ())[column], 22), fontsize="small")
    figure.align_labels()
    return _finish(figure, [place.headline(notes[0]), *notes[1:], *more], level, place)


def _finish(figure: Any, lines: Sequence[str], level: float, place: Place) -> Figure:
    """Add the title and the legend."""
    figure.suptitle("\n".join(filter(None, lines)), x=0.01, ha="left", fontsize="medium")
    _add_legend(figure, level)
    return place.save(figure)


def plot_likelihood_ratios(tests: Sequence[RatioTest], place: Place) -> Figure:
    """Draw a histogram of the statistics under the null hypothesis, and the observed one, for each test."""
    size = (6.5, 2.6 * len(tests) + 0.4)
    if len(tests) == 1:
        panels = [place.panel(*size)]
    else:
        figure = place.figure(*size)
        panels = [figure.add_subplot(len(tests), 1, i + 1) for i in range(len(tests))]
        if place.title:
            figure.suptitle(place.title, x=0.01, ha="left", fontsize="medium")
    for axes, test in zip(panels, tests, strict=True):
        _draw_test(axes, test)
    if len(tests) == 1:
        panels[0].set_title(place.headline(panels[0].get_title(loc="left")), loc="left", fontsize="medium")
    panels[-1].set_xlabel("twice the increase of the log-likelihood by one more component")
    return place.save(panels[-1])


def _draw_test(axes: Axes, test: RatioTest) -> None:
    """Draw one test; an arrow points at an observed statistic that lies outside the axes."""
    k, observed, values = test.n_components, test.statistic, test.replicates
    _draw_bars(axes, values, style.GREY)
    low, high = min(float(values.min()), 0.0), float(values.max())
    limit = low + FAR_RANGES * ((high - low) or 1.0)
    axes.set_xlim(low - 0.02 * (limit - low), limit if observed > limit else max(high, observed) + 0.05 * (limit - low))
    axes.set_title(f"{k} against {k + 1} components: p = {test.p_value:.3g}", loc="left", fontsize="medium")
    axes.set_ylabel(f"{len(values)} replicates", fontsize="small")
    text = f"observed: {style.format_number(observed)}"
    accent = style.COLOURS[2]
    if observed > limit:
        arrow = {"arrowstyle": "->", "color": accent, "linewidth": 1.6}
        frame: dict[str, Any] = {
            "xycoords": "axes fraction",
            "textcoords": "axes fraction",
            "va": "center",
            "ha": "right",
        }
        axes.annotate(text, (0.995, 0.5), (0.9, 0.5), color=accent, arrowprops=arrow, **frame)
        return
    axes.axvline(observed, color=accent, linewidth=1.8, zorder=4)
    right = observed < sum(axes.get_xlim()) / 2
    placing: dict[str, Any] = {
        "textcoords": "offset points",
        "va": "top",
        "ha": "left" if right else "right",
        "zorder": 5,
    }
    background = {"facecolor": style.background_colour(), "edgecolor": "none", "alpha": 0.8, "pad": 1.5}
    axes.annotate(
        text,
        (observed, 0.97),
        (5 if right else -5, 0),
        color=accent,
        bbox=background,
        xycoords=axes.get_xaxis_transform(),
        **placing,
    )
