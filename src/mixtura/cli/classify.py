"""Command ``mixtura classify``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import mixtura
from mixtura import EM, Discriminant
from mixtura.cli import options as o
from mixtura.cli.console import print_json, results_console
from mixtura.cli.files import write_table
from mixtura.cli.inputs import parse_names
from mixtura.cli.outputs import PICTURE, check_outputs, column_positions, files_by_option, write_all
from mixtura.cli.reading_options import ReadingOptions
from mixtura.cli.results import discriminant_summary
from mixtura.cli.row_columns import row_numbers
from mixtura.cli.select import parse_counts
from mixtura.cli.shared_options import with_options
from mixtura.data.tables import Table
from mixtura.mixture import column_labels

# Class of a row whose cell in the column of classes is empty.
UNLABELLED = ""


@with_options()
def classify(
    data: o.Data,
    new: o.NewData = None,
    *,
    classes: o.ClassColumn,
    unlabelled: o.Unlabelled = None,
    components: o.EachComponents = "1",
    models: o.Models = "all",
    weights_are: o.WeightsAre = None,
    reading: ReadingOptions,
    floor: o.Floor = o.EM.floor,
    seed: o.Seed = 0,
    threads: o.Threads = None,
    labels: o.ClassesOutput = None,
    proba: o.Proba = False,
    picture: o.PictureOutput = None,
    kind: o.PictureKind = "boundaries",
    show: o.DrawnColumns = None,
    json: o.Json = False,
) -> None:
    """Fit a mixture to each class of DATA, and classify the rows of NEW.

    The fit includes rows without a class, only with one component for each class. If NEW has the column of classes, its
    error rate is shown, too.
    """
    files = check_outputs({"--labels": labels, "--picture": picture}, {"--picture": PICTURE}, (data, new))
    rows = reading.table(data, labels_column=classes)
    chosen = column_positions(parse_names(show), column_labels(rows.columns, len(rows.rows[0])))
    wanted = parse_counts(components)
    found = mixtura.discriminant(
        rows,
        _class_labels(rows, unlabelled),
        wanted[0] if len(wanted) == 1 else wanted,
        models=parse_names([models]) if models != "all" else models,
        unlabelled=UNLABELLED,
        sample_weight=rows.sample_weight,
        weights_are=weights_are,
        em=EM(floor=floor),
        seed=seed,
        threads=threads,
    )
    new_rows, tables = rows, {"training error": rows}
    if new is not None:
        others = replace(reading, columns=None, weights_column=None)
        new_rows = others.table(new, found.mixture, labels_column=classes, labels_needed=False)
        tables["error on NEW"] = new_rows
    errors = _error_rates(found, tables, unlabelled)
    writers = {
        "--labels": lambda path: write_table(path, _class_columns(found, new_rows, proba=proba)),
        "--picture": lambda path: found.plot(new_rows, kind=kind, columns=chosen, path=path),
    }
    write_all(files, writers, quiet=json)
    if json:
        print_json(_json_values(found, errors, files_by_option(files)))
    else:
        console = results_console()
        console.print(discriminant_summary(found, errors, console), soft_wrap=True)


def _class_labels(rows: Table, unlabelled: str | None) -> NDArray[np.str_]:
    """Class of each row, (n,); empty text where it is unknown."""
    given = np.empty(0, dtype=np.str_) if rows.labels is None else rows.labels
    return np.where(given == unlabelled, UNLABELLED, given) if unlabelled is not None else given


def _error_rates(found: Discriminant, tables: Mapping[str, Table], unlabelled: str | None) -> dict[str, float]:
    """Error rate of the rows of known class in each table that has such rows."""
    errors = {}
    for name, table in tables.items():
        own = _class_labels(table, unlabelled)
        known = np.flatnonzero(own != UNLABELLED)
        if len(known):
            weights = None if table.sample_weight is None else table.sample_weight[known]
            errors[name] = found.error(table.rows[known], own[known], weights)
    return errors


def _json_values(found: Discriminant, errors: Mapping[str, float], files: Mapping[str, str]) -> dict[str, Any]:
    """Plain values of a discriminant, its error rates and the written files, for JSON."""
    return {
        "classes": found.records(),
        "loglik": found.loglik,
        "bic": found.bic,
        "n_parameters": found.n_parameters,
        "errors": dict(errors),
        "files": dict(files),
    }


def _class_columns(found: Discriminant, table: Table, *, proba: bool) -> dict[str, Sequence[Any]]:
    """Columns with each row's number, most probable class and, with ``proba``, class probabilities."""
    columns: dict[str, Sequence[Any]] = {
        "row": row_numbers(table),
        "label": table.align(found.predict(table.rows).tolist()),
    }
    if proba:
        probabilities = zip(found.classes.tolist(), found.posterior(table.rows).T.tolist(), strict=True)
        columns |= {f"p_{name}": table.align(column) for name, column in probabilities}
    return columns
