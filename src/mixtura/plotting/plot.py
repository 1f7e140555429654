"""Draw a mixture and its data in one, two or more columns: `mixtura.plot`."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mixtura.errors import ParameterError
from mixtura.mixture import Mixture
from mixtura.plotting import style
from mixtura.plotting.artists import RowLabels
from mixtura.plotting.boundaries import BACKGROUND_ALPHA, draw_boundaries
from mixtura.plotting.layout import PlotKind, draw_pairs, draw_single
from mixtura.plotting.panels import draw_components, line_handles, view_handles
from mixtura.plotting.place import Place
from mixtura.plotting.subjects import drawn_mixture
from mixtura.plotting.surfaces import density_handles, draw_density, draw_regions, region_handles
from mixtura.plotting.uncertainty import draw_uncertainty, uncertainty_handles
from mixtura.plotting.view import View, as_colours

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


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


def _classification_handles(view: View) -> Sequence[Artist]:
    """Legend entries for components, ellipses and curves."""
    return view_handles(view) + line_handles(len(view.columns))


def _boundary_handles(view: View) -> Sequence[Artist]:
    """Legend entries for components on a background coloured by the most probable one."""
    patch = style.require("matplotlib.patches").Patch
    label = "background, numbers:\nmost probable component\ngiven these columns"
    background = patch(facecolor=style.component_colour(0, view.colours), alpha=BACKGROUND_ALPHA, label=label)
    curves = line_handles(1) if len(view.columns) != 2 else []
    return [*view_handles(view), *curves, *([background] if len(view.mixture.all_weights) > 1 else [])]


PLOT_KINDS = {
    "classification": PlotKind(draw_components, _classification_handles),
    "uncertainty": PlotKind(draw_uncertainty, uncertainty_handles),
    "density": PlotKind(draw_density, density_handles, omits_noise=True),
    "regions": PlotKind(draw_regions, region_handles, omits_noise=True),
    "boundaries": PlotKind(draw_boundaries, _boundary_handles),
}


def plot(
    what: FittedMixture | Mixture | Any,
    X: Any = None,
    *,
    kind: str = "classification",
    columns: Sequence[int | str] | None = None,
    probabilities: Sequence[float] = (0.5, 0.75, 0.95),
    log: Sequence[int | str] | str | bool = (),
    title: str | None = None,
    colors: Sequence[Any] | None = None,
    figsize: tuple[float, float] | None = None,
    ax: Axes | SubFigure | None = None,
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
    what : Fit, Mixture, Selection or fitted estimator
        An estimator is a `mixtura.GaussianMixture`, a `mixtura.MixtureClassifier` or scikit-learn's GaussianMixture; of
        a selection the best fit is drawn.
    X : array-like or table of shape (n, d), or a Source, optional
        Rows to draw; a fixed random sample of 20,000 if there are more, which the title says.
    kind : {"classification", "uncertainty", "density", "regions", "boundaries"}
        What to draw, as above. Densities and regions leave noise out.
    columns : sequence of int or str, optional
        Columns to draw; default: all, or of more than six those in which the components differ most, which the title
        says. The component of a row is the most probable one given all columns.
    probabilities : sequence of float
        Probabilities of the highest-density regions; see `mixtura.Mixture.hdr_levels`.
    log : sequence of int or str, str, or bool
        Columns whose axes are logarithmic; True for all. The mixture remains that of the original values: its density
        is per unit of these, and its ellipses become bent.
    title : str, optional
        In place of the line that describes the mixture; "" for none.
    colors : sequence of colours, optional
        One for each component; default: ten that differ for colour-blind people, too.
    figsize : (float, float), optional
        Width and height of a new figure, in inches.
    ax : matplotlib Axes or SubFigure, optional
        Axes for one or two columns, a subfigure for more; default: a new figure.
    path : str or Path, optional
        Save the figure as this .png, .svg or .pdf, too. An older file is replaced only once the new one is complete.

    Returns
    -------
    matplotlib.figure.Figure
        Without ``path`` and ``ax`` it is a figure of pyplot: ``pyplot.show()`` shows it, and a notebook shows it once.

    Raises
    ------
    ParameterError
        If ``what`` has no mixture, the kind, a column, a colour or the path's format is unknown, a probability is not
        between 0 and 1, a column of ``log`` has no positive values, or ``ax`` is axes and more than two columns are
        drawn.
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
    mixture = drawn_mixture(what)
    view = View.from_data(mixture, X, columns, max_columns=MAX_DRAWN_COLUMNS, max_rows=MAX_DRAWN_ROWS)
    look: dict[str, Any] = {"log": log, "title": title, "colors": colors, "figsize": figsize, "ax": ax, "path": path}
    return draw_view(view, view.labels(mixture), title_line(what), kind=kind, probabilities=probabilities, **look)


def draw_view(
    view: View,
    labels: RowLabels,
    first_line: str,
    *,
    kind: str,
    probabilities: Sequence[float],
    log: Sequence[int | str] | str | bool = (),
    title: str | None = None,
    colors: Sequence[Any] | None = None,
    figsize: tuple[float, float] | None = None,
    ax: Axes | SubFigure | None = None,
    path: str | Path | None = None,
) -> Figure:
    """Draw a view; ``labels`` are the components of its rows, ``first_line`` is that of the title unless given.

    The other parameters are those of `plot`.
    """
    place = Place.of(ax, figsize, title, path)
    chosen = as_plot_kind(kind)
    view = replace(view.with_log_axes(log), colours=as_colours(colors, view.mixture.n_components))
    view = replace(view, probabilities=as_probabilities(probabilities))
    return _draw(chosen, view, labels, first_line, place)


def _draw(kind: PlotKind, view: View, labels: RowLabels, first_line: str, place: Place) -> Figure:
    """Draw a view, of which everything is checked."""
    without = ("components without the noise",) if kind.omits_noise and view.mixture.noise else ()
    lines = "\n".join(filter(None, [place.headline(first_line), *without, *view.notes]))
    draw = draw_single if len(view.columns) <= 2 else draw_pairs
    return draw(kind, view, labels, lines, place)


def plot_png(what: FittedMixture | Mixture | Any, X: Any) -> bytes:
    """The picture that `plot` draws by default, as a PNG in memory.

    It is no figure of pyplot, which keeps its figures, and opens windows in the main thread alone.
    """
    mixture = drawn_mixture(what)
    view = View.from_data(mixture, X, None, max_columns=MAX_DRAWN_COLUMNS, max_rows=MAX_DRAWN_ROWS)
    place, memory = Place(shown=False), io.BytesIO()
    _draw(PLOT_KINDS["classification"], view, view.labels(mixture), title_line(what), place).savefig(memory)
    return memory.getvalue()


def as_plot_kind(name: str) -> PlotKind:
    """Kind of picture with this name; ParameterError if there is none."""
    if not isinstance(name, str) or name not in PLOT_KINDS:
        raise ParameterError(f"kind is {name!r}; expected one of {', '.join(map(repr, PLOT_KINDS))}")
    return PLOT_KINDS[name]


def as_probabilities(given: Sequence[float]) -> tuple[float, ...]:
    """Checked probabilities of highest-density regions, ascending and without duplicates."""
    try:
        values = tuple(sorted({float(value) for value in given}))
    except (TypeError, ValueError):  # no sequence, or no numbers
        values = ()
    if not values or not all(0 < value < 1 for value in values):
        raise ParameterError(f"probabilities are {given!r}; expected numbers between 0 and 1, such as (0.5, 0.95)")
    return values


def title_line(what: FittedMixture | Mixture | Any) -> str:
    """First line of the title: number of components and, of a fit, its model, log-likelihood and BIC."""
    k = drawn_mixture(what).n_components
    count = f"{k} component{'s' if k > 1 else ''}"
    what = getattr(what, "best", what)  # the best fit of a selection
    if isinstance(what, Mixture) or not hasattr(what, "loglik"):
        return count
    return (
        f"{count}, {what.model}, log-likelihood {style.format_number(what.loglik)}, BIC {style.format_number(what.bic)}"
    )
