"""What the server holds in memory: the table, and the last few fits."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from mixtura.app.settings import FitSettings
from mixtura.data.tables import Table
from mixtura.errors import ParameterError
from mixtura.fitting import Fit
from mixtura.mixture import column_labels
from mixtura.report import Language
from mixtura.selection import Selection

# Fits that are kept; with one more, the oldest is dropped.
MOST_FITS = 8

# Seconds that a download waits for another one.
LONGEST_WAIT = 60.0

# Makes the table with labels, as CSV, of a fit.
LabelWriter = Callable[[Fit, Table], str]


@dataclass(frozen=True, slots=True, eq=False)
class FitEntry:
    """A finished fit of the session.

    Attributes
    ----------
    number : int
        From 1, in order of time.
    settings : FitSettings
    fit : Fit
    table : Table
        The columns that were fitted.
    selection : Selection, or None
        What chose the fit.
    """

    number: int
    settings: FitSettings
    fit: Fit
    table: Table
    selection: Selection | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """The table and the fits of one run of the server.

    Attributes
    ----------
    table : Table
    columns : tuple of str
        Names of the table's columns, all of which hold numbers.
    text_columns : tuple of str
        Names of the file's other columns.
    language : Language
    write_labels : callable
    token : str
        Part of the address without which nothing is answered.
    fits : dict from int to FitEntry
    running : dict from str to Event
        At most one entry, "fit": the event that stops the fit that is running.
    computing : Lock
        Held by whoever computes: while one catches warnings, no other thread may.
    numbers : iterator of int
    """

    table: Table
    columns: tuple[str, ...]
    text_columns: tuple[str, ...]
    language: Language
    write_labels: LabelWriter
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    fits: dict[int, FitEntry] = field(default_factory=dict)
    running: dict[str, threading.Event] = field(default_factory=dict)
    computing: threading.Lock = field(default_factory=threading.Lock)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def name(self) -> str:
        """Name of the file without its folder."""
        return Path(self.table.name).name

    def table_of(self, names: tuple[str, ...]) -> Table:
        """The table with some of its columns."""
        positions = [self.columns.index(name) for name in names]
        return replace(self.table, rows=self.table.rows[:, positions], columns=names)

    def add(self, settings: FitSettings, fit: Fit, table: Table, selection: Selection | None) -> FitEntry:
        """Keep a fit."""
        entry = FitEntry(next(self.numbers), settings, fit, table, selection)
        self.fits[entry.number] = entry
        return entry

    def drop_oldest(self) -> list[int]:
        """Drop the oldest fits beyond those that are kept, and return their numbers."""
        dropped = sorted(self.fits)[:-MOST_FITS]
        for number in dropped:
            del self.fits[number]
        return dropped

    def find(self, number: Any) -> FitEntry:
        """The fit with a number; ParameterError if there is none."""
        entry = {str(known): fit for known, fit in self.fits.items()}.get(str(number))
        if entry is None:
            known = ", ".join(map(str, self.fits)) or "none yet"
            raise ParameterError(self.language.text("no_such_fit", number=number, known=known))
        return entry

    def claim(self, stopped: threading.Event) -> None:
        """Announce a fit, which the event stops; ParameterError if there is one already."""
        if "fit" in self.running:
            raise ParameterError(self.language.text("busy"))
        self.running["fit"] = stopped

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """A context in which the announced fit is computed; at its end another one may be announced."""
        try:
            with self.computing:
                yield
        finally:
            self.running.pop("fit", None)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """A context in which something else is computed; ParameterError while a fit is running."""
        if "fit" in self.running or not self.computing.acquire(timeout=LONGEST_WAIT):
            raise ParameterError(self.language.text("busy"))
        try:
            yield
        finally:
            self.computing.release()


def as_session(table: Table, language: Language, write_labels: LabelWriter) -> Session:
    """A session of a table, without fits.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.report import as_language
    >>> table = Table(np.zeros((2, 1)), ("a",), None, "a.csv", np.arange(2), 2)
    >>> as_session(table, as_language("en"), lambda fit, table: "").columns
    ('a',)
    """
    names = tuple(column_labels(table.columns, table.rows.shape[1]))
    frame = table.cells.frame.columns if table.cells is not None and table.cells.has_names else ()
    text = tuple(name for name in frame if name not in names)
    return Session(table, names, text, language, write_labels)
