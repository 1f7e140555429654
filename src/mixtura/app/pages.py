"""What the page is made of: its template, strings, and the parts that show a fit or a comparison."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from mixtura._support import VERSION, finite_values, format_list
from mixtura.analysis import Comparison, compare
from mixtura.app.session import MOST_FITS, FitEntry, Session
from mixtura.app.settings import MOST_COMPONENTS, MOST_STARTS
from mixtura.app.watch import USUAL_PACE
from mixtura.covariance.models import MODELS
from mixtura.errors import ParameterError, visible
from mixtura.mixture import NOISE_LABEL
from mixtura.report import Language, as_language, fill_template, finished_view, static_file
from mixtura.starts import STARTS

# Strings that the module needs, besides those of the explorer.
MODULE_STRINGS = (
    "app_searching",
    "app_iterating",
    "app_start",
    "app_cells",
    "app_selecting",
    "app_stopping",
    "app_done",
    "app_lost",
    "app_dropped",
    "app_fit",
    "app_show",
    "app_columns_count",
)


@cache
def app_language(name: str) -> Language:
    """The catalogue of reports with the strings of this page.

    Examples
    --------
    >>> app_language("en").text("app_fit_button")
    'Fit'
    """
    text = files("mixtura.app").joinpath("languages", f"{as_language(name).name}.json").read_text(encoding="utf-8")
    return Language(name, {**as_language(name).strings, **json.loads(text)})


@cache
def app_file(name: str) -> str:
    """Text of a file of the page; its styles begin with those of reports."""
    text = files("mixtura.app").joinpath("static", name).read_text(encoding="utf-8")
    return static_file("report.css") + text if name == "app.css" else text


def render_part(template: str, language: Language, **values: Any) -> str:
    """Put values into a template of this room or of reports; see `mixtura.report.fill_template`."""
    return fill_template(template, language, ("mixtura.app", "mixtura.report"), "app", **values)


def main_page(session: Session) -> str:
    """The page; fits of the session are listed, none is shown."""
    language = session.language
    return render_part(
        "app.html.j2",
        language,
        name=visible(session.name),
        columns=[visible(name) for name in session.columns],
        text_columns=[visible(name) for name in session.text_columns],
        n_rows=len(session.table.rows),
        notes=session.table.notes,
        models=list(MODELS) if len(session.columns) > 1 else ["E", "V"],
        starts=list(STARTS),
        most_components=MOST_COMPONENTS,
        most_starts=MOST_STARTS,
        pace=USUAL_PACE,
        version=VERSION,
        settings={
            "columns": session.columns,
            "most": MOST_FITS,
            "fits": [fit_line(entry) for entry in session.fits.values()],
            "strings": {key: language.strings[key] for key in MODULE_STRINGS},
        },
        # The explorer is that of reports; its menus are filled when there is a fit.
        data={"columns": [], "frames": {"recorded": 1}},
    )


def entry_view(session: Session, entry: FitEntry) -> dict[str, Any]:
    """What the page shows of a fit: a line of the list, the data of the explorer, and the summary."""
    view = finished_view(
        entry.fit,
        entry.table,
        selection=entry.selection,
        sample_weight=entry.table.sample_weight,
        lang=session.language.name,
    )
    summary = render_part("summary.html.j2", session.language, number=entry.number, **view)
    return {"fit": fit_line(entry), "page": view["data"], "summary": summary}


def fit_line(entry: FitEntry) -> dict[str, Any]:
    """What the list of fits says of one."""
    found = entry.fit
    return {
        "number": entry.number,
        "model": found.model.name,
        "n_components": found.mixture.n_components,
        "columns": [visible(name) for name in entry.settings.columns],
        "loglik": finite_values(found.loglik),
        "bic": finite_values(found.bic),
        "icl": finite_values(found.icl),
        "iterations": found.iterations,
    }


def comparison_part(session: Session, first: FitEntry, second: FitEntry) -> str:
    """The comparison of two fits as a part of the page.

    Raises
    ------
    ParameterError
        If they have other columns.
    """
    if first.settings.columns != second.settings.columns:
        pairs = [format_list(entry.settings.columns) for entry in (first, second)]
        raise ParameterError(session.language.text("other_columns", first=pairs[0], second=pairs[1]))
    with session.alone():
        found = compare(first.fit, second.fit, first.table, first.table.sample_weight)
    return render_part(
        "comparison.html.j2",
        session.language,
        numbers=(first.number, second.number),
        rows=comparison_rows(found),
        labels=[_label_texts(own, session.language) for own in found.labels],
        counts=found.counts.tolist(),
        index=f"{found.adjusted_rand_index:.4f}",
    )


def comparison_rows(found: Comparison) -> list[tuple[str, list[str], int | None]]:
    """Key of each number, its values for both fits, and which of them is the better one."""
    both = found.assessments
    values: dict[str, tuple[list[float], str, int]] = {
        "fact_loglik": ([one.loglik for one in both], ",.2f", 1),
        "app_mean_loglik": ([one.mean for one in both], ".5f", 1),
        "app_held_out": (list(found.held_out), ".5f", 1),
        "fact_bic": ([one.bic for one in both], ",.2f", -1),
        "fact_icl": ([one.icl for one in both], ",.2f", -1),
        "fact_aic": ([one.aic for one in both], ",.2f", -1),
    }
    rows: list[tuple[str, list[str], int | None]] = []
    for key, (pair, form, sign) in values.items():
        texts = [f"{value:{form}}".replace("-", "−") for value in pair]
        better = None if texts[0] == texts[1] else int(sign * pair[1] > sign * pair[0])
        rows.append((key, texts, better))
    return [*rows, ("fact_parameters", [f"{one.n_parameters}" for one in both], None)]


def _label_texts(labels: list[str] | list[int], language: Language) -> list[str]:
    """Labels of components as text."""
    return [language.text("noise") if label == NOISE_LABEL else visible(str(label)) for label in labels]
