"""Draw a mixture and its data in one, two or more columns: `mixtura.plot`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mixtura.errors import ParameterError
from mixtura.mixture import Mixture
from mixtura.plotting import style
from mixtura.plotting.panels import RowLabels, component_handles, draw_components, line_handles
from mixtura.plotting.surfaces import density_handles, draw_boundaries, draw_density, draw_regions, region_handles
from mixtura.plotting.uncertainty import draw_uncertainty, uncertainty_handles
from mixtura.plotting.view import View

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


# More points than this hide each other, and make SVG files large.
MAX_DRAWN_ROWS = 20_000
# More columns than this make the panels of pairs too small to read.
MAX_DRAWN_COLUMNS = 6


class FittedMixture(Protocol):
    """Protocol of a fit, with what a picture and its title show."""

    @property
    def mixture(self) -> Mixture:
        """Fitted mixture."""

    @property
    def model(self) -> object:
        """Model, whose text is the name of its covariance model."""

    @property
    def loglik(self) -> float:
        """Total log-likelihood of the rows."""

    @property
    def bic(self) -> float:
        """Bayesian information criterion."""


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


def _classification_handles(view: View) -> Sequence[Artist]:
    """Legend entries for components, ellipses and curves."""
    return component_handles(view.mixture) + line_handles(len(view.columns))


def _boundary_handles(view: View) -> Sequence[Artist]:
    """Legend entries for components on a background coloured by the most probable one."""
    patch = style.require("matplotlib.patches").Patch
    label = "background: most probable\ngiven these columns"
    background = patch(facecolor=style.component_colour(0), alpha=0.22, label=label)
    curves = line_handles(1) if len(view.columns) != 2 else []
    return [*component_handles(view.mixture), *curves, *([background] if len(view.mixture.all_weights) > 1 else [])]


PLOT_KINDS = {
    "classification": PlotKind(draw_components, _classification_handles),
    "uncertainty": PlotKind(draw_uncertainty, uncertainty_handles),
    "density": PlotKind(draw_density, density_handles, omits_noise=True),
    "regions": PlotKind(draw_regions, region_handles, omits_noise=True),
    "boundaries": PlotKind(draw_boundaries, _boundary_handles),
}


def plot(
    what: FittedMixture | Mixture,
    X: Any = None,
    *,
    kind: str = "classification",
    columns: Sequence[int | str] | None = None,
    probabilities: Sequence[float] = (0.5, 0.75, 0.95),
    ax: Axes | None = None,
    path: str | Path | None = None,
) -> Figure:
    """Draw a fit or a mixture, and its data if given.

    One or two columns are drawn in one panel. More are drawn in pairs, with each column alone on the diagonal.

    "classification": points with the colour and marker of their most probable component, means, and ellipses at 1 and
    2 standard deviations; of one column a histogram, the density of each component times its weight, and their sum.
    "uncertainty": points whose size grows with the uncertainty of their component. "density": contour lines.
    "regions": filled highest-density regions. "boundaries": a background coloured by the component that is most
    probable given the columns drawn.

    Parameters
    ----------
    what : Fit or Mixture
    X : array-like or table of shape (n, d), or a Source, optional
        Rows to draw; a fixed random sample of 20,000 if there are more, which the title says.
    kind : {"classification", "uncertainty", "density", "regions", "boundaries"}
        What to draw, as above. Densities and regions leave noise out.
    columns : sequence of int or str, optional
        Columns to draw; default: all, or of more than six those in which the components differ most, which the title
        says. The component of a row is the most probable one given all columns.
    probabilities : sequence of float
        Probabilities of the highest-density regions; see `mixtura.Mixture.hdr_levels`.
    ax : matplotlib Axes, optional
        Axes for one or two columns; default: those of a new figure.
    path : str or Path, optional
        Save the figure as this .png, .svg or .pdf, too. An older file is replaced only once the new one is complete.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ParameterError
        If the kind, a column or the path's format is unknown, a probability is not between 0 and 1, or ``ax`` is given
        for more than two columns.
    DataError
        If X does not fit the mixture.
    MissingExtraError
        If Matplotlib is not installed.

    Examples
    --------
    >>> import tempfile
    >>> import mixtura
    >>> X = [0.0, 0.2, 0.4, 5.0, 5.2, 5.4]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "two.png")
    ...     figure = mixtura.plot(mixtura.fit(X, 2, seed=0), X, path=file)
    ...     file.exists()
    True
    """
    mixture = what if isinstance(what, Mixture) else what.mixture
    view = View.from_data(mixture, X, columns, max_columns=MAX_DRAWN_COLUMNS, max_rows=MAX_DRAWN_ROWS)
    return draw_view(
        view, view.labels(mixture), title_line(what), kind=kind, probabilities=probabilities, ax=ax, path=path
    )


def draw_view(
    view: View,
    labels: RowLabels,
    first_line: str,
    *,
    kind: str,
    probabilities: Sequence[float],
    ax: Axes | None,
    path: str | Path | None,
) -> Figure:
    """Draw a view; ``labels`` are the components of its rows, ``first_line`` is that of the title.

    The other parameters are those of `plot`.
    """
    target = style.as_picture_path(path)
    chosen = _as_kind(kind)
    view = replace(view, probabilities=_as_probabilities(probabilities))
    without = ("components without the noise",) if chosen.omits_noise and view.mixture.noise else ()
    lines = "\n".join([first_line, *without, *view.notes])
    if len(view.columns) <= 2:
        figure = _draw_single(chosen, view, labels, lines, ax, shown=target is None)
    elif ax is None:
        figure = _draw_pairs(chosen, view, labels, lines, shown=target is None)
    else:
        raise ParameterError(
            f"ax has room for one panel, but {len(view.columns)} columns need several: "
            "leave ax out, or choose one or two with columns="
        )
    return style.save(figure, target)


def _as_kind(name: str) -> PlotKind:
    """Kind of picture with this name; ParameterError if there is none."""
    if name not in PLOT_KINDS:
        raise ParameterError(f"kind is {name!r}; expected one of {', '.join(map(repr, PLOT_KINDS))}")
    return PLOT_KINDS[name]


def _as_probabilities(given: Sequence[float]) -> tuple[float, ...]:
    """Checked probabilities of highest-density regions, ascending and without duplicates."""
    values = tuple(sorted({float(value) for value in given}))
    if not values or not all(0 < value < 1 for value in values):
        raise ParameterError(f"probabilities are {given!r}; expected numbers between 0 and 1, such as (0.5, 0.95)")
    return values


def title_line(what: FittedMixture | Mixture) -> str:
    """First line of the title: number of components and, of a fit, its model, log-likelihood and BIC."""
    k = (what if isinstance(what, Mixture) else what.mixture).n_components
    count = f"{k} component{'s' if k > 1 else ''}"
    if isinstance(what, Mixture):
        return count
    return (
        f"{count}, {what.model}, log-likelihood {style.format_number(what.loglik)}, BIC {style.format_number(what.bic)}"
    )


def _draw_single(kind: PlotKind, view: View, labels: RowLabels, title: str, ax: Axes | None, *, shown: bool) -> Figure:
    """Draw one or two columns in one panel, with the legend beside it, or inside where the axes are the user's."""
    figure: Figure
    handles = kind.handles(view)
    if ax is None:
        figure = style.new_figure(7.5, 4.5, shown=shown)
        axes = figure.add_subplot()
        figure.legend(handles=handles, loc="outside right upper", frameon=False)
    else:
        axes, figure = ax, ax.figure.figure  # axes may lie in a subfigure, whose figure is the whole
        axes.legend(handles=handles, loc="upper right", fontsize="small")
    kind.draw(axes, view, view.columns, labels, 1.0)
    axes.set_title(title, loc="left", fontsize="medium")
    return figure


def _draw_pairs(kind: PlotKind, view: View, labels: RowLabels, title: str, *, shown: bool) -> Figure:
    """Draw all pairs of columns as a lower triangle, with single columns on the diagonal, and the legend."""
    count = len(view.columns)
    side = (1.6 if count > 4 else 2.1) * count + 0.6
    figure = style.new_figure(side, side, shown=shown)
    cells = figure.add_gridspec(count, count)
    for i, j in ((row, column) for row in range(count) for column in range(row + 1)):
        axes = figure.add_subplot(cells[i, j])
        drawn = (view.columns[j],) if i == j else (view.columns[j], view.columns[i])
        kind.draw(axes, view, drawn, labels, 0.7 if count < 5 else 0.6)
        _reduce_ticks(axes, left=j == 0 and i > 0, bottom=i == count - 1, diagonal=i == j)
    figure.align_labels()
    figure.suptitle(title, x=0.01, ha="left", fontsize="medium")
    figure.legend(handles=kind.handles(view), loc="upper right", frameon=False, fontsize="small")
    return figure


def _reduce_ticks(axes: Axes, *, left: bool, bottom: bool, diagonal: bool) -> None:
    """Reduce ticks, and keep labels only at the left and at the bottom of the whole triangle."""
    axes.locator_params(nbins=3)
    axes.tick_params(labelleft=left, labelbottom=bottom, labelsize="small")
    if diagonal:
        axes.set_yticks([])
    axes.set_xlabel(axes.get_xlabel() if bottom else "", fontsize="small")
    axes.set_ylabel(axes.get_ylabel() if left else "", fontsize="small")
