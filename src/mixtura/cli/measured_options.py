"""Options that say how rows were measured: the limits within which they were recorded, or counts in bins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeAlias

import typer

from mixtura import Histogram, Measured
from mixtura.cli.console import print_message, silent_panics
from mixtura.cli.inputs import parse_limits
from mixtura.cli.reading_options import ReadingOptions
from mixtura.data.files import FileSource
from mixtura.data.tables import Table, read_as
from mixtura.errors import ParameterError

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

# Files that need the rows themselves.
OF_ROWS = ("--labels", "--picture", "--replay")


@dataclass(frozen=True)
class MeasuredOptions:
    """Options that say how rows were measured, as the command line gives them, in the order of the help text."""

    low_limit: LowLimit = None
    high_limit: HighLimit = None
    counts_column: CountsColumn = None
    low_column: LowColumn = None
    high_column: HighColumn = None
    outside: Outside = None

    def histogram(self, reading: ReadingOptions, data: str, files: Iterable[str]) -> Histogram | None:
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
        if self.low_limit or self.high_limit:
            raise ParameterError("--low-limit, --high-limit: the edges of a histogram are its limits; leave them out")
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
        self, reading: ReadingOptions, data: str, files: Iterable[str], *arguments: Any, **options: Any
    ) -> tuple[Table | FileSource | Measured | Histogram, Table | FileSource]:
        """The rows of a file, opened as by `ReadingOptions.open`, or its histogram, and the table of either.

        ``files`` are the options of files that will be written.
        """
        bins = self.histogram(reading, data, files)
        if bins is not None:
            return bins, bins.X
        table, limits = reading.open(data, *arguments, **options), parse_limits(self.low_limit, self.high_limit)
        if not limits:
            return table, table
        if isinstance(table, FileSource):
            raise ParameterError("--low-limit, --high-limit: rows that are read in parts cannot have them; --no-stream")
        return Measured(table, limits=limits), table
