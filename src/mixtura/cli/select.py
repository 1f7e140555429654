"""``mixtura select``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.text import Text

import mixtura
from mixtura import Cell, Selection
from mixtura._support import write_text
from mixtura.cli import options as o
from mixtura.cli.console import out, print_json, say
from mixtura.cli.files import TABLES, write_table
from mixtura.cli.inputs import load_data, names, noise_named, size_named
from mixtura.cli.live import bar
from mixtura.cli.outputs import STILL, check_outputs, label_columns, named_files, write_all, write_records
from mixtura.cli.tables import fit_summary, fit_values, ranking
from mixtura.covariance.models import as_constraint
from mixtura.data.tables import Table
from mixtura.errors import ParameterError
from mixtura.plotting import plot_criterion
from mixtura.selection import as_models


def counts(text: str) -> list[int]:
    """Numbers of components: one, several, or a range with both ends.

    Examples
    --------
    >>> counts("1:4"), counts("2,5"), counts("1:3,6")
    ([1, 2, 3, 4], [2, 5], [1, 2, 3, 6])
    """
    found: list[int] = []
    for part in text.split(","):
        ends = part.split(":")
        if len(ends) > 2 or not all(end.strip().isdecimal() for end in ends):
            raise ParameterError(f"--components is {text!r}; expected numbers such as 3, 1:9 or 2,4,8")
        found += range(int(ends[0]), int(ends[-1]) + 1)
    return found


@contextmanager
def cell_progress(total: int, *, verbose: bool) -> Iterator[Callable[[Cell], object] | None]:
    """A callback that shows each cell: a line with ``verbose``, else a bar on a terminal, and nothing elsewhere."""
    if verbose:
        yield lambda cell: say(line(cell))
        return
    with bar("cells", total) as show:
        yield show and (lambda cell: show(advance=1, description=f"{cell.model},{cell.components}"))


def line(cell: Cell) -> str:
    """A cell in one line.

    Examples
    --------
    >>> line(Cell(9, "VVV", None, None, (), error="There are only 5 rows."))
    'VVV,9  There are only 5 rows.'
    """
    if cell.fit is None:
        return f"{cell.model},{cell.components}  {cell.trouble}"
    best = cell.begin.name if cell.begin else ""
    return f"{cell.model},{cell.components}  log-likelihood {cell.loglik:.6f}  BIC {cell.fit.bic:.4f}  from {best}"


def report(chosen: Selection, table: Table, files: Mapping[str, str], *, json: bool) -> None:
    """Say what was chosen, and write the files."""
    best = chosen.best
    if json:
        best_values = fit_values(best, named_files(files))
        print_json({"criterion": chosen.criterion, "table": plain(chosen), "best": best_values})
    else:
        console = out()
        console.print(ranking(chosen), soft_wrap=True)
        console.print(Text(), fit_summary(best, console), soft_wrap=True)
    writers: dict[str, Callable[[str], object]] = {
        "--output": lambda path: write_text(path, f"{best.mixture.to_json()}\n"),
        "--labels": lambda path: write_table(path, label_columns(best.mixture, table, proba=False)),
        "--table": lambda path: write_cells(chosen, path),
        "--picture": lambda path: plot_criterion(chosen, path),
    }
    write_all(files, writers, quiet=json)


def plain(chosen: Selection) -> list[dict[str, Any]]:
    """The table, with null for what is not a finite number."""
    return [{name: None if _missing(value) else value for name, value in row.items()} for row in chosen.table]


def _missing(value: Any) -> bool:
    """Whether a value is a number that JSON does not know."""
    return isinstance(value, float) and not math.isfinite(value)


def write_cells(chosen: Selection, path: str) -> None:
    """The table; in a .json file everything there is to go on from."""
    if path.lower().endswith(".json"):
        write_text(path, f"{chosen.to_json()}\n")
        return
    write_records(path, plain(chosen))


def select(
    data: o.Data,
    *,
    components: o.Counts = "1:9",
    models: o.Models = "all",
    criterion: o.Criterion = o.SELECT["criterion"],
    columns: o.Columns = None,
    weights_column: o.WeightsColumn = None,
    missing: o.Missing = "error",
    file_format: o.Format = None,
    header: o.Header = None,
    start: o.SweepStart = o.SWEEP_START,
    noise: o.Noise = None,
    noise_region: o.NoiseRegion = o.SELECT["noise_region"],
    equal_proportions: o.EqualProportions = False,
    sample_size: o.SampleSize = None,
    prior: o.Prior = None,
    eigenvalue_ratio: o.EigenvalueRatio = None,
    determinant_ratio: o.DeterminantRatio = None,
    shape_ratio: o.ShapeRatio = None,
    tol: o.Tol = o.SELECT["tol"],
    max_iter: o.MaxIter = o.SELECT["max_iter"],
    floor: o.Floor = o.SELECT["floor"],
    seed: o.Seed = None,
    threads: o.Threads = None,
    resume: o.Resume = None,
    output: o.ModelOutput = None,
    labels: o.LabelsOutput = None,
    table: o.CellsOutput = None,
    picture: o.PictureOutput = None,
    json: o.Json = False,
    verbose: o.VerboseCells = False,
) -> None:
    """Choose the covariance model and the number of components for the rows of DATA.

    Ctrl-C ends the search and keeps the cells that are done.
    Exit code 0: done; where something is doubtful, a warning says so. 2: bad input.
    """
    asked = {"--output": output, "--labels": labels, "--table": table, "--picture": picture}
    files = check_outputs(asked, {"--picture": STILL}, (data,), table=[*TABLES, ".json"])
    wanted = counts(components)
    rows = load_data(data, columns, weights_column, missing, file_format, header=header)
    bound = as_constraint(eigenvalue_ratio, determinant_ratio, shape_ratio)
    chosen_models = as_models(names([models]) or [], rows.rows.shape[1], bound)
    with cell_progress(len(set(wanted)) * len(chosen_models), verbose=verbose) as watch:
        chosen = mixtura.select(
            rows,
            wanted,
            models=chosen_models,
            criterion=criterion,
            start=names([start]),
            noise=noise_named(noise),
            noise_region=noise_region,
            equal_proportions=equal_proportions,
            sample_weight=rows.weights,
            sample_size=size_named(sample_size),
            prior=prior,
            eigenvalue_ratio=eigenvalue_ratio,
            determinant_ratio=determinant_ratio,
            shape_ratio=shape_ratio,
            tol=tol,
            max_iter=max_iter,
            floor=floor,
            seed=seed,
            threads=threads,
            resume=resume,
            on_cell=watch,
        )
    report(chosen, rows, files, json=json)
