"""`mixtura.plot`: a picture of a mixture and its data in one, two or more dimensions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mixtura.errors import ParameterError
from mixtura.mixture import Mixture
from mixtura.plotting import style
from mixtura.plotting.panels import Labels, component_handles, components, line_handles
from mixtura.plotting.surfaces import boundaries, density, density_handles, region_handles, regions
from mixtura.plotting.uncertainty import uncertainty_handles, uncertainty_points
from mixtura.plotting.view import View

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


# More points than this only hide each other, and make SVG files heavy.
MOST_ROWS = 20_000
# More columns than this make pairs too small to read.
MOST_COLUMNS = 6


class Fitted(Protocol):
    """A mixture that was fitted, and what the title of its picture says."""

    @property
    def mixture(self) -> Mixture:
        """The mixture."""

    @property
    def model(self) -> str:
        """Name of the covariance model."""

    @property
    def loglik(self) -> float:
        """Total log-likelihood."""

    @property
    def bic(self) -> float:
        """Bayesian information criterion."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a picture shows: how one or two columns are drawn, what the legend says, and what the title must admit."""

    draw: Callable[[Axes, View, Sequence[int], Labels, float], None]
    handles: Callable[[View], Sequence[Artist]]
    without_noise: bool = False


def _classified(view: View) -> Sequence[Artist]:
    """Entries of a legend for components, ellipses and curves."""
    return component_handles(view.mixture) + line_handles(len(view.columns))


def _bounded(view: View) -> Sequence[Artist]:
    """Entries of a legend for components on a shaded ground."""
    patch = style.require("matplotlib.patches").Patch
    ground = patch(facecolor=style.colour(0), alpha=0.22, label="ground: most probable\nby these columns")
    curves = line_handles(1) if len(view.columns) != 2 else []
    return [*component_handles(view.mixture), *curves, *([ground] if len(view.mixture.all_weights) > 1 else [])]


KINDS = {
    "classification": Kind(components, _classified),
    "uncertainty": Kind(uncertainty_points, uncertainty_handles),
    "density": Kind(density, density_handles, without_noise=True),
    "regions": Kind(regions, region_handles, without_noise=True),
    "boundaries": Kind(boundaries, _bounded),
}


def plot(
    what: Fitted | Mixture,
    X: Any = None,
    *,
    kind: str = "classification",
    columns: Sequence[int | str] | None = None,
    probabilities: Sequence[float] = (0.5, 0.75, 0.95),
    ax: Axes | None = None,
    path: str | Path | None = None,
) -> Figure:
    """Draw a fit or a mixture, and the data if given.

    Of one or two columns there is one picture; of more, one of each pair, with the columns themselves on the diagonal.

    "classification": points have the colour and marker of their most probable component, with means, and ellipses at
    1 and 2 standard deviations; of one column a histogram, each component's density times its weight, and their sum.
    "uncertainty": the same points, the larger the less certain. "density": contour lines. "regions": highest-density
    regions, filled. "boundaries": a ground that shows which component is most probable where, by the columns drawn.

    Parameters
    ----------
    what : Fit or Mixture
    X : array-like or table of shape (n, d), or a Source, optional
        Of more than 20,000 rows, 20,000 are drawn (at random, but always the same), and the picture says so.
    kind : {"classification", "uncertainty", "density", "regions", "boundaries"}
        See above. Densities and regions are those of the components: noise is left out of them.
    columns : sequence of int or str, optional
        Draw the marginal of these columns. Without it, of more than six columns the six are drawn in which the
        components differ most, and the picture says so. Points are always coloured by all columns.
    probabilities : sequence of float
        Of the regions; see `mixtura.hdr_levels`.
    ax : matplotlib Axes, optional
        Where to draw one or two columns; without it there is a new figure.
    path : str or Path, optional
        Save as this .png, .svg or .pdf, too. The file is replaced only once the new one is complete.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ParameterError
        If the kind, a column or the path's format is unknown, a probability is none, or ``ax`` is given for more
        than two columns.
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
    view = View.of(mixture, X, columns, most_columns=MOST_COLUMNS, most_rows=MOST_ROWS)
    return picture(view, view.labels(mixture), title(what), kind=kind, probabilities=probabilities, ax=ax, path=path)


def picture(
    view: View,
    labels: Labels,
    head: str,
    *,
    kind: str,
    probabilities: Sequence[float],
    ax: Axes | None,
    path: str | Path | None,
) -> Figure:
    """Draw what a view shows; ``labels`` are its rows' components, ``head`` is the first line of the title."""
    target = style.checked_path(path)
    chosen = _kind(kind)
    view = replace(view, probabilities=_probabilities(probabilities))
    without = ("components alone, without the noise",) if chosen.without_noise and view.mixture.noise else ()
    lines = "\n".join([head, *without, *view.notes])
    if len(view.columns) <= 2:
        figure = _single(chosen, view, labels, lines, ax, shown=target is None)
    elif ax is None:
        figure = _pairs(chosen, view, labels, lines, shown=target is None)
    else:
        raise ParameterError(
            f"ax holds one picture, but {len(view.columns)} columns make several: "
            "leave ax out, or choose one or two with columns="
        )
    return style.saved(figure, target)


def _kind(name: str) -> Kind:
    """A kind of picture by its name."""
    if name not in KINDS:
        raise ParameterError(f"kind is {name!r}; expected one of {', '.join(map(repr, KINDS))}")
    return KINDS[name]


def _probabilities(given: Sequence[float]) -> tuple[float, ...]:
    """Checked probabilities of regions, the smallest first."""
    values = tuple(sorted({float(value) for value in given}))
    if not values or not all(0 < value < 1 for value in values):
        raise ParameterError(f"probabilities are {given!r}; expected numbers between 0 and 1, such as (0.5, 0.95)")
    return values


def title(what: Fitted | Mixture) -> str:
    """What is drawn, in one line."""
    k = (what if isinstance(what, Mixture) else what.mixture).n_components
    count = f"{k} component{'s' if k > 1 else ''}"
    if isinstance(what, Mixture):
        return count
    return f"{count}, {what.model}, log-likelihood {style.number(what.loglik)}, BIC {style.number(what.bic)}"


def _single(kind: Kind, view: View, labels: Labels, head: str, ax: Axes | None, *, shown: bool) -> Figure:
    """One or two columns; the legend stands beside them, or inside where the axes are the user's."""
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
    axes.set_title(head, loc="left", fontsize="medium")
    return figure


def _pairs(kind: Kind, view: View, labels: Labels, head: str, *, shown: bool) -> Figure:
    """The lower triangle of all pairs, with the marginals on the diagonal and the legend in the empty corner."""
    count = len(view.columns)
    side = (1.6 if count > 4 else 2.1) * count + 0.6
    figure = style.new_figure(side, side, shown=shown)
    cells = figure.add_gridspec(count, count)
    for i, j in ((row, column) for row in range(count) for column in range(row + 1)):
        axes = figure.add_subplot(cells[i, j])
        shown_here = (view.columns[j],) if i == j else (view.columns[j], view.columns[i])
        kind.draw(axes, view, shown_here, labels, 0.7 if count < 5 else 0.6)
        _quiet(axes, left=j == 0 and i > 0, bottom=i == count - 1, density=i == j)
    figure.align_labels()
    figure.suptitle(head, x=0.01, ha="left", fontsize="medium")
    figure.legend(handles=kind.handles(view), loc="upper right", frameon=False, fontsize="small")
    return figure


def _quiet(axes: Axes, *, left: bool, bottom: bool, density: bool) -> None:
    """Few ticks, and labels only at the left and at the bottom of all pairs."""
    axes.locator_params(nbins=3)
    axes.tick_params(labelleft=left, labelbottom=bottom, labelsize="small")
    if density:
        axes.set_yticks([])
    axes.set_xlabel(axes.get_xlabel() if bottom else "", fontsize="small")
    axes.set_ylabel(axes.get_ylabel() if left else "", fontsize="small")
