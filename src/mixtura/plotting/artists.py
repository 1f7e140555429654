"""Matplotlib artists of components and rows in two columns, which can be updated to show another mixture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array
from mixtura.mixture import NOISE_LABEL, Mixture
from mixtura.plotting import style
from mixtura.plotting.shading import new_shading
from mixtura.plotting.view import View, ellipse, ellipse_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D


LINE_STYLES = ("-", "--")

# Component of each row, (n,); -1 is noise.
RowLabels = NDArray[np.int64]

# Function that draws the rows in axes, given the component of each.
ShowRows = Callable[[RowLabels], None]


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """Matplotlib artist of one ellipse in two columns; a line of many points where an axis is logarithmic."""

    artist: Any
    deviations: int
    is_ellipse: bool

    @classmethod
    def add_to(
        cls, axes: Axes, component: int, colours: Sequence[str], deviations: int, *, line: str, size: float
    ) -> Outline:
        """Make the artist and add it to axes; ``update`` places it."""
        look = style.outline_style(component, size, colours) | {"linestyle": line}
        if "log" not in (axes.get_xscale(), axes.get_yscale()):
            patch = style.require("matplotlib.patches").Ellipse
            return cls(axes.add_patch(patch((0, 0), 1, 1, **look)), deviations, is_ellipse=True)
        look["color"] = look.pop("edgecolor")
        del look["fill"]
        return cls(axes.plot([], [], **look)[0], deviations, is_ellipse=False)

    def update(self, mixture: Mixture, component: int) -> None:
        """Place the artist around a component of a mixture in two columns."""
        if self.is_ellipse:
            self.artist.set(**ellipse(mixture, component, self.deviations))
        else:
            self.artist.set_data(*ellipse_points(mixture, component, self.deviations).T)


@dataclass(frozen=True, slots=True, eq=False)
class ComponentArtists:
    """Matplotlib artists of one component in two columns: its ellipses and its mean."""

    ellipses: tuple[Outline, ...]
    mean: Line2D

    @classmethod
    def add_to(
        cls,
        axes: Axes,
        component: int,
        colours: Sequence[str],
        deviations: Sequence[int],
        *,
        size: float,
        numbered: bool,
    ) -> ComponentArtists:
        """Make the artists of a component and add them to axes; ``update`` places them."""
        ellipses = [
            Outline.add_to(axes, component, colours, deviation, line=line, size=size)
            for deviation, line in zip(deviations, LINE_STYLES, strict=False)
        ]
        mean = axes.plot([], [], **style.mean_style(component, size, colours, numbered=numbered))[0]
        return cls(tuple(ellipses), mean)

    def update(self, mixture: Mixture, component: int) -> None:
        """Place the artists: ``component`` of ``mixture``, which has two columns."""
        self.mean.set_data(mixture.means[component, :1], mixture.means[component, 1:])
        for curve in self.ellipses:
            curve.update(mixture, component)

    def set_visible(self, *, visible: bool) -> None:
        """Show or hide all artists."""
        for artist in (self.mean, *(curve.artist for curve in self.ellipses)):
            artist.set_visible(visible)


def new_dots(axes: Axes, points: Array, view: View, groups: Sequence[int], size: float) -> ShowRows:
    """Function that draws rows as points, in the colour and with the marker of their component, or of noise."""
    dots = {
        j: axes.plot(
            [],
            [],
            **(
                style.noise_point_style(len(points), size)
                if j == NOISE_LABEL
                else style.point_style(j, len(points), size, view.colours)
            ),
        )[0]
        for j in groups
    }

    def show(labels: RowLabels) -> None:
        for j, line in dots.items():
            line.set_data(*points[labels == j].T)

    return show


def new_shaded_rows(axes: Axes, points: Array, view: View, groups: Sequence[int], size: float) -> ShowRows:
    """Function that draws rows as shaded bins, in the mean colour of their components."""
    colours = [style.GREY if j == NOISE_LABEL else style.component_colour(j, view.colours) for j in groups]
    shade = new_shading(axes, points, colours, size)

    def show(labels: RowLabels) -> None:
        shade([labels == j for j in groups])

    return show
