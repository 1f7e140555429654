"""Lay out a picture of a mixture: one panel for one or two columns, a triangle of panels for more."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mixtura.errors import ParameterError
from mixtura.plotting.artists import RowLabels
from mixtura.plotting.place import Place
from mixtura.plotting.view import View

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


# Characters in a line of the title of a single panel of the usual width.
TITLE_WIDTH = 55


@dataclass(frozen=True, slots=True)
class PlotKind:
    """A kind of picture.

    Attributes
    ----------
    draw : callable
        Draws one or two columns of a view in axes: (axes, view, columns, component of each row, scale of markers).
    handles : callable
        Legend entries for a view.
    omits_noise : bool
        Whether noise is left out, which the title then says.
    """

    draw: Callable[[Axes, View, Sequence[int], RowLabels, float], None]
    handles: Callable[[View], Sequence[Artist]]
    omits_noise: bool = False


def draw_single(kind: PlotKind, view: View, labels: RowLabels, title: str, place: Place) -> Figure:
    """Draw one or two columns in one panel, with the legend beside it, or inside where the axes are the user's."""
    handles = kind.handles(view)
    if place.has_room:
        figure = place.figure(7.5, 4.5)
        axes = figure.add_subplot()
        figure.legend(handles=handles, loc="outside right upper", frameon=False)
        # A longer line would reach into the legend.
        title = "\n".join(part for line in title.split("\n") for part in textwrap.wrap(line, TITLE_WIDTH))
    else:
        axes = place.panel(0, 0)
        axes.legend(handles=handles, loc="best", fontsize="small")
    kind.draw(axes, view, view.columns, labels, 1.0)
    axes.set_title(title, loc="left", fontsize="medium")
    return place.save(axes)


def draw_pairs(kind: PlotKind, view: View, labels: RowLabels, title: str, place: Place) -> Figure:
    """Draw all pairs of columns as a lower triangle, with single columns on the diagonal, and the legend."""
    count = len(view.columns)
    if not place.has_room:
        raise ParameterError(
            f"ax has room for one panel, but {count} columns need several: "
            "leave ax out, pass a SubFigure, or choose one or two with columns="
        )
    side = (1.6 if count > 4 else 2.1) * count + 0.6
    figure = place.figure(side, side)
    cells = figure.add_gridspec(count, count)
    for i, j in ((row, column) for row in range(count) for column in range(row + 1)):
        axes = figure.add_subplot(cells[i, j])
        drawn = (view.columns[j],) if i == j else (view.columns[j], view.columns[i])
        kind.draw(axes, view, drawn, labels, 0.7 if count < 5 else 0.6)
        _reduce_ticks(axes, left=j == 0 and i > 0, bottom=i == count - 1, diagonal=i == j)
    figure.align_labels()
    figure.suptitle(title, x=0.01, ha="left", fontsize="medium")
    figure.legend(handles=kind.handles(view), loc="upper right", frameon=False, fontsize="small")
    return place.save(figure)


def _reduce_ticks(axes: Axes, *, left: bool, bottom: bool, diagonal: bool) -> None:
    """Reduce ticks, and keep labels only at the left and at the bottom of the whole triangle."""
    for axis in (axes.xaxis, axes.yaxis):
        locator: Any = axis.get_major_locator()
        if axis.get_scale() == "linear":
            locator.set_params(nbins=3)
        else:
            axis.minorticks_off()
    axes.tick_params(labelleft=left, labelbottom=bottom, labelsize="small")
    if diagonal:
        axes.set_yticks([])
    axes.set_xlabel(axes.get_xlabel() if bottom else "", fontsize="small")
    axes.set_ylabel(axes.get_ylabel() if left else "", fontsize="small")
