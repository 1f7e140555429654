"""Style of all pictures: figures, colours, markers, and how names and numbers are written."""

from __future__ import annotations

import importlib
import textwrap
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura._support import atomic_write
from mixtura.errors import ParameterError, missing_extra, visible

if TYPE_CHECKING:
    from matplotlib.figure import Figure


PICTURE_SUFFIXES = (".png", ".svg", ".pdf")

# The palette of Petroff (2021), arXiv:2107.02270. Of the usual palettes its ten colours are furthest apart, for normal
# sight and simulated protanopia, deuteranopia and tritanopia (least CIE76 distance 17; Okabe-Ito with two more has 7).
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
# Colour of noise: visible on light and dark backgrounds, and paler than the colours of components.
GREY = "#8c8c8c"

MARKERS = ("o", "^", "s", "D", "v", "P", "X", "<", "*", ">")


def require(module: str) -> Any:
    """Import a module of Matplotlib, or of what it requires.

    Raises
    ------
    MissingExtraError
        If the package is not installed; the message says how to install it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        raise missing_extra("matplotlib", "plot") from None


def new_figure(width: float, height: float, *, shown: bool, dpi: float = 150) -> Figure:
    """Make an empty figure, to be shown on screen or only to be saved.

    Parameters
    ----------
    width, height : float
        In inches.
    shown : bool
        Whether pyplot makes the figure, so that ``pyplot.show()``, ``pyplot.savefig()`` and notebooks find it.
    dpi : float
        Resolution of a figure that is only saved, in dots per inch.
    """
    size = {"figsize": (width, height), "dpi": dpi, "layout": "constrained"}
    figure: Figure
    if shown:
        figure = require("matplotlib.pyplot").figure(**size | {"dpi": None})
        # A partial of a function of the module, so that the figure can still be pickled.
        figure._ipython_display_ = partial(_close_and_display, figure)  # type: ignore[attr-defined]
    else:
        figure = require("matplotlib.figure").Figure(**size)
        require("matplotlib.backends.backend_agg").FigureCanvasAgg(figure)
    return figure


def _close_and_display(figure: Figure) -> None:
    """Close a figure that a notebook is about to display; the error makes the notebook display it as any other.

    Without this, a figure that is the value of a cell would be shown twice: as the value, and by pyplot's inline
    backend, which displays all open figures at the end of the cell, by this function, too.
    """
    if display_kind() == "notebook":
        require("matplotlib.pyplot").close(figure)
    raise NotImplementedError


def display_kind() -> str:
    """Where pyplot's backend shows figures: "window" (or widget), "notebook" (as pictures in it) or "nowhere"."""
    name: str = require("matplotlib.pyplot").get_backend().lower()
    if name.endswith("inline"):
        return "notebook"
    backends = require("matplotlib.backends")
    pictures = backends.backend_registry.list_builtin(backends.BackendFilter.NON_INTERACTIVE)
    return "nowhere" if name in pictures else "window"


def text_colour() -> str:
    """Matplotlib's text colour, used for everything that belongs to no component; white in dark styles."""
    return str(require("matplotlib").rcParams["text.color"])


def background_colour() -> str:
    """Matplotlib's background colour of axes."""
    return str(require("matplotlib").rcParams["axes.facecolor"])


def component_colour(component: int, colours: Sequence[str] = COLOURS) -> str:
    """Colour of a component; by default components 0 and 10 have the same colour, and numbers tell them apart."""
    return colours[component % len(colours)]


def component_marker(component: int) -> str:
    """Marker of a component.

    Examples
    --------
    >>> (component_colour(0), component_marker(0)), (component_colour(10), component_marker(10))
    (('#3f90da', 'o'), ('#3f90da', '^'))
    """
    return MARKERS[(component + component // len(COLOURS)) % len(MARKERS)]


def wrap_text(name: str, width: int = 24, lines: int = 2) -> str:
    r"""Wrap a name, cut it where it is too long, and escape dollar signs, which Matplotlib reads as mathematics.

    Examples
    --------
    >>> wrap_text("price in $ and in £, each of them per square foot", width=20)
    'price in \\$ and in £,\neach of them per…'
    """
    wrapped = textwrap.wrap(visible(name), width) or [""]
    if len(wrapped) > lines:
        wrapped = [*wrapped[: lines - 1], wrapped[lines - 1][: width - 1] + "…"]
    return "\n".join(wrapped).replace("$", r"\$")


def format_number(value: float) -> str:
    """Format a number with one decimal, thousands separators and a true minus sign.

    Examples
    --------
    >>> format_number(-1234.56)
    '−1,234.6'
    """
    return f"{value:,.1f}".replace("-", "−")


def format_percent(probability: float) -> str:
    """Format a probability as a percentage.

    Examples
    --------
    >>> format_percent(0.5), format_percent(0.995)
    ('50 %', '99.5 %')
    """
    return f"{100 * probability:.4g} %"


def legend_label(names: Sequence[str] | None, component: int, weight: float) -> str:
    """Legend text of a component: its name and its weight as a percentage.

    Examples
    --------
    >>> legend_label(None, 0, 0.25), legend_label(["noise"], 0, 0.001)
    ('component 0 (25 %)', 'noise (<1 %)')
    """
    name = names[component] if names else f"component {component}"
    percentage = f"{100 * weight:.0f} %" if weight >= 0.01 or not weight else "<1 %"
    return f"{wrap_text(name, 22, lines=1)} ({percentage})"


def point_style(component: int, n_rows: int, size: float = 1, colours: Sequence[str] = COLOURS) -> dict[str, Any]:
    """Style of a component's points as keyword arguments of Matplotlib; smaller and paler the more rows there are."""
    return {
        "linestyle": "none",
        "marker": component_marker(component),
        "color": component_colour(component, colours),
        "markersize": size * float(np.clip(30 / max(n_rows, 1) ** 0.3, 2.2, 5.5)),
        "markeredgewidth": 0,
        "alpha": float(np.clip(6 / max(n_rows, 1) ** 0.3, 0.35, 0.85)),
    }


def noise_point_style(n_rows: int, size: float = 1) -> dict[str, Any]:
    """Style of points of noise: grey, and smaller than those of components."""
    return point_style(0, n_rows, 0.6 * size) | {"marker": "o", "color": GREY, "zorder": 1}


def outline_style(component: int, size: float = 1, colours: Sequence[str] = COLOURS) -> dict[str, Any]:
    """Style of a component's ellipses, with a band of the background colour that sets them off from its points."""
    band = require("matplotlib.patheffects").withStroke(linewidth=3.2 * size, foreground=background_colour())
    return {
        "fill": False,
        "edgecolor": component_colour(component, colours),
        "linewidth": 1.7 * size,
        "zorder": 4,
        "path_effects": [band],
    }


def curve_style(component: int, size: float = 1, colours: Sequence[str] = COLOURS) -> dict[str, Any]:
    """Style of the curve of a component's density."""
    return {"color": component_colour(component, colours), "linewidth": 2 * size}


def number_style(component: int, size: float = 1) -> dict[str, Any]:
    """Style of a component's mean where there are too many components for colours: its number, on a pale band."""
    band = require("matplotlib.patheffects").withStroke(linewidth=3 * size, foreground=background_colour())
    return {
        "linestyle": "none",
        "marker": f"${component}$",  # Matplotlib draws the mathematics as a marker
        "color": text_colour(),
        "markersize": (7 if component < 10 else 11) * max(size, 0.65),
        "markeredgewidth": 0,
        "path_effects": [band],
        "zorder": 6,
    }


def mean_style(
    component: int, size: float = 1, colours: Sequence[str] = COLOURS, *, numbered: bool = False
) -> dict[str, Any]:
    """Style of a component's mean: its marker, outlined in the text colour, or its number."""
    if numbered:
        return number_style(component, size)
    return {
        "marker": component_marker(component),
        "color": component_colour(component, colours),
        "markersize": 9 * size,
        "markeredgecolor": text_colour(),
        "markeredgewidth": 1.2 * size,
        "zorder": 5,
    }


def bar_style() -> dict[str, Any]:
    """Style of a histogram: the text colour, nearly transparent, so that components stand out."""
    return {"color": text_colour(), "alpha": 0.18}


def sum_style(size: float = 1) -> dict[str, Any]:
    """Style of the curve of the mixture's density: dotted."""
    return {"color": text_colour(), "linewidth": 1.8 * size, "linestyle": ":", "zorder": 3}


def check_folder(path: Path) -> None:
    """Raise ParameterError if the folder of a path does not exist."""
    if not path.parent.is_dir():
        raise ParameterError(f'the folder "{path.parent}" does not exist; make it first, or choose another path')


def as_picture_path(path: str | Path | None) -> Path | None:
    """Check, before anything is drawn, that a picture's format is known and that its folder exists."""
    if path is None:
        return None
    if Path(path).suffix.lower() not in PICTURE_SUFFIXES:
        raise ParameterError(f'path is "{path}"; expected a name that ends in {", ".join(PICTURE_SUFFIXES)}')
    check_folder(Path(path))
    return Path(path)


def save(figure: Figure, target: Path | None) -> Figure:
    """Save the figure if a path is given; return the figure."""
    if target is not None:
        with atomic_write(str(target)) as unfinished:
            figure.savefig(unfinished)
    return figure
