"""Draw the loadings of directions as bars: how much each column contributes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mixtura._support import Array
from mixtura.plotting import style
from mixtura.plotting.place import Place

if TYPE_CHECKING:
    from matplotlib.figure import Figure


# More bars or panels than these are hard to read.
MAX_BARS, MAX_PANELS = 20, 4


def plot_loadings(
    loadings: Array,
    columns: Sequence[str],
    directions: Sequence[str],
    place: Place,
) -> Figure:
    """Draw a panel of bars for each direction, with the same order of columns.

    Parameters
    ----------
    loadings : ndarray of shape (d, r)
        Of at most four directions and twenty columns: those with the largest entries, if there are more.
    columns, directions : sequence of str
        Their names.
    place : Place
    """
    d, r = len(loadings), min(loadings.shape[1], MAX_PANELS)
    shown = np.sort(np.argsort(-np.abs(loadings[:, :r]).max(axis=1), kind="stable")[:MAX_BARS])
    figure = place.figure(1.6 + 2.2 * r, 1.2 + 0.28 * len(shown))
    panels = figure.subplots(1, r, sharey=True, sharex=True, squeeze=False)[0]
    for axes, values, name in zip(panels, loadings[shown].T, directions, strict=False):
        colours = [style.COLOURS[0] if value >= 0 else style.COLOURS[6] for value in values]
        axes.barh(np.arange(len(shown)), values, color=colours, height=0.7, zorder=2)
        axes.axvline(0, color=style.text_colour(), linewidth=0.8, zorder=3)
        axes.set_title(style.wrap_text(name), fontsize="medium", loc="left")
        axes.grid(axis="x", alpha=0.25, linewidth=0.6)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(left=False)
    panels[0].set_yticks(np.arange(len(shown)), [style.wrap_text(columns[j], 28, lines=1) for j in shown])
    panels[0].set_ylim(len(shown) - 0.4, -0.6)  # the first column is at the top
    limit = float(np.abs(loadings[shown, :r]).max())
    panels[0].set_xlim(-1.08 * limit, 1.08 * limit)
    figure.supxlabel("standardised loading", fontsize="medium")
    every = loadings.shape[1]
    left_out = [f"{MAX_BARS} of {d} columns: those of largest loadings"] if d > MAX_BARS else []
    left_out += [f"{r} of {every} directions: those in which components differ most"] if every > r else []
    title = place.headline("Contribution of each column, in standard deviations")
    figure.suptitle("\n".join([title, *left_out]), x=0.01, ha="left", fontsize="medium")
    return place.save(figure)
