"""`mixtura.plot`: a picture of a mixture and its data in one, two or more dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mixtura import style
from mixtura.errors import ParameterError
from mixtura.mixture import Mixture
from mixtura.panels import component_handles, line_handles, panel
from mixtura.result import Fit
from mixtura.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# More points than this only hide each other, and make SVG files heavy.
MOST_ROWS = 20_000
# More columns than this make pairs too small to read.
MOST_COLUMNS = 6


def plot(
    what: Fit | Mixture,
    X: Any = None,
    *,
    columns: Sequence[int | str] | None = None,
    ax: Axes | None = None,
    path: str | Path | None = None,
) -> Figure:
    """Draw a fit or a mixture, and the data if given.

    One dimension: histogram, each component's density times its weight, and their sum. Two: points coloured by their
    most probable component, means, and ellipses at 1 and 2 standard deviations. More: a picture of each pair of
    columns, with the marginals on the diagonal. Components differ by colour and by marker.

    Parameters
    ----------
    what : Fit or Mixture
    X : array-like or table of shape (n, d), or a Source, optional
        Of more than 20,000 rows, 20,000 are drawn (at random, but always the same), and the picture says so.
    columns : sequence of int or str, optional
        Draw the marginal of these columns. Without it, of more than six columns the six are drawn in which the
        components differ most, and the picture says so. Points are always coloured by all columns.
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
        If a column or the path's format is unknown, or ``ax`` is given for more than two columns.
    DataError
        If X does not fit the mixture.
    MissingExtraError
        If Matplotlib is not installed.

    Examples
    --------
    >>> import tempfile
    >>> import mixtura
    >>> from mixtura.plot import plot
    >>> X = [0.0, 0.2, 0.4, 5.0, 5.2, 5.4]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "two.png")
    ...     figure = plot(mixtura.fit(X, 2, seed=0), X, path=file)
    ...     file.exists()
    True
    """
    mixture = what.mixture if isinstance(what, Fit) else what
    target = style.checked_path(path)
    view = View.of(mixture, X, columns, most_columns=MOST_COLUMNS, most_rows=MOST_ROWS)
    title = "\n".join([_title(what), *view.notes])
    if len(view.columns) <= 2:
        figure = _single(view, title, ax, shown=target is None)
    elif ax is None:
        figure = _pairs(view, title, shown=target is None)
    else:
        raise ParameterError(
            f"ax holds one picture, but {len(view.columns)} columns make several: "
            "leave ax out, or choose one or two with columns="
        )
    return style.saved(figure, target)


def _title(what: Fit | Mixture) -> str:
    """What is drawn, in one line."""
    k = (what.mixture if isinstance(what, Fit) else what).n_components
    count = f"{k} component{'s' if k > 1 else ''}"
    if not isinstance(what, Fit):
        return count
    return f"{count}, {what.model}, log-likelihood {style.number(what.loglik)}, BIC {style.number(what.bic)}"


def _single(view: View, title: str, ax: Axes | None, *, shown: bool) -> Figure:
    """One or two columns; the legend stands beside them, or inside where the axes are the user's."""
    figure: Figure
    handles = component_handles(view.mixture) + line_handles(len(view.columns))
    if ax is None:
        figure = style.new_figure(7.5, 4.5, shown=shown)
        axes = figure.add_subplot()
        figure.legend(handles=handles, loc="outside right upper", frameon=False)
    else:
        axes, figure = ax, ax.figure.figure  # axes may lie in a subfigure, whose figure is the whole
        axes.legend(handles=handles, loc="upper right", fontsize="small")
    _draw(axes, view, view.columns, view.labels(view.mixture))
    axes.set_title(title, loc="left", fontsize="medium")
    return figure


def _pairs(view: View, title: str, *, shown: bool) -> Figure:
    """The lower triangle of all pairs, with the marginals on the diagonal and the legend in the empty corner."""
    count = len(view.columns)
    side = (1.6 if count > 4 else 2.1) * count + 0.6
    figure = style.new_figure(side, side, shown=shown)
    cells = figure.add_gridspec(count, count)
    labels = view.labels(view.mixture)
    for i, j in ((row, column) for row in range(count) for column in range(row + 1)):
        axes = figure.add_subplot(cells[i, j])
        shown_here = (view.columns[j],) if i == j else (view.columns[j], view.columns[i])
        _draw(axes, view, shown_here, labels, size=0.7 if count < 5 else 0.6)
        _quiet(axes, left=j == 0 and i > 0, bottom=i == count - 1, density=i == j)
    figure.align_labels()
    figure.suptitle(title, x=0.01, ha="left", fontsize="medium")
    handles = component_handles(view.mixture) + line_handles(count)
    figure.legend(handles=handles, loc="upper right", frameon=False, fontsize="small")
    return figure


def _draw(axes: Axes, view: View, columns: Sequence[int], labels: NDArray[np.int64], size: float = 1) -> None:
    """One or two columns of the mixture, in these axes."""
    k = view.mixture.n_components
    panel(axes, view, columns, k=k, deviations=(1, 2), size=size)(view.mixture, labels, range(k))


def _quiet(axes: Axes, *, left: bool, bottom: bool, density: bool) -> None:
    """Few ticks, and labels only at the left and at the bottom of all pairs."""
    axes.locator_params(nbins=3)
    axes.tick_params(labelleft=left, labelbottom=bottom, labelsize="small")
    if density:
        axes.set_yticks([])
    axes.set_xlabel(axes.get_xlabel() if bottom else "", fontsize="small")
    axes.set_ylabel(axes.get_ylabel() if left else "", fontsize="small")
