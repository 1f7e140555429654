"""Command ``mixtura select``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.text import Text

import mixtura
from mixtura import Cell, Selection
from mixtura._support import shortened, write_text
from mixtura.cli import options as o
from mixtura.cli.console import finite_records, print_json, print_message, results_console
from mixtura.cli.files import TABLE_SUFFIXES
from mixtura.cli.inputs import parse_names
from mixtura.cli.live import progress_bar
from mixtura.cli.measured_options import MeasuredOptions
from mixtura.cli.model_options import NOT_IN_SELECT, FitOptions
from mixtura.cli.outputs import PICTURE, Writer, check_outputs, files_by_option, fit_writers, write_all, write_records
from mixtura.cli.reading_options import BadRows, ReadingOptions, Stream, weight_arguments
from mixtura.cli.shared_options import with_options
from mixtura.cli.tables import fit_summary, fit_values, ranking_summary
from mixtura.data.files import FileSource
from mixtura.data.tables import Table
from mixtura.errors import ParameterError
from mixtura.selection import as_models

# Digits of the largest number of components.
MOST_DIGITS = 6


def parse_counts(text: str) -> list[int]:
    """Split text into numbers of components: single ones, and ranges that include both ends.

    Examples
    --------
    >>> parse_counts("1:4"), parse_counts("2,5"), parse_counts("1:3,6")
    ([1, 2, 3, 4], [2, 5], [1, 2, 3, 6])
    """
    found: list[int] = []
    for part in text.split(","):
        ends = part.split(":")
        if len(ends) > 2 or not all(end.strip().isdecimal() and len(end.strip()) <= MOST_DIGITS for end in ends):
            raise ParameterError(f"--components is {shortened(text)}; expected numbers such as 3, 1:9 or 2,4,8")
        found += range(int(ends[0]), int(ends[-1]) + 1)
    return found


@contextmanager
def cell_progress(total: int, *, verbose: bool) -> Iterator[Callable[[Cell], object] | None]:
    """Show finished cells; give the callback for `mixtura.select`, or None without a terminal.

    With ``verbose`` each cell is a line; otherwise a progress bar is shown on a terminal.
    """
    if verbose:
        yield lambda cell: print_message(cell_line(cell))
        return
    with progress_bar("cells", total) as show:
        yield show and (lambda cell: show(advance=1, description=f"{cell.model},{cell.n_components}"))


def cell_line(cell: Cell) -> str:
    """Line for one cell: its model, number of components, log-likelihood and BIC, or why it has no fit.

    Examples
    --------
    >>> cell_line(Cell(9, "VVV", None, None, (), error="There are only 5 rows."))
    'VVV,9  There are only 5 rows.'
    """
    if cell.fit is None:
        return f"{cell.model},{cell.n_components}  {cell.trouble}"
    best = cell.start.name if cell.start else ""
    return f"{cell.model},{cell.n_components}  log-likelihood {cell.loglik:.6f}  BIC {cell.fit.bic:.4f}  from {best}"


def report_selection(chosen: Selection, files: Mapping[str, str], *, top: int, json: bool) -> None:
    """Print a selection as text or JSON; ``files`` are written already."""
    best = chosen.best
    if json:
        best_values = fit_values(best, files_by_option(files))
        print_json({"criterion": chosen.criterion, "table": finite_records(chosen.records()), "best": best_values})
        return
    console = results_console()
    console.print(ranking_summary(chosen, top, console), soft_wrap=True)
    console.print(Text(), fit_summary(best, console), soft_wrap=True)


def selection_writers(
    chosen: Selection, table: Table | FileSource, *, append: bool, identifier: str | None
) -> dict[str, Writer]:
    """What writes the file of each option of ``mixtura select``."""
    return {
        **fit_writers(chosen.best, table, append=append, identifier=identifier),
        "--table": lambda path: write_cells(chosen, path),
        "--picture": lambda path: chosen.plot(path=path),
    }


def write_cells(chosen: Selection, path: str) -> None:
    """Write the table of all cells, or to a .json file the whole selection, from which it can be resumed."""
    if path.lower().endswith(".json"):
        write_text(path, f"{chosen.to_json()}\n")
        return
    write_records(path, finite_records(chosen.records()))


@with_options(*NOT_IN_SELECT)
def select(
    data: o.Data,
    *,
    components: o.Counts = "1:9",
    models: o.Models = "all",
    criterion: o.Criterion = o.SELECT["criterion"],
    start: o.SweepStart = o.SWEEP_START,
    reading: ReadingOptions,
    measured: MeasuredOptions,
    settings: FitOptions,
    resume: o.Resume = None,
    output: o.ModelOutput = None,
    labels: o.LabelsOutput = None,
    append: o.Append = False,
    identifier: o.Identifier = None,
    stream: Stream = None,
    bad_rows: BadRows = "error",
    table: o.CellsOutput = None,
    picture: o.PictureOutput = None,
    top: o.Top = 5,
    json: o.Json = False,
    verbose: o.VerboseCells = False,
) -> None:
    """Choose the covariance model and the number of components for the rows of DATA.

    Ctrl-C ends the selection and keeps the finished cells.
    Exit code 0: done; where something is doubtful, a warning says so. 2: bad input.
    """
    paths = {"--output": output, "--labels": labels, "--table": table, "--picture": picture}
    files = check_outputs(paths, {"--picture": PICTURE}, (data,), table=[*TABLE_SUFFIXES, ".json"])
    wanted = parse_counts(components)
    kept: dict[str, Any] = {"stream": stream, "bad_rows": bad_rows, "keep_cells": append, "identifier": identifier}
    kept["weights_are"] = settings.weights_are
    rows, own = measured.open(reading, data, files, **kept)
    shared = settings.selection_options()
    chosen_models = as_models(parse_names([models]) or [], own.n_features, shared["constraint"])
    with cell_progress(len(set(wanted)) * len(chosen_models), verbose=verbose) as on_cell:
        chosen = mixtura.select(
            rows,
            wanted,
            models=chosen_models,
            criterion=criterion,
            start=parse_names([start]),
            **weight_arguments(rows, settings.weights_are),
            seed=settings.seed,
            threads=settings.threads,
            resume=resume,
            on_cell=on_cell,
            **shared,
        )
    write_all(files, selection_writers(chosen, own, append=append, identifier=identifier), quiet=json)
    report_selection(chosen, files, top=top, json=json)
