"""``mixtura classify``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import mixtura
from mixtura import Discriminant
from mixtura.cli import options as o
from mixtura.cli.console import out, print_json
from mixtura.cli.files import write_table
from mixtura.cli.inputs import load_data, names
from mixtura.cli.outputs import STILL, check_outputs, named_files, positions, row_numbers, write_all
from mixtura.cli.results import class_records, discriminated
from mixtura.cli.select import counts
from mixtura.data.tables import Table
from mixtura.mixture import column_labels

# What a cell of the column of classes says where none is known.
UNKNOWN = ""


def classify(
    data: o.Data,
    new: o.NewData = None,
    *,
    classes: o.ClassColumn,
    unlabelled: o.Unlabelled = None,
    components: o.EachComponents = "1",
    models: o.Models = "all",
    columns: o.Columns = None,
    weights_column: o.WeightsColumn = None,
    missing: o.Missing = "error",
    file_format: o.Format = None,
    header: o.Header = None,
    floor: o.Floor = o.DEFAULTS["floor"],
    seed: o.Seed = None,
    threads: o.Threads = None,
    labels: o.ClassesOutput = None,
    proba: o.Proba = False,
    picture: o.PictureOutput = None,
    kind: o.PictureKind = "boundaries",
    show: o.Show = None,
    json: o.Json = False,
) -> None:
    """Learn classes from DATA, a mixture for each, and classify the rows of NEW.

    Rows without a class help to find the Gaussians (only with one component for each class). Where NEW has the column
    of classes, its error is shown, too.
    """
    files = check_outputs({"--labels": labels, "--picture": picture}, {"--picture": STILL}, (data, new))
    reading = (columns, weights_column, missing, file_format)
    rows = load_data(data, *reading, header=header, labels_column=classes)
    chosen = positions(names(show), column_labels(rows.columns, len(rows.rows[0])))
    wanted = counts(components)
    found = mixtura.discriminant(
        rows,
        _known(rows, unlabelled),
        wanted[0] if len(wanted) == 1 else wanted,
        models=names([models]) if models != "all" else models,
        unlabelled=UNKNOWN,
        sample_weight=rows.weights,
        floor=floor,
        seed=seed,
        threads=threads,
    )
    fresh, tables = rows, {"training error": rows}
    if new is not None:
        fresh = load_data(
            *(new, None, None, missing, file_format),
            header=header,
            model=found.mixture,
            labels_column=classes,
            labels_needed=False,
        )
        tables["error on NEW"] = fresh
    errors = _errors(found, tables, unlabelled)
    if json:
        print_json(_values(found, errors, named_files(files)))
    else:
        console = out()
        console.print(discriminated(found, errors, console), soft_wrap=True)
    writers = {
        "--labels": lambda path: write_table(path, _class_columns(found, fresh, proba=proba)),
        "--picture": lambda path: found.plot(fresh, kind=kind, columns=chosen, path=path),
    }
    write_all(files, writers, quiet=json)


def _known(rows: Table, unlabelled: str | None) -> NDArray[np.str_]:
    """Each row's class, and nothing where none is known."""
    given = np.empty(0, dtype=np.str_) if rows.labels is None else rows.labels
    return np.where(given == unlabelled, UNKNOWN, given) if unlabelled is not None else given


def _errors(found: Discriminant, tables: Mapping[str, Table], unlabelled: str | None) -> dict[str, float]:
    """How many rows of known class are mistaken, where there are such rows."""
    errors = {}
    for name, table in tables.items():
        own = _known(table, unlabelled)
        known = np.flatnonzero(own != UNKNOWN)
        if len(known):
            weights = None if table.weights is None else table.weights[known]
            errors[name] = found.error(table.rows[known], own[known], weights)
    return errors


def _values(found: Discriminant, errors: Mapping[str, float], files: Mapping[str, str]) -> dict[str, Any]:
    """All that is printed, as plain values."""
    return {
        "classes": class_records(found),
        "loglik": found.loglik,
        "bic": found.bic,
        "n_parameters": found.n_parameters,
        "errors": dict(errors),
        "files": dict(files),
    }


def _class_columns(found: Discriminant, table: Table, *, proba: bool) -> dict[str, Sequence[Any]]:
    """Each row's most probable class, and the probabilities if wanted."""
    columns: dict[str, Sequence[Any]] = {
        "row": row_numbers(table),
        "label": table.align(found.predict(table.rows).tolist()),
    }
    if proba:
        shares = zip(found.classes.tolist(), found.posterior(table.rows).T.tolist(), strict=True)
        columns |= {f"p_{name}": table.align(share) for name, share in shares}
    return columns
