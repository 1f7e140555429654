"""Make the report of a fit, a selection, or a mixture: gather what it says, and render it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixtura._support import format_list
from mixtura.errors import ParameterError, visible
from mixtura.mixture import Mixture
from mixtura.plotting import with_column_names
from mixtura.report.advice import advice, outcome_sentence
from mixtura.report.charts import criterion_chart, starts_chart
from mixtura.report.drawn_rows import DrawnRows, rows_of_page
from mixtura.report.frames import Frames, frames_of
from mixtura.report.language import Language, as_language
from mixtura.report.measures import Measures
from mixtura.report.page import PageData, Report, component_colours, component_names, page_data, render, shown_columns
from mixtura.report.picture import picture
from mixtura.report.protocols import ReportedFit, ReportedSelection
from mixtura.report.recording import Recording, recording_of
from mixtura.report.reproduction import python_code, shell_code
from mixtura.report.subject import Subject, file_name
from mixtura.report.tables import (
    MOST_CELLS,
    MOST_OF_COMPONENT,
    MOST_STARTS,
    ComponentNames,
    certainty_table,
    components_table,
    correlation_matrix,
    criterion_name,
    far_table,
    format_loglik_value,
    numbers_of,
    selection_table,
    starts_table,
    uncertain_table,
)

# Columns that tables show; of more, those in which the components differ most.
MOST_COLUMNS, MOST_CORRELATED = 8, 10

# Components, the first ones, whose correlations and rows are listed.
MOST_DETAILED = 50

REPORT_SUFFIXES = (".html",)


@dataclass(frozen=True, slots=True, eq=False)
class ReportOptions:
    """How a report is written.

    Attributes
    ----------
    lang : str
    title : str
        Empty for a title that says what was fitted.
    data_name : str
        Name of the file that the rows come from; empty if there is none.
    """

    lang: str = "en"
    title: str = ""
    data_name: str = ""


def check_report_path(path: str | Path | None) -> None:
    """Raise ParameterError unless a path is None, or the name of an HTML file in a folder that exists.

    Examples
    --------
    >>> check_report_path("report.pdf")
    Traceback (most recent call last):
    mixtura.errors.ParameterError: path is "report.pdf"; expected a name that ends in .html
    """
    if path is None:
        return
    if Path(path).suffix.lower() not in REPORT_SUFFIXES:
        raise ParameterError(f'path is "{path}"; expected a name that ends in {format_list(REPORT_SUFFIXES)}')
    if not Path(path).parent.is_dir():
        raise ParameterError(f'the folder "{Path(path).parent}" does not exist; make it first, or choose another path')


def fit_report(
    fit: ReportedFit,
    X: Any,
    path: str | Path | None = None,
    *,
    selection: ReportedSelection | None = None,
    sample_weight: Any = None,
    options: ReportOptions | None = None,
) -> Report:
    """Make the report of a fit, and write it to a file if a path is given.

    Parameters
    ----------
    fit : ReportedFit
    X : array-like or table of shape (n, d), or a Source
        The rows that were fitted.
    path : str or Path, optional
    selection : ReportedSelection, optional
        The selection that chose the fit.
    sample_weight : array-like of shape (n,), optional
    options : ReportOptions, optional
    """
    check_report_path(path)
    mixture = with_column_names(fit.mixture, X)
    drawn = rows_of_page(mixture, X)
    recording = recording_of(fit, X, drawn, sample_weight=sample_weight)
    report = report_subject(Subject.of_fit(fit, mixture, selection), drawn, recording, options or ReportOptions())
    if path is not None:
        report.save(path)
    return report


def report_subject(subject: Subject, drawn: DrawnRows, recording: Recording | None, options: ReportOptions) -> Report:
    """Make the report of what is known of a mixture and of how it was fitted."""
    language = as_language(options.lang)
    mixture = subject.mixture
    frames = frames_of(mixture, subject.assessment.loglik, recording)
    names = component_names(mixture, frames, language)
    measures = Measures(mixture, drawn)
    data = PageData(mixture, drawn, frames, names, shown_columns(mixture, 2))
    labels = ComponentNames.of(names, mixture.n_components, language)
    return render(
        "report.html.j2",
        language,
        title=visible(options.title) or _title(subject, language),
        lead=_lead(subject, language),
        fitted=_fitted(subject, options, language),
        facts=facts_of(subject, language),
        outcome=outcome_sentence(subject, language),
        advice=advice(subject, measures, language),
        drawn=drawn,
        data=page_data(data, language, autoplay=False, model_file=subject.model_file),
        picture=picture(measures, data.columns),
        replay_note=replay_note(recording, frames, language),
        colours=component_colours(len(names)),
        picture_colours=component_colours(mixture.n_components),  # without components that were removed
        names=labels.texts,
        python=python_code(subject, options.data_name),
        shell=shell_code(subject, options.data_name),
        **_sections(subject, measures, labels, language),
    )


def _sections(subject: Subject, measures: Measures, names: ComponentNames, language: Language) -> dict[str, Any]:
    """What tables and charts of a report show."""
    mixture, found = subject.mixture, subject.assessment
    columns = shown_columns(mixture, MOST_COLUMNS)
    sizes = mixture.all_weights * found.n_rows
    chosen = subject.selection
    return {
        "components": components_table(subject, columns, names, sizes, language),
        "details": [_component_details(measures, j, names) for j in range(min(mixture.n_components, MOST_DETAILED))],
        "columns_omitted": {"total": mixture.n_features, "shown": len(columns)},
        "starts": starts_table(subject, language) if subject.starts and chosen is None else None,
        "starts_chart": starts_chart([start.loglik for start in subject.starts]) if len(subject.starts) > 1 else None,
        "starts_hidden": max(len(subject.starts) - MOST_STARTS, 0),
        "best_loglik": format_loglik_value(max((start.loglik for start in subject.starts), default=0.0)),
        "selection": selection_table(chosen, language) if chosen else None,
        "selection_chart": criterion_chart(chosen) if chosen else None,
        "selection_hidden": max(len(chosen.ranked) - MOST_CELLS, 0) if chosen else 0,
        "criterion": criterion_name(chosen.criterion, language) if chosen else "",
        "best_cell": chosen.ranked[0] if chosen else None,
        "certainty": certainty_table(measures),
        "uncertain": uncertain_table(measures, names, language),
        "far": far_table(measures, columns, names, language),
    }


def _component_details(measures: Measures, component: int, names: ComponentNames) -> dict[str, Any]:
    """Correlations within a component, and rows that stand for it."""
    mixture = measures.mixture
    columns = shown_columns(mixture, MOST_CORRELATED)
    return {
        "name": names.texts[component],
        "component": component,
        "columns": [visible((mixture.columns or ())[c]) for c in columns],
        "correlations": correlation_matrix(mixture, component, columns) if len(columns) > 1 else None,
        "typical": numbers_of(measures, measures.most_typical(MOST_OF_COMPONENT, component)),
        "uncertain": numbers_of(measures, measures.least_certain(MOST_OF_COMPONENT, component)),
    }


def _counts(subject: Subject, language: Language) -> dict[str, str]:
    """Numbers of components, rows and columns, with their nouns."""
    mixture = subject.mixture
    k = language.count("n_components", mixture.n_components)
    return {
        "k": f"{k} {language.text('and_noise')}" if mixture.noise else k,
        "rows": language.count("n_rows", subject.assessment.n_rows),
        "columns": language.count("n_columns", mixture.n_features),
    }


def _title(subject: Subject, language: Language) -> str:
    """Title that says what was fitted to what."""
    return language.text("page_title", **_counts(subject, language))


def _lead(subject: Subject, language: Language) -> str:
    """First sentence: what was fitted on what."""
    if subject.model is None:
        return language.text("lead_unknown_model", **_counts(subject, language))
    return language.text("lead", model=subject.model, **_counts(subject, language))


def _fitted(subject: Subject, options: ReportOptions, language: Language) -> str:
    """What is known of the rows and the start: file, time, fingerprint, name of the start, seed; else empty."""
    known = [visible(file_name(subject.data) or options.data_name)]
    if subject.data is not None:
        known.append(language.text("fitted", time=subject.data.time, fingerprint=subject.data.fingerprint))
    if subject.start_name:
        known.append(language.text("from_start", start=subject.start_name))
    if subject.seed is not None:
        known.append(language.text("from_seed", seed=subject.seed))
    return language.text("semicolon").join(filter(None, known))


def facts_of(subject: Subject, language: Language) -> list[tuple[str, str]]:
    """Names and values of the most important numbers."""
    found = subject.assessment
    values = {
        "loglik": format_loglik_value(found.loglik),
        "bic": format_loglik_value(found.bic),
        "icl": format_loglik_value(found.icl),
        "aic": format_loglik_value(found.aic),
        "parameters": f"{found.n_parameters:,}",
        "iterations": "" if subject.iterations is None else f"{subject.iterations:,}",
        "rows": f"{found.n_rows:,.10g}",
    }
    return [(language.text(f"fact_{name}"), value) for name, value in values.items() if value]


def replay_note(recording: Recording | None, frames: Frames, language: Language) -> str:
    """Sentences that say which iterations are replayed, and where they end."""
    if recording is None:
        return language.text("replay_none")
    if not frames.recorded:
        return language.text("replay_too_large")
    notes = [language.text("replay_own")]
    if recording.start:
        percent = f"{100 * recording.agreement:.1f} %"
        values: dict[str, Any] = {"percent": percent, "n": frames.numbers[-1]}
        values |= {"loglik": format_loglik_value(recording.last_loglik)}
        values |= {"fitted": format_loglik_value(recording.fitted_loglik)}
        notes = [language.text(f"replay_start_{recording.start.replace(' ', '_')}")]
        notes += [language.text("replay_on_sample")] if recording.on_sample else []
        notes += [language.text(f"replay_end_{recording.end}", **values)]
    notes += [language.text("replay_omitted", n=frames.omitted)] if frames.omitted else []
    return language.space.join(notes)


def named_mixture(mixture: Mixture, X: Any) -> tuple[Mixture, DrawnRows]:
    """A mixture with names for its columns, and the rows that its page holds."""
    named = with_column_names(mixture, X)
    return named, rows_of_page(named, X)
