"""What all pictures look like: figures, colours, markers, names."""

from __future__ import annotations

import importlib
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import Array, atomic_write
from mixtura.errors import ParameterError, missing_extra

if TYPE_CHECKING:
    from matplotlib.figure import Figure


FORMATS = (".png", ".svg", ".pdf")

# Petroff (2021), arXiv:2107.02270. Of the usual palettes it keeps ten colours furthest apart for normal sight and for
# simulated protanopia, deuteranopia and tritanopia (least CIE76 distance 17; Okabe-Ito with two more has 7).
COLOURS = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#832db6",
    "#a96b59",
    "#94a4a2",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)
# Visible on light and dark paper, and quieter than any of them.
GREY = "#8c8c8c"

MARKERS = ("o", "^", "s", "D", "v", "P", "X", "<", "*", ">")


def require(module: str) -> Any:
    """Import a module of Matplotlib, which only pictures need.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        raise missing_extra("matplotlib", "plot") from None


def new_figure(width: float, height: float, *, shown: bool, dpi: float = 150) -> Figure:
    """A figure (size in inches, resolution in dots per inch) to be shown, or only to be saved.

    Where there are no windows pyplot forgets it at once: a script must not collect open figures, and a notebook should
    show the returned figure once rather than twice. It is made by pyplot all the same, because that is what teaches
    notebooks to display figures. A figure that is only saved never meets pyplot.
    """
    size = {"figsize": (width, height), "dpi": dpi, "layout": "constrained"}
    figure: Figure
    if shown:
        pyplot = require("matplotlib.pyplot")
        figure = pyplot.figure(**size | {"dpi": None})
        if screen() != "window":
            pyplot.close(figure)
    else:
        figure = require("matplotlib.figure").Figure(**size)
        require("matplotlib.backends.backend_agg").FigureCanvasAgg(figure)
    return figure


def screen() -> str:
    """Where pyplot's backend shows figures: in a "window" (or widget), as pictures in a "notebook", or "nowhere"."""
    name: str = require("matplotlib.pyplot").get_backend().lower()
    if name.endswith("inline"):
        return "notebook"
    backends = require("matplotlib.backends")
    pictures = backends.backend_registry.list_builtin(backends.BackendFilter.NON_INTERACTIVE)
    return "nowhere" if name in pictures else "window"


def ink() -> str:
    """Colour of text and of whatever belongs to no component; white in dark styles."""
    return str(require("matplotlib").rcParams["text.color"])


def paper() -> str:
    """Colour behind the data."""
    return str(require("matplotlib").rcParams["axes.facecolor"])


def colour(component: int) -> str:
    """Colour of a component; the eleventh is the first again, with another marker."""
    return COLOURS[component % len(COLOURS)]


def marker(component: int) -> str:
    """Marker of a component.

    Examples
    --------
    >>> (colour(0), marker(0)), (colour(10), marker(10))
    (('#3f90da', 'o'), ('#3f90da', '^'))
    """
    return MARKERS[(component + component // len(COLOURS)) % len(MARKERS)]


def shades(count: int, most: float = 0.85) -> list[str]:
    """Colours of one hue, from that next to the paper to one as strong as ``most``.

    Examples
    --------
    >>> len(shades(3)), len(set(shades(3)))
    (3, 3)
    """
    colours = require("matplotlib.colors")
    ramp = colours.LinearSegmentedColormap.from_list("depth", [paper(), COLOURS[0], ink()])
    return [colours.to_hex(ramp(place)) for place in np.linspace(0.2 if count > 1 else most, most, count)]


def text(name: str, width: int = 24, lines: int = 2) -> str:
    r"""A name as Matplotlib may draw it: wrapped, cut where it is too long, and never read as mathematics.

    Examples
    --------
    >>> text("price in $ and in £, each of them per square foot", width=20)
    'price in \\$ and in £,\neach of them per…'
    """
    wrapped = textwrap.wrap(name, width) or [""]
    if len(wrapped) > lines:
        wrapped = [*wrapped[: lines - 1], wrapped[lines - 1][: width - 1] + "…"]
    return "\n".join(wrapped).replace("$", r"\$")


def number(value: float) -> str:
    """A number for a title.

    Examples
    --------
    >>> number(-1234.56)
    '−1,234.6'
    """
    return f"{value:,.1f}".replace("-", "−")


def percent(share: float) -> str:
    """A probability for people.

    Examples
    --------
    >>> percent(0.5), percent(0.995)
    ('50 %', '99.5 %')
    """
    return f"{100 * share:.4g} %"


def component_label(names: Sequence[str] | None, component: int, weight: float) -> str:
    """Name and weight of a component, for a legend.

    Examples
    --------
    >>> component_label(None, 0, 0.25), component_label(["noise"], 0, 0.001)
    ('component 0 (25 %)', 'noise (<1 %)')
    """
    name = names[component] if names else f"component {component}"
    share = f"{100 * weight:.0f} %" if weight >= 0.01 or not weight else "<1 %"
    return f"{text(name, 22, lines=1)} ({share})"


def point_style(component: int, n_rows: int, size: float = 1) -> dict[str, Any]:
    """How a component's points look: the more there are, the smaller."""
    return {
        "linestyle": "none",
        "marker": marker(component),
        "color": colour(component),
        "markersize": size * float(np.clip(30 / max(n_rows, 1) ** 0.3, 2.2, 5.5)),
        "markeredgewidth": 0,
        "alpha": float(np.clip(6 / max(n_rows, 1) ** 0.3, 0.35, 0.85)),
    }


def noise_style(n_rows: int, size: float = 1) -> dict[str, Any]:
    """How points of noise look: grey, and smaller than those of any component."""
    return point_style(0, n_rows, 0.6 * size) | {"marker": "o", "color": GREY, "zorder": 1}


def uncertainty_sizes(uncertainties: Array, size: float) -> Array:
    """Areas of points by their uncertainty, in square points."""
    return (size * (3 + 8 * np.sqrt(uncertainties))) ** 2


def outline_style(component: int, size: float = 1) -> dict[str, Any]:
    """How a component's ellipses look: on a light band, to stand out among points of the same colour."""
    band = require("matplotlib.patheffects").withStroke(linewidth=3.2 * size, foreground=paper())
    return {"fill": False, "edgecolor": colour(component), "linewidth": 1.7 * size, "zorder": 4, "path_effects": [band]}


def curve_style(component: int, size: float = 1) -> dict[str, Any]:
    """How a component's density looks."""
    return {"color": colour(component), "linewidth": 2 * size}


def mean_style(component: int, size: float = 1) -> dict[str, Any]:
    """How a component's mean looks, on any background."""
    return {
        "marker": marker(component),
        "color": colour(component),
        "markersize": 9 * size,
        "markeredgecolor": ink(),
        "markeredgewidth": 1.2 * size,
        "zorder": 5,
    }


def bar_style() -> dict[str, Any]:
    """How a histogram looks: visible on light and dark paper, and quieter than any component."""
    return {"color": ink(), "alpha": 0.18}


def sum_style(size: float = 1) -> dict[str, Any]:
    """How the mixture's own density looks, dotted across its components'."""
    return {"color": ink(), "linewidth": 1.8 * size, "linestyle": ":", "zorder": 3}


def check_folder(path: Path) -> None:
    """Refuse a path whose folder there is not."""
    if not path.parent.is_dir():
        raise ParameterError(f'the folder "{path.parent}" does not exist; make it first, or choose another path')


def checked_path(path: str | Path | None) -> Path | None:
    """Refuse formats that are not offered, and folders that there are not, before anything is drawn."""
    if path is None:
        return None
    if Path(path).suffix.lower() not in FORMATS:
        raise ParameterError(f'path is "{path}"; expected a name that ends in {", ".join(FORMATS)}')
    check_folder(Path(path))
    return Path(path)


def saved(figure: Figure, target: Path | None) -> Figure:
    """The figure, written to a file if there is one to write."""
    if target is not None:
        with atomic_write(str(target)) as unfinished:
            figure.savefig(unfinished)
    return figure
