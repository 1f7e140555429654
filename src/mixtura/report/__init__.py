"""Pages in HTML that need no network: the report of a fit or a selection, and the player that replays EM.

Functions take protocols (`ReportedFit`, `ReportedSelection`), so that this package does not import the rooms of fits
and selections. The strings of a page are in ``languages/``, one catalogue for each language; its module is built from
the folder ``frontend`` of the repository by ``make bundle``. A new section of a report is a function that gathers what
it shows, in ``tables.py`` or ``charts.py``, and its part of ``templates/report.html.j2``.
"""

from __future__ import annotations

from mixtura.report.drawn_rows import DrawnRows
from mixtura.report.explorer import LiveView, finished_view
from mixtura.report.language import LANGUAGES, Language, as_language
from mixtura.report.page import Report, fill_template, static_file
from mixtura.report.protocols import ReportedFit, ReportedSelection
from mixtura.report.recording import Recording, as_recording
from mixtura.report.replay import REPLAYED_STARTS, replay
from mixtura.report.report import REPORT_SUFFIXES, ReportOptions, fit_report, named_mixture, report_subject
from mixtura.report.subject import Subject, file_name

__all__ = [
    "LANGUAGES",
    "REPLAYED_STARTS",
    "REPORT_SUFFIXES",
    "DrawnRows",
    "Language",
    "LiveView",
    "Recording",
    "Report",
    "ReportOptions",
    "ReportedFit",
    "ReportedSelection",
    "Subject",
    "as_language",
    "as_recording",
    "file_name",
    "fill_template",
    "finished_view",
    "fit_report",
    "named_mixture",
    "replay",
    "report_subject",
    "static_file",
]
