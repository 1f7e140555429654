"""Command ``mixtura classify``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import mixtura
from mixtura import EM, Confusion, Discriminant
from mixtura.cli import options as o
from mixtura.cli.console import print_json, results_console
from mixtura.cli.files import write_table
from mixtura.cli.inputs import parse_names
from mixtura.cli.outputs import PICTURE, Writer, check_outputs, column_positions, files_by_option, write_all
from mixtura.cli.reading_options import ReadingOptions
from mixtura.cli.results import discriminant_summary
from mixtura.cli.row_columns import class_columns, with_rows
from mixtura.cli.select import parse_counts
from mixtura.cli.shared_options import with_options
from mixtura.data.tables import Table
from mixtura.mixture import column_labels
from mixtura.plotting import as_plot_kind

# Class of a row whose cell in the column of classes is empty.
UNLABELLED = ""


@with_options("noise_columns")
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
    output: o.ClassifierOutput = None,
    folds: o.Folds = 10,
    labels: o.ClassesOutput = None,
    append: o.Append = False,
    identifier: o.Identifier = None,
    proba: o.Proba = False,
    picture: o.PictureOutput = None,
    kind: o.PictureKind = "boundaries",
    show: o.DrawnColumns = None,
    json: o.Json = False,
) -> None:
    """Fit a mixture to each class of DATA, and classify the rows of NEW.

    The fit includes rows without a class, only with one component for each class. The cross-validated error is that of
    rows that the classes' mixtures were not fitted to. If NEW has the column of classes, its error rate is shown, too.
    """
    paths = {"--output": output, "--labels": labels, "--picture": picture}
    files = check_outputs(paths, {"--picture": PICTURE}, (data, new))
    as_plot_kind(kind)
    kept: dict[str, Any] = {"keep_cells": append, "identifier": identifier}
    rows = reading.table(data, labels_column=classes, **kept)
    chosen = column_positions(parse_names(show), column_labels(rows.columns, len(rows.rows[0])))
    wanted = parse_counts(components)
    found = mixtura.discriminant(
        rows,
        _class_labels(rows, unlabelled),
        wanted[0] if len(wanted) == 1 else wanted,
        models=parse_names([models]),
        unlabelled=UNLABELLED,
        sample_weight=rows.sample_weight,
        weights_are=weights_are,
        em=EM(floor=floor),
        seed=seed,
        threads=threads,
    )
    confusions = {"training error": _confusion(found, rows, unlabelled)}
    if folds:
        own = (rows.rows, _known(rows, unlabelled))
        how: dict[str, Any] = {"sample_weight": rows.sample_weight, "weights_are": weights_are}
        how |= {"seed": seed, "threads": threads}
        confusions["cross-validated error"] = mixtura.cross_validate_classes(found, *own, folds, **how)
    new_rows = rows
    if new is not None:
        others = replace(reading, columns=None, weights_column=None)
        new_rows = others.table(new, found.mixture, labels_column=classes, labels_needed=False, **kept)
        confusions["error on NEW"] = _confusion(found, new_rows, unlabelled)
    confusions = {name: each for name, each in confusions.items() if each.n_rows}

    def write_labels(path: str) -> None:
        columns = class_columns(found, new_rows, proba=proba)
        write_table(path, with_rows(columns, new_rows, path, append=append, identifier=identifier))

    writers: dict[str, Writer] = {
        "--output": found.save,
        "--labels": write_labels,
        "--picture": lambda path: found.plot(new_rows, kind=kind, columns=chosen, path=path),
    }
    write_all(files, writers, quiet=json)
    _report(found, confusions, files, json=json)


def _report(found: Discriminant, confusions: Mapping[str, Confusion], files: Mapping[str, str], *, json: bool) -> None:
    """Print a discriminant, its error rates, and the last confusion table, as text or JSON."""
    if json:
        print_json(_json_values(found, confusions, files_by_option(files)))
        return
    console = results_console()
    console.print(discriminant_summary(found, confusions, console), soft_wrap=True)


def _class_labels(rows: Table, unlabelled: str | None) -> NDArray[np.str_]:
    """Class of each row, (n,); empty text where it is unknown."""
    given = np.empty(0, dtype=np.str_) if rows.labels is None else rows.labels
    return np.where(given == unlabelled, UNLABELLED, given) if unlabelled is not None else given


def _known(rows: Table, unlabelled: str | None) -> NDArray[Any]:
    """Class of each row, (n,), None where it is unknown."""
    given = _class_labels(rows, unlabelled).astype(object)
    given[given == UNLABELLED] = None
    return given


def _confusion(found: Discriminant, table: Table, unlabelled: str | None) -> Confusion:
    """Rows of a table counted by class and predicted class; none if it has no column of classes."""
    own = _known(table, unlabelled) if table.labels is not None else np.full(len(table.rows), None)
    return found.confusion(table.rows, own, table.sample_weight)


def _json_values(found: Discriminant, confusions: Mapping[str, Confusion], files: Mapping[str, str]) -> dict[str, Any]:
    """Plain values of a discriminant, its error rates, confusion tables and the written files, for JSON."""
    return {
        "classes": found.records(),
        "loglik": found.loglik,
        "bic": found.bic,
        "n_parameters": found.n_parameters,
        "errors": {name: each.error for name, each in confusions.items()},
        "confusions": {name: each.counts.tolist() for name, each in confusions.items()},
        "files": dict(files),
    }
