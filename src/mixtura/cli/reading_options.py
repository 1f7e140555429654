"""Options that say how DATA is read, and which of its columns are used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import typer

from mixtura import Histogram, Measured, Mixture
from mixtura.cli.console import print_message, silent_panics
from mixtura.cli.inputs import parse_names
from mixtura.cli.live import rows_progress, show_rows, shows_on_terminal
from mixtura.data import ChosenColumns, plain_rows
from mixtura.data.files import FileSource, is_large, scan_files
from mixtura.data.tables import FORMATS, Reading, Table, read_as
from mixtura.errors import ParameterError

Columns: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="a,b",
        help="Columns to use, in this order, by name, position (2), range (2:4, age:height) or pattern ('sepal*');"
        " default: the model's, or all that hold numbers. May be repeated.",
    ),
]
Exclude: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="a,b", help="Columns to leave out, in the same way."),
]
Numeric: TypeAlias = Annotated[
    bool,
    typer.Option("--numeric", help="Of these columns, use those that hold numbers."),
]
WeightsColumn: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Column of weights: a weight of 3 counts a row three times."),
]
NoiseColumns: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="a,b",
        help="Columns of standard deviations of the errors of measurement, one for each column that is used, in the"
        " same order.",
    ),
]
Missing: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="model|error|drop",
        help="What to do about rows with missing cells: model what they have (the default), refuse them, or leave them"
        " out. Rows with infinite cells are refused, or left out.",
    ),
]
Format: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--format", metavar="NAME", help=f"Format, where the file's name does not tell: {', '.join(FORMATS)}."
    ),
]
Header: TypeAlias = Annotated[
    bool | None,
    typer.Option("--header/--no-header", help="Whether the first row of text or a sheet has names; default: guessed."),
]
Decimal: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="C", help="Character before decimals; default: found, or a point."),
]
Thousands: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="C", help="Character between thousands; default: found, or none."),
]
NA: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--na",
        metavar="TEXT",
        help="Text that means a missing value, besides NA, NaN, NULL, None and empty cells. May be repeated.",
    ),
]
Encoding: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Encoding of text, such as latin-1; default: found."),
]
Sheet: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Sheet of a spreadsheet; default: the first with cells."),
]
MaxUnpacked: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="BYTES",
        help="Largest size that a compressed file may unpack to; default: 100 times its own size, at least 128000000.",
    ),
]


Stream: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--stream/--no-stream",
        help="Whether the rows are read in parts, so that memory is bounded; default: patterns ('logs/*.parquet'),"
        " folders, addresses (s3://...), and files beyond 1 GB.",
    ),
]

BadRows: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="error|drop",
        help="What to do about rows that cannot be read, with text in place of a number or too many or too few cells,"
        " in files that are read in parts.",
    ),
]

# Options of reading that only files have that are read whole.
WHOLE_ONLY = ("noise_columns", "numeric", "header", "decimal", "thousands", "na", "encoding", "sheet", "max_unpacked")


@dataclass(frozen=True)
class ReadingOptions:
    """Options that say how a file is read, as the command line gives them, in the order of the help text."""

    columns: Columns = None
    exclude: Exclude = None
    numeric: Numeric = False
    weights_column: WeightsColumn = None
    noise_columns: NoiseColumns = None
    missing: Missing = "model"
    file_format: Format = None
    header: Header = None
    decimal: Decimal = None
    thousands: Thousands = None
    na: NA = None
    encoding: Encoding = None
    sheet: Sheet = None
    max_unpacked: MaxUnpacked = None

    def reading(self) -> Reading:
        """The options as a value."""
        return Reading(
            columns=parse_names(self.columns),
            exclude=parse_names(self.exclude) or (),
            numeric=self.numeric,
            weights_column=self.weights_column,
            noise_columns=parse_names(self.noise_columns),
            missing=self.missing,
            file_format=self.file_format,
            header=self.header,
            decimal=self.decimal,
            thousands=self.thousands,
            na=self.na or (),
            encoding=self.encoding,
            sheet=self.sheet,
            max_unpacked=self.max_unpacked,
        )

    def open(
        self,
        data: str,
        model: str | Mixture | None = None,
        *,
        stream: bool | None,
        bad_rows: str,
        keep_cells: bool = False,
        identifier: str | None = None,
        weights_are: str | None = None,
    ) -> Table | FileSource:
        """The rows of a file as a table, or as a source of rows that are read in parts; see `table`."""
        if not (is_large(data) if stream is None else stream):
            if bad_rows != "error":
                raise ParameterError(
                    f"--bad-rows {bad_rows}: only files that are read in parts can do without rows; pass --stream, too"
                )
            return self.table(data, model, keep_cells=keep_cells, identifier=identifier)
        given = [f"--{name.replace('_', '-')}" for name in WHOLE_ONLY if getattr(self, name)]
        given += ["--append"] * keep_cells + ["--id"] * (identifier is not None)
        if given:
            raise ParameterError(
                f"{', '.join(given)}: this is for a single file that is read whole; leave it out"
                + (", or pass --no-stream" if stream else "")
            )
        own = model.columns if isinstance(model, Mixture) and self.columns is None else None
        with rows_progress("reading"):
            source = scan_files(
                data,
                ChosenColumns(own or parse_names(self.columns), parse_names(self.exclude) or (), self.weights_column),
                weights_are=weights_are if self.weights_column else None,
                missing=self.missing,
                bad_rows=bad_rows,
                file_format=self.file_format,
                on_rows=show_rows if shows_on_terminal() else None,
            )
        if isinstance(model, Mixture) and model.n_features != source.n_features:
            raise ParameterError(
                f"the model has {model.n_features} columns, {source.name} has {source.n_features}; pass --columns"
            )
        for note in source.notes:
            print_message(f"note: {note}")
        return source

    def table(self, data: str, model: str | Mixture | None = None, **more: Any) -> Table:
        """Read the rows of a file, and print notes about what was left out or guessed.

        Only a mixture as ``model`` chooses columns; ``more`` are arguments of `mixtura.data.tables.read_as`.
        """
        like = model if isinstance(model, Mixture) else None
        with silent_panics():
            table = read_as(data, self.reading(), model=like, **more)
        for note in table.notes:
            print_message(f"note: {note}")
        return table


def weight_arguments(rows: Table | FileSource | Measured | Histogram, weights_are: str | None) -> dict[str, Any]:
    """Arguments of `mixtura.fit` and others about the weights of rows; a source and a histogram have them."""
    if isinstance(rows, FileSource | Histogram):
        return {}
    own = plain_rows(rows).sample_weight
    return {"sample_weight": own, "weights_are": weights_are}
