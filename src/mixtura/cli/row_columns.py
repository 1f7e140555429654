"""What is written about each row: its component, how sure that is, and whether the row is an outlier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from mixtura import Discriminant, Mixture
from mixtura._support import distinct_name
from mixtura.cli.files import writes_text
from mixtura.data.tables import Table, load_polars
from mixtura.mixture import NOISE_LABEL, noise_name, row_labels

# A row is an outlier if it lies outside the region of highest density that holds this part of the mixture.
USUAL = 0.999


def row_numbers(table: Table) -> list[int]:
    """Numbers of all rows of the file, from 1, as in error messages."""
    return list(range(1, table.n_read + 1))


def label_columns(
    mixture: Mixture, table: Table, *, proba: bool = False, cutoff: float | None = None
) -> dict[str, Sequence[Any]]:
    """Columns with each row's most probable component, its probability, and whether the row is an outlier.

    Rows of the file that were not read have None. Outliers are noise and rows of low density: below the ``cutoff`` of a
    fit that leaves such rows out, for others outside the region of highest density that holds 99.9 % of the mixture.
    ``proba`` adds the probability of each component.
    """
    names, posterior = row_labels(mixture), mixture.posterior(table)
    found = mixture.predict(table)
    if cutoff is None or not np.isfinite(cutoff):
        cutoff = float(mixture.hdr_levels([USUAL])[0])
    best = posterior.max(axis=1)
    # Densities of rows that lack values are of fewer columns than the cutoff is, and those of rows with errors lower.
    whole = ~np.isnan(table.rows).any(axis=1) & (table.noise_variance is None)
    rare = (mixture.logpdf(table) < cutoff) & whole
    columns: dict[str, Sequence[Any]] = {
        "label": table.align([names[j] for j in found.tolist()]),
        "probability": table.align(best.tolist()),
        "uncertainty": table.align((1 - best).tolist()),
        "outlier": table.align(((found == NOISE_LABEL) | rare).tolist()),
    }
    if proba:
        heads = [*names[: mixture.n_components], *([noise_name(mixture)] if mixture.noise else [])]
        columns.update(
            {f"p_{name}": table.align(column) for name, column in zip(heads, posterior.T.tolist(), strict=True)}
        )
    return columns


def class_columns(found: Discriminant, table: Table, *, proba: bool = False) -> dict[str, Sequence[Any]]:
    """Columns with each row's most probable class and its probability; ``proba`` adds that of each class."""
    posterior = found.posterior(table.rows)
    best = posterior.max(axis=1)
    columns: dict[str, Sequence[Any]] = {
        "label": table.align(found.predict(table.rows).tolist()),
        "probability": table.align(best.tolist()),
        "uncertainty": table.align((1 - best).tolist()),
    }
    if proba:
        each = zip(found.classes.tolist(), posterior.T.tolist(), strict=True)
        columns |= {f"p_{name}": table.align(column) for name, column in each}
    return columns


def with_rows(
    found: Mapping[str, Sequence[Any]], table: Table, path: str | None, *, append: bool, identifier: str | None
) -> dict[str, Sequence[Any]]:
    """New columns after the number of each row and its identifier, or with ``append`` after all columns of the file.

    A new column whose name the file has gets another one. A file in text, or no ``path``, gets the cells as they are
    written; in other formats columns of plain numbers become numbers.
    """
    cells = table.cells
    before: dict[str, Sequence[Any]] = {"row": row_numbers(table)}
    if cells is not None and append:
        as_text = path is None or writes_text(path)
        columns: list[Any] = cells.frame.get_columns() if as_text else _as_numbers(table, cells.frame)
        before = dict(zip(cells.frame.columns, columns, strict=True))
    elif cells is not None and identifier is not None:
        before[distinct_name(identifier, before)] = cells.frame[identifier].to_list()
    result = dict(before)
    for name, values in found.items():
        result[distinct_name(name, result)] = values
    return result


def _as_numbers(table: Table, cells: Iterable[Any]) -> list[Any]:
    """The columns of a file, those of text that were read as plain numbers as such: whole ones as integers."""
    polars, used = load_polars(), set(table.columns or ())

    def as_number(series: Any) -> Any:
        kinds = (polars.Int64, polars.Float64) if series.name in used and series.dtype == polars.String else ()
        found = (series.cast(kind, strict=False) for kind in kinds)
        return next((numbers for numbers in found if numbers.null_count() == series.null_count()), series)

    return [as_number(series) for series in cells]
