"""A report as one HTML file that needs no network: its contents, and how they are put into the template."""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from mixtura._support import VERSION, time_to_tell, write_text
from mixtura.errors import missing_extra, visible
from mixtura.mixture import Mixture, component_labels
from mixtura.plotting import COLOURS, GREY, axis_limits, separation
from mixtura.report.drawn_rows import DrawnRows, ScaledRows, scale_rows
from mixtura.report.encoding import encode_numbers
from mixtura.report.frames import Frames, encode_frames
from mixtura.report.language import Language

# Height of a page within a notebook, in pixels.
NOTEBOOK_HEIGHT = 640

# Strings that the module in the page needs, besides those that the template writes.
MODULE_STRINGS = (
    "density",
    "noise",
    "row_number",
    "details_hint",
    "iteration",
    "frame_of_iteration",
    "frame_of_fit",
    "play",
    "pause",
    "copied",
)


@dataclass(frozen=True, slots=True)
class Report:
    """A page in HTML: a notebook shows it, `save` writes it to a file that any browser opens, without a network.

    Attributes
    ----------
    html : str

    Examples
    --------
    >>> Report("<!doctype html><title>Nothing</title>")
    <Report of 37 bytes; save("report.html") writes it>
    """

    html: str

    def __repr__(self) -> str:
        return f'<Report of {len(self.html.encode()):,} bytes; save("report.html") writes it>'

    def _repr_html_(self) -> str:
        # The page has its own document, so that neither its styles nor the notebook's reach the other.
        return (
            f'<iframe srcdoc="{escape(self.html)}" title="Mixtura" width="100%" height="{NOTEBOOK_HEIGHT}" '
            'style="border:1px solid #8884;border-radius:6px"></iframe>'
        )

    def save(self, path: str | Path) -> Path:
        """Write the page to a file, completely or not at all, and return the path.

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Report("<!doctype html>").save(Path(folder, "a.html")).name
        'a.html'
        """
        write_text(str(path), self.html)
        return Path(path)


@dataclass(frozen=True, slots=True, eq=False)
class PageData:
    """What the module in the page draws: rows, frames, names and colours."""

    mixture: Mixture
    drawn: DrawnRows
    frames: Frames
    names: tuple[str, ...]
    columns: tuple[int, ...]


def component_names(mixture: Mixture, frames: Frames, language: Language) -> tuple[str, ...]:
    """Names of all components of the frames, those that were removed on the way after those that are left."""
    count = max(int(place.max()) + 1 for place in frames.places)
    own = component_labels(mixture)
    named = [name if isinstance(name, str) else language.text("component_number", number=name) for name in own]
    removed = [f"{language.text('removed')} {number}" for number in range(1, count - len(own) + 1)]
    return (*named, *removed)


def shown_columns(mixture: Mixture, most: int) -> tuple[int, ...]:
    """Positions of the columns in which the components differ most, at most so many, in their order."""
    return tuple(sorted(np.argsort(-separation(mixture), kind="stable")[:most].tolist()))


def component_colours(count: int) -> list[str]:
    """Colours of components, and, last, of noise."""
    return [*(COLOURS[component % len(COLOURS)] for component in range(count)), GREY]


def page_data(data: PageData, language: Language, *, autoplay: bool, model_file: str | None) -> dict[str, Any]:
    """What the module reads, as values for JSON."""
    mixture, drawn, frames = data.mixture, data.drawn, data.frames
    rows = scale_rows(drawn.rows, frames.mixtures)
    d, k = mixture.n_features, len(data.names)
    x, y = (*data.columns, -1)[:2]
    fitted = len(frames.mixtures) - 1
    return {
        "n": len(drawn.rows),
        "columns": [visible(name) for name in mixture.columns or ()],
        "components": [visible(name) for name in data.names],
        "colours": component_colours(k),
        "noise": mixture.noise is not None,
        "form": frames.form,
        "shown": [x, y],
        "limits": [axis_limits(mixture, drawn.rows[:, c], c) for c in range(d)],
        "peaks": [_peak(mixture, c) for c in range(d)],
        "rows": encode_rows(rows),
        "rowNumbers": None if _counts_up(drawn) else encode_numbers(drawn.numbers.astype(np.uint32)),
        "frames": encode_frames(frames, rows, k),
        "firstFrame": 0 if autoplay else fitted,
        "fitFrame": fitted,
        "autoplay": autoplay,
        "modelFile": model_file,
        "strings": {key: language.strings[key] for key in MODULE_STRINGS},
    }


def encode_rows(rows: ScaledRows) -> dict[str, Any]:
    """Rows as values for JSON."""
    return {
        "kind": rows.kind,
        "origin": rows.origin.tolist(),
        "unit": rows.unit.tolist(),
        "data": encode_numbers(rows.scaled.T),
        "refined": encode_numbers(rows.refined),
        "fractions": encode_numbers(rows.fractions),
    }


def _counts_up(drawn: DrawnRows) -> bool:
    """Whether row i of the page is row i of the data."""
    return bool((drawn.numbers == np.arange(len(drawn.numbers))).all())


def _peak(mixture: Mixture, column: int) -> float:
    """Greatest density of a column at the components' means."""
    means = mixture.means[:, column]
    deviations = np.sqrt(mixture.covariances.variances()[:, column])
    z = (means[:, None] - means) / deviations
    densities = np.exp(-0.5 * z**2) / (deviations * math.sqrt(2 * math.pi))
    return float((densities @ mixture.weights).max())


@cache
def static_file(name: str) -> str:
    """Text of a file of this package's folder ``static``."""
    return files("mixtura.report").joinpath("static", name).read_text(encoding="utf-8")


def fill_template(
    template: str,
    language: Language,
    packages: Sequence[str] = ("mixtura.report",),
    extra: str = "report",
    **values: Any,
) -> str:
    """Put values into a template of one of the packages; all text is escaped.

    Raises
    ------
    MissingExtraError
        If Jinja2 is not installed; it says that ``extra`` brings it.
    """
    try:
        jinja2 = import_module("jinja2")
    except ModuleNotFoundError:
        raise missing_extra("jinja2", extra) from None
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(package) for package in packages]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        lstrip_blocks=True,
    )
    found = environment.get_template(template)
    return str(found.render(t=language.text, count=language.count, lang=language.name, **values))


def render(template: str, language: Language, **values: Any) -> Report:
    """Put values into the template of a page, in which no script but its own can run; see `fill_template`."""
    script = static_file("mixtura.js").partition("\n")[2].strip()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    page = {
        "script": script,
        "script_hash": f"sha256-{digest}",
        "style": static_file("report.css"),
        "version": VERSION,
        "date": f"{time_to_tell():%Y-%m-%d}",
    }
    return Report(fill_template(template, language, **page, **values))
