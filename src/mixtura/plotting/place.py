"""Where a picture is drawn: in axes or a subfigure of the user's, or in a new figure, which may be saved."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixtura.errors import ParameterError
from mixtura.plotting import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a picture is drawn, and its title.

    Attributes
    ----------
    ax : matplotlib Axes or SubFigure, or None
    figsize : (float, float) or None
        Width and height of a new figure in inches, in place of the picture's own.
    title : str or None
        In place of the picture's own title.
    target : Path or None
        File in which the figure is saved.
    shown : bool
        Whether a new figure is one of pyplot's.
    """

    ax: Any = None
    figsize: tuple[float, float] | None = None
    title: str | None = None
    target: Path | None = None
    shown: bool = True

    @classmethod
    def of(
        cls,
        ax: Axes | SubFigure | None,
        figsize: tuple[float, float] | None,
        title: str | None,
        path: str | Path | None,
    ) -> Place:
        """The place that a user asks for; the path is checked before anything is drawn."""
        target = style.as_picture_path(path)
        return cls(ax, figsize, title, target, shown=target is None)

    @property
    def has_room(self) -> bool:
        """Whether axes can be added: to a new figure, or to the user's subfigure."""
        return self.ax is None or hasattr(self.ax, "add_gridspec")

    def figure(self, width: float, height: float) -> Any:
        """The user's subfigure, or a new figure, for several panels; the size is in inches."""
        if self.ax is None:
            return style.new_figure(*(self.figsize or (width, height)), shown=self.shown)
        if not self.has_room:
            raise ParameterError(
                "ax has room for one panel, but this picture needs several: leave ax out, or pass a SubFigure"
            )
        return self.ax

    def panel(self, width: float, height: float) -> Axes:
        """The user's axes, or those of a new figure of this size or of the user's subfigure."""
        axes: Axes = self.figure(width, height).add_subplot() if self.has_room else self.ax
        return axes

    def headline(self, own: str) -> str:
        """The title that the user gives, or the picture's own."""
        return own if self.title is None else self.title

    def save(self, drawn: Axes | Figure | SubFigure) -> Figure:
        """Save the whole figure if a path is given; return the figure."""
        within: Any = drawn.figure  # axes may lie in a subfigure, whose figure is the whole
        return style.save(within.figure, self.target)
