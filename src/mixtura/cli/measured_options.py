"""Options that say how rows were measured: limits of recording, censored values, or counts in bins."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeAlias

import numpy as np
import typer
from numpy.typing import NDArray

from mixtura import Histogram, Measured
from mixtura._support import format_list, shortened
from mixtura.cli.console import print_message, silent_panics
from mixtura.cli.inputs import parse_censored, parse_limits
from mixtura.cli.reading_options import ReadingOptions
from mixtura.data.files import FileSource
from mixtura.data.tables import MISSING, Table, find_columns, read_as
from mixtura.errors import DataError, ParameterError
from mixtura.mixture import column_labels

LowLimit: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=X",
        help="Rows below X in this column were never recorded (a truncated sample). May be repeated.",
    ),
]
HighLimit: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=X", help="Rows above X in this column were never recorded. May be repeated."),
]
Censored: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=COLUMN",
        help="COLUMN says of each value of NAME whether the true one lies above or below it; empty where it is exact. "
        "May be repeated.",
    ),
]
CountsColumn: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="DATA is a histogram: column of the number of rows in each bin; with --low-column and --high-column.",
    ),
]
LowColumn: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="Column of the lower ends of bins; a missing one is open.")
]
HighColumn: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="Column of the upper ends of bins; a missing one is open.")
]
Outside: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="Number of rows beyond all bins; default: unknown, so that the bins are a truncated sample."
    ),
]

# What a cell of a column that says which values are censored may hold.
STATUS_WORDS = {"above": 1, "below": -1, "exact": 0}
CENSORED_EXPECTED = "above or 1, below or -1, or an empty cell, NA or 0 where the value is exact"

# Files that need the rows themselves.
OF_ROWS = ("--labels", "--picture", "--replay")


@dataclass(frozen=True)
class MeasuredOptions:
    """Options that say how rows were measured, as the command line gives them, in the order of the help text."""

    low_limit: LowLimit = None
    high_limit: HighLimit = None
    censored: Censored = None
    counts_column: CountsColumn = None
    low_column: LowColumn = None
    high_column: HighColumn = None
    outside: Outside = None

    def histogram(self, reading: ReadingOptions, data: str, files: Collection[str]) -> Histogram | None:
        """The histogram in a file, if its options are given; ``files`` are the options of files to write."""
        ends = {"--low-column": self.low_column, "--high-column": self.high_column}
        if self.counts_column is None:
            given = [name for name, value in {**ends, "--outside": self.outside}.items() if value is not None]
            if given:
                raise ParameterError(f"{', '.join(given)}: this is for a histogram; pass --counts-column, too")
            return None
        lacking = [name for name, value in ends.items() if value is None]
        if lacking:
            raise ParameterError(f"--counts-column: the ends of the bins are not known; pass {' and '.join(lacking)}")
        if self.low_limit or self.high_limit or self.censored:
            raise ParameterError(
                "--low-limit, --high-limit, --censored: the edges of a histogram are its limits; leave them out"
            )
        refused = [name for name in files if name in OF_ROWS]
        if refused:
            raise ParameterError(f"{', '.join(refused)}: a histogram has no rows to label or to draw; leave it out")
        columns = [self.low_column or "", self.high_column or "", self.counts_column]
        with silent_panics():
            table = read_as(data, replace(reading.reading(), columns=columns, missing="model"))
        for note in table.notes:
            print_message(f"note: {note}")
        low, high, counts = table.rows.T
        return Histogram.of_bins(low, high, counts, self.outside)

    def open(
        self, reading: ReadingOptions, data: str, files: Collection[str], *arguments: Any, **options: Any
    ) -> tuple[Table | FileSource | Measured | Histogram, Table | FileSource]:
        """The rows of a file, opened as by `ReadingOptions.open`, or its histogram, and the table of either.

        ``files`` are the options of files that will be written.
        """
        bins = self.histogram(reading, data, files)
        if bins is not None:
            return bins, bins.X
        status = parse_censored(self.censored)
        if status:
            if options.get("stream"):
                raise ParameterError("--censored: rows that are read in parts cannot have it; leave --stream out")
            if "--labels" in files:
                raise ParameterError("--labels: values are taken as exact there; with --censored leave it out")
            na = reading.na or []
            reading = replace(reading, exclude=[*(reading.exclude or []), *status.values()])
            options |= {"stream": False, "keep_cells": True}
        table, limits = reading.open(data, *arguments, **options), parse_limits(self.low_limit, self.high_limit)
        if not (limits or status):
            return table, table
        if isinstance(table, FileSource):
            raise ParameterError("--low-limit, --high-limit: rows that are read in parts cannot have them; --no-stream")
        return Measured(table, limits=limits or None, censored=_censored(table, status, na) if status else None), table


def _censored(table: Any, status: Mapping[str, str], na: Sequence[str]) -> NDArray[Any]:
    """The argument ``censored`` of `mixtura.fit`, (n, d), from columns of a `Table` that say which values are censored.

    Text in ``na`` is a missing value, too: the value in the data is exact.

    Raises
    ------
    ParameterError
        If a column that is to have censored values is not among those of the data, or one that says which are is.
    DataError
        If a cell says something else.
    """
    names, frame = column_labels(table.columns, table.rows.shape[1]), table.cells.frame[table.positions.tolist()]
    nothing = {*MISSING, *na}
    found = np.full(table.rows.shape, "", dtype=object)
    for name, asked in status.items():
        column, *more = find_columns([asked], frame.columns, table.name)
        if more:
            raise ParameterError(f"--censored: {asked!r} is several columns; expected one for the values of {name!r}")
        if name not in names:
            raise ParameterError(f"--censored: there is no column {name!r}; expected one of {format_list(names)}")
        if column in names:
            raise ParameterError(
                f"--censored: column {column!r} says which values of {name!r} are censored; leave it out of --columns"
            )
        signs = [_sign(cell, nothing) for cell in frame[column].to_list()]
        if None in signs:
            row = int(table.positions[signs.index(None)])
            cell = shortened(table.cells.frame[column][row])
            raise DataError(
                f'--censored: {table.name}, row {row + 1}, column "{column}": {cell}; expected {CENSORED_EXPECTED}'
            )
        found[:, list(names).index(name)] = signs
    return found


def _sign(cell: Any, nothing: Collection[str]) -> int | None:
    """What a cell says of a value: 1 or -1 if the true one lies above or below, 0 if it is exact; else None.

    ``nothing`` is text that means a missing value.

    Examples
    --------
    >>> [_sign(cell, {"", "NA"}) for cell in ("1.0", "Below", " ", "NA", None, 0.0, "2")]
    [1, -1, 0, 0, 0, 0, None]
    """
    text = "" if cell is None else str(cell).strip()
    if text in nothing:
        return 0
    try:
        number = float(cell)
    except (TypeError, ValueError):
        return STATUS_WORDS.get(text.lower())
    return int(number) if number in (-1, 0, 1) else None
