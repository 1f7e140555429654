"""Commands ``mixtura combine`` and ``mixtura reduce``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mixtura
from mixtura import Reduction
from mixtura._support import using_threads
from mixtura.cli import options as o
from mixtura.cli.console import print_json, results_console
from mixtura.cli.files import TABLE_SUFFIXES, read_model, write_table
from mixtura.cli.inputs import parse_drawing, parse_names
from mixtura.cli.outputs import (
    PICTURE,
    Writer,
    check_outputs,
    column_positions,
    files_by_option,
    write_all,
    write_records,
)
from mixtura.cli.reading_options import ReadingOptions
from mixtura.cli.results import combination_summary, reduction_summary
from mixtura.cli.row_columns import with_rows
from mixtura.cli.shared_options import with_options
from mixtura.data.tables import Table
from mixtura.errors import ParameterError


@with_options("noise_columns")
def combine(
    model: o.ModelFile,
    data: o.Data,
    *,
    clusters: o.Clusters = None,
    reading: ReadingOptions,
    threads: o.Threads = None,
    labels: o.ClustersOutput = None,
    append: o.Append = False,
    identifier: o.Identifier = None,
    table: o.ResultsOutput = None,
    picture: o.PictureOutput = None,
    json: o.Json = False,
) -> None:
    """Merge overlapping components of a model into clusters, two at a time.

    Those that overlap most on the rows of DATA are merged first. The suggested number of clusters is at the bend of the
    entropy curve, which --picture shows; it is the number of components if none overlap, and 1 if all do.
    """
    paths = {"--labels": labels, "--table": table, "--picture": picture}
    files = check_outputs(paths, {"--picture": PICTURE}, (model, data))
    mixture = read_model(model)
    rows = reading.table(data, mixture, keep_cells=append, identifier=identifier)
    with using_threads(threads):
        merged = mixtura.combine_components(mixture, rows, rows.sample_weight)
        wanted = merged.suggested if clusters is None else clusters
        merged.groups(wanted)  # refuses a wrong number before anything is written
    records = merged.records()

    def write_labels(path: str) -> None:
        found = {"label": rows.align(merged.predict(rows, wanted).tolist())}
        write_table(path, with_rows(found, rows, path, append=append, identifier=identifier))

    writers: dict[str, Writer] = {
        "--labels": write_labels,
        "--table": lambda path: write_records(path, records),
        "--picture": lambda path: merged.plot(path=path),
    }
    write_all(files, writers, quiet=json)
    if json:
        print_json({"suggested": merged.suggested, "table": records, "files": files_by_option(files)})
    else:
        results_console().print(combination_summary(merged, records), soft_wrap=True)


@with_options("noise_columns")
def reduce(
    model: o.ModelFile,
    data: o.OptionalData = None,
    *,
    balance: o.Balance = 1.0,
    standardised: o.Standardised = False,
    reading: ReadingOptions,
    output: o.RowsOutput = None,
    append: o.Append = False,
    identifier: o.Identifier = None,
    table: o.ResultsOutput = None,
    picture: o.PictureOutput = None,
    loadings: o.LoadingsPicture = None,
    kind: o.PictureKind = "boundaries",
    probabilities: o.Probabilities = "0.5,0.75,0.95",
    show: o.Directions = None,
    json: o.Json = False,
) -> None:
    """Find the directions in which components differ most, and project rows on them."""
    paths = {"--output": output, "--table": table, "--picture": picture, "--loadings": loadings}
    pictures = {"--picture": PICTURE, "--loadings": PICTURE}
    files = check_outputs(paths, pictures, (model, data), output=TABLE_SUFFIXES)
    drawing = parse_drawing(kind, probabilities)
    mixture = read_model(model)
    if data is None and output is not None:
        raise ParameterError("--output writes the rows of DATA, which is not given")
    rows = None if data is None else reading.table(data, mixture, keep_cells=append, identifier=identifier)
    reduction = mixtura.reduce_dimensions(mixture, balance)
    directions = [str(i + 1) for i in range(len(reduction.eigenvalues))]
    drawing["columns"] = column_positions(parse_names(show), directions)
    records = reduction.records(standardised=standardised)
    columns = list(records[0])[3:] if records else []
    writers = {
        "--output": lambda path: write_table(path, _coordinates(reduction, rows, path, append, identifier)),
        "--table": lambda path: write_records(path, records),
        "--picture": lambda path: reduction.plot(rows, path=path, **drawing),
        "--loadings": lambda path: reduction.plot_loadings(path=path),
    }
    write_all(files, writers, quiet=json)
    if json:
        print_json({"balance": balance, "directions": records, "files": files_by_option(files)})
    else:
        console = results_console()
        console.print(reduction_summary(records, columns, console), soft_wrap=True)


def _coordinates(
    reduction: Reduction, rows: Table | None, path: str, append: bool, identifier: str | None
) -> dict[str, Sequence[Any]]:
    """Columns with each row's coordinates along the directions, beside its number or its cells."""
    if rows is None:
        return {}
    coordinates = reduction.transform(rows).T.tolist()
    found = {f"direction_{i + 1}": rows.align(values) for i, values in enumerate(coordinates)}
    return with_rows(found, rows, path, append=append, identifier=identifier)
