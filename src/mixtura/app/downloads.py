"""Files that the page gives of a fit; nothing is written to a disk here."""

from __future__ import annotations

from collections.abc import Callable

from mixtura.app.session import FitEntry, Session
from mixtura.plotting import plot_png
from mixtura.report import ReportOptions, fit_report


def model_file(_: Session, entry: FitEntry) -> bytes:
    """The model file."""
    return f"{entry.fit.to_json()}\n".encode()


def labels_file(session: Session, entry: FitEntry) -> bytes:
    """The table with the label of each row, as CSV."""
    return session.write_labels(entry.fit, entry.table).encode()


def report_file(session: Session, entry: FitEntry) -> bytes:
    """The full report."""
    with session.alone():
        report = fit_report(
            entry.fit,
            entry.table,
            selection=entry.selection,
            sample_weight=entry.table.sample_weight,
            options=ReportOptions(session.language.name, "", session.name),
        )
    return report.html.encode()


def picture_file(session: Session, entry: FitEntry) -> bytes:
    """The picture of Matplotlib, as PNG."""
    with session.alone():
        return plot_png(entry.fit, entry.table)


# The files of a fit: their media types, and what makes them.
FILES: dict[str, tuple[str, Callable[[Session, FitEntry], bytes]]] = {
    "model.json": ("application/json", model_file),
    "labels.csv": ("text/csv; charset=utf-8", labels_file),
    "report.html": ("text/html; charset=utf-8", report_file),
    "picture.png": ("image/png", picture_file),
}
