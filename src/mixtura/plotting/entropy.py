"""Draw the entropy of combined components against the number of clusters, with the suggested number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import Array
from mixtura.plotting import style
from mixtura.plotting.place import Place

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_entropy(entropy: Array, merged_rows: Array, suggested: int, place: Place) -> Figure:
    """Draw the entropy of the assignment to clusters against the number of clusters, and against the rows merged.

    Parameters
    ----------
    entropy : ndarray of shape (k,)
        Entropy with 1, 2, ..., k clusters, in nats.
    merged_rows : ndarray of shape (k,)
        Number of rows in merged clusters, summed over the merges from k clusters to 1, 2, ..., k.
    suggested : int
        Number of clusters to mark; unless it is 1 or k, the two least-squares lines that meet there are drawn, too.
    place : Place
    """
    figure = place.figure(9, 4.2)
    left, right = figure.subplots(1, 2, sharey=True)
    clusters = np.arange(1, len(entropy) + 1)
    for axes, values, name in ((left, clusters, "clusters"), (right, merged_rows, "rows merged so far")):
        axes.plot(values, entropy, "o-", color=style.COLOURS[0], linewidth=1.4, markersize=5, zorder=3)
        axes.plot(values[suggested - 1], entropy[suggested - 1], **_ring_style())
        axes.set_xlabel(name)
        axes.grid(axis="y", alpha=0.25, linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    left.xaxis.set_major_locator(style.require("matplotlib.ticker").MaxNLocator(integer=True))
    left.set_ylabel("entropy of the assignment (nats)")
    low, high = float(entropy.min()), float(entropy.max())
    left.set_ylim(low - 0.09 * ((high - low) or 1), high + 0.12 * ((high - low) or 1))
    if 1 < suggested < len(entropy):
        _draw_two_lines(right, merged_rows, entropy, suggested - 1)
    _number_points(right, merged_rows, entropy)
    plural = "" if suggested == 1 else "s"
    title = place.headline(f"{suggested} cluster{plural} suggested, of {len(entropy)}")
    figure.suptitle(title, x=0.01, ha="left", fontsize="medium")
    return place.save(figure)


def _ring_style() -> dict[str, Any]:
    """Style of the ring around the suggested number of clusters, as keyword arguments of Matplotlib."""
    return {
        "marker": "o",
        "linestyle": "none",
        "markersize": 13,
        "markerfacecolor": "none",
        "markeredgecolor": style.text_colour(),
        "markeredgewidth": 1.4,
        "zorder": 4,
        "label": "suggested",
    }


def _draw_two_lines(axes: Axes, merged_rows: Array, entropy: Array, bend: int) -> None:
    """Draw the least-squares lines to the left and to the right of the bend."""
    for part in (slice(None, bend + 1), slice(bend, None)):
        x, y = merged_rows[part], entropy[part]
        slope, height = np.polyfit(x, y, 1) if np.ptp(x) else (0.0, entropy[bend])
        ends = x[[0, -1]]
        axes.plot(ends, height + slope * ends, "--", color=style.COLOURS[2], linewidth=1.4, zorder=2)
    line = style.require("matplotlib.lines").Line2D
    key = line([], [], color=style.COLOURS[2], linestyle="--", label="two straight lines")
    ring = line([], [], **_ring_style() | {"markersize": 10})
    axes.legend(handles=[key, ring], loc="upper right", frameon=False, fontsize="small")


def _number_points(axes: Axes, merged_rows: Array, entropy: Array) -> None:
    """Write the number of clusters at each point; numbers that would overlap the one before are left out."""
    span = np.ptp(merged_rows) or 1.0
    last = np.inf
    for number in range(1, len(entropy) + 1):
        position = float(merged_rows[number - 1])
        if abs(position - last) > 0.035 * span:
            offset: dict[str, Any] = {"xytext": (6, 6), "textcoords": "offset points", "fontsize": "small"}
            axes.annotate(str(number), (position, float(entropy[number - 1])), **offset)
            last = position
