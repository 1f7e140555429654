"""The picture of merged components: the entropy against the number of clusters, and where it bends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import Array
from mixtura.plotting import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def entropies(entropy: Array, moved: Array, suggested: int, path: str | Path | None) -> Figure:
    """Draw the entropy with 1, 2, ... clusters; ``moved`` is how many rows all merges to so many concerned."""
    target = style.checked_path(path)
    figure = style.new_figure(9, 4.2, shown=target is None)
    left, right = figure.subplots(1, 2, sharey=True)
    clusters = np.arange(1, len(entropy) + 1)
    for axes, places, name in ((left, clusters, "clusters"), (right, moved, "rows merged so far")):
        axes.plot(places, entropy, "o-", color=style.COLOURS[0], linewidth=1.4, markersize=5, zorder=3)
        axes.plot(places[suggested - 1], entropy[suggested - 1], **_ring())
        axes.set_xlabel(name)
        axes.grid(axis="y", alpha=0.25, linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    left.xaxis.set_major_locator(style.require("matplotlib.ticker").MaxNLocator(integer=True))
    left.set_ylabel("entropy of the assignment (nats)")
    low, high = float(entropy.min()), float(entropy.max())
    left.set_ylim(low - 0.09 * ((high - low) or 1), high + 0.12 * ((high - low) or 1))
    if len(entropy) > 2:
        _lines(right, moved, entropy, suggested - 1)
    _numbers(right, moved, entropy)
    plural = "" if suggested == 1 else "s"
    figure.suptitle(f"{suggested} cluster{plural} suggested, of {len(entropy)}", x=0.01, ha="left", fontsize="medium")
    return style.saved(figure, target)


def _ring() -> dict[str, Any]:
    """How the suggestion looks."""
    ink = style.ink()
    return {
        "marker": "o",
        "linestyle": "none",
        "markersize": 13,
        "markerfacecolor": "none",
        "markeredgecolor": ink,
        "markeredgewidth": 1.4,
        "zorder": 4,
        "label": "suggested",
    }


def _lines(axes: Axes, moved: Array, entropy: Array, bend: int) -> None:
    """The two straight lines that fit best."""
    for part in (slice(None, bend + 1), slice(bend, None)):
        slope, height = np.polyfit(moved[part], entropy[part], 1) if np.ptp(moved[part]) else (0.0, entropy[bend])
        ends = moved[part][[0, -1]]
        axes.plot(ends, height + slope * ends, "--", color=style.COLOURS[2], linewidth=1.4, zorder=2)
    line = style.require("matplotlib.lines").Line2D
    key = line([], [], color=style.COLOURS[2], linestyle="--", label="two straight lines")
    ring = line([], [], **_ring() | {"markersize": 10})
    axes.legend(handles=[key, ring], loc="upper right", frameon=False, fontsize="small")


def _numbers(axes: Axes, moved: Array, entropy: Array) -> None:
    """How many clusters each point stands for; those that would lie on the one before are left out."""
    reach = np.ptp(moved) or 1.0
    last = np.inf
    for number in range(1, len(entropy) + 1):
        place = float(moved[number - 1])
        if abs(place - last) > 0.035 * reach:
            how: dict[str, Any] = {"xytext": (6, 6), "textcoords": "offset points", "fontsize": "small"}
            axes.annotate(str(number), (place, float(entropy[number - 1])), **how)
            last = place
