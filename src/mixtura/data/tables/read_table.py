"""Tables of numbers from chosen columns of a file: `mixtura.read`; errors name the row and the column of a bad cell."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from mixtura._support import LARGEST_VALUE, Array, Rows, format_count, format_list
from mixtura.data.tables.cells import Cells, load_polars
from mixtura.data.tables.columns import find_columns, no_such_column
from mixtura.data.tables.formats import display_name, read_cells
from mixtura.data.tables.formulas import unguard
from mixtura.data.tables.noise_columns import noise_variances
from mixtura.data.tables.numbers import Numbers, as_numeric
from mixtura.data.tables.reading import Reading
from mixtura.data.tables.table import Table
from mixtura.data.usable_rows import modelled_note
from mixtura.errors import DataError, ParameterError

if TYPE_CHECKING:
    import polars as pl


class HasColumns(Protocol):
    """A value fitted to d columns, with or without names, such as a mixture."""

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of the d columns, or None."""

    @property
    def n_features(self) -> int:
        """Number of columns, d."""


def read(
    path: str | os.PathLike[str],
    columns: Sequence[str | int] | None = None,
    *,
    exclude: Sequence[str | int] = (),
    numeric: bool = False,
    weights_column: str | None = None,
    noise_columns: Sequence[str | int] | None = None,
    missing: str = "model",
    file_format: str | None = None,
    header: bool | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    na: Sequence[str] = (),
    encoding: str | None = None,
    sheet: str | None = None,
    max_unpacked: int | None = None,
) -> Table:
    r"""Read a table of numbers from a file, for `mixtura.fit` and all other functions.

    CSV, TSV and numbers separated by blanks; Parquet, Arrow and Feather; JSON and NDJSON; Excel and OpenDocument (with
    the package fastexcel); ``.npy`` and ``.npz``. Text may be compressed (.gz, .bz2, .xz).

    Parameters
    ----------
    path : str or path
        ``-`` is standard input.
    columns : sequence of str or int, optional
        Which columns to use, in this order, by name, position from 1 (``"2"``), range (``"2:4"``, ``"age:height"``) or
        pattern (``"sepal*"``); an int is a position from 0. By default all that hold numbers, but not the weights;
        those that are left out are named in ``notes``.
    exclude : sequence of str or int
        Columns to leave out, given in the same way.
    numeric : bool
        Whether columns without numbers among ``columns`` are left out.
    weights_column : str, optional
        Name of the column that holds the rows' weights.
    noise_columns : sequence of str or int, optional
        Columns that hold standard deviations of the errors of measurement, one for each column that is used and in the
        same order; given as ``columns`` are. The table's rows then have such errors wherever it is data.
    missing : {"error", "drop", "model"}
        Whether a missing cell is an error, or its row is left out, or it stays missing, as NaN, which fits model. Rows
        without any value are left out then, and infinite values an error. Text that is not a number always is one.
    file_format : str, optional
        "csv", "tsv", "parquet", "arrow", "ndjson", "json", "excel", "npy" or "npz"; by default that of the suffix.
    header : bool, optional
        Whether the first row of a CSV, TSV or Excel file names the columns; guessed unless given.
    decimal, thousands : str, optional
        Characters before decimals and between thousands in numbers that are written as text; looked for unless one of
        them is given.
    na : sequence of str
        Text that means a missing value, besides the usual ones: NA, N/A, NaN, NULL, None and empty cells. That of a
        number, such as "-99", counts in columns of numbers, too.
    encoding : str, optional
        That of text, such as "latin-1"; by default UTF-8, or what the first bytes say.
    sheet : str, optional
        Name of the sheet of a spreadsheet; by default the first one with cells.
    max_unpacked : int, optional
        Largest number of bytes that a compressed file may unpack to; by default 100 times its own size, and at least
        128 million.

    Returns
    -------
    Table

    Raises
    ------
    DataError
        If the file or a cell cannot be used; the message names the row (from 1, without the header) and column.
    ParameterError
        If a column is missing from the file.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "data.csv"
    >>> _ = path.write_text('name,age,price\nAda,31,"1,200"\nBob,45,\n', encoding="utf-8")
    >>> table = read(path, missing="drop")
    >>> table.columns, table.rows.tolist(), table.positions.tolist()
    (('age', 'price'), [[31.0, 1200.0]], [0])
    """
    reading = Reading(
        columns=columns,
        exclude=exclude,
        numeric=numeric,
        weights_column=weights_column,
        noise_columns=noise_columns,
        missing=missing,
        file_format=file_format,
        header=header,
        decimal=decimal,
        thousands=thousands,
        na=na,
        encoding=encoding,
        sheet=sheet,
        max_unpacked=max_unpacked,
    )
    return read_as(os.fspath(path), reading)


def read_as(
    path: str,
    reading: Reading,
    *,
    model: HasColumns | None = None,
    labels_column: str | None = None,
    labels_needed: bool = True,
    identifier: str | None = None,
    keep_cells: bool = False,
) -> Table:
    """Read a table of numbers; see `read`.

    Parameters
    ----------
    path : str
    reading : Reading
    model : Mixture or other value with columns, optional
        Read the columns that this model was fitted to: by name where both have names, else by position.
    labels_column : str, optional
        Name of a column that is read as text, such as the rows' classes.
    labels_needed : bool
        Whether a missing ``labels_column`` is an error.
    identifier : str, optional
        Column that tells the rows apart, which is used only if it is asked for, or the model has it; its cells are
        kept.
    keep_cells : bool
        Whether the result has all cells of the file, too.
    """
    name, weights_column = display_name(path), reading.weights_column
    cells = read_cells(path, reading)
    if not labels_needed and labels_column not in cells.frame.columns:
        labels_column = None
    noise = find_columns(reading.noise_columns or (), cells.frame.columns, name)
    excluded = [column for column in (weights_column, labels_column, *noise) if column is not None]
    if identifier is not None and identifier not in ((model and model.columns) or ()):
        excluded.append(identifier)
    chosen, told = _choose_columns(cells, name, reading, excluded, model)
    others = [*noise, *([weights_column] if weights_column else [])]
    used = list(dict.fromkeys([*chosen, *others]))
    if not cells.frame.height:
        raise DataError(f"{name} has a header but no rows")
    numbers = as_numeric(cells.frame.select(used), name, reading, cells.separator)
    left, notes = _without_text(numbers, name, reading, chosen)
    if model and len(left) != model.n_features:
        raise ParameterError(_say_wrong_count(left, name, model))
    numbers = numbers.select([column for column in used if column in left or column in others])
    complete = numbers.usable(name, reading.missing, weighted=weights_column is not None)
    kept = np.flatnonzero(complete)
    weights = numbers.frame[weights_column].to_numpy().astype(np.float64)[kept] if weights_column else None
    rows = np.ascontiguousarray(numbers.frame.select(left).to_numpy()[kept])
    _check_values(rows, weights, [*left, weights_column or ""], name, kept)
    variances = noise_variances(numbers.frame.select(noise).to_numpy(), rows, [noise, left], name, kept)
    notes = (*cells.notes, *told, *numbers.notes, *notes)
    if len(kept) < len(complete):
        notes += (
            f"{name}: left out {len(complete) - len(kept)} of {len(complete)} rows, which {_without(reading.missing)}",
        )
    notes += modelled_note(name, int(np.isnan(rows).sum()), rows.size)
    names = tuple(left) if cells.has_names or reading.columns or (model and model.columns) else None
    labels = None if labels_column is None else _labels(cells, labels_column)[kept]
    own_cells = cells if keep_cells or identifier is not None else None
    return Table(rows, names, weights, name, kept, len(complete), notes, labels, own_cells, variances)


def _without(missing: str) -> str:
    """Why rows were left out."""
    return "have no value" if missing == "model" else "have missing values"


def _labels(cells: Cells, column: str) -> NDArray[np.str_]:
    """The cells of a column as text, stripped; empty where a cell is empty."""
    text = cells.frame[column].cast(load_polars().String).str.strip_chars().fill_null("").to_list()
    return np.array([*map(unguard, text)] if cells.separator else text, dtype=np.str_)


def _choose_columns(
    cells: Cells, name: str, reading: Reading, excluded: Sequence[str], model: HasColumns | None
) -> tuple[list[str], tuple[str, ...]]:
    """Names of the columns to use, those asked for, those of the model, or all that are not excluded; and notes."""
    available = cells.frame.columns
    notes: tuple[str, ...] = ()
    for column in excluded:
        if column not in available:
            raise no_such_column(column, available, name)
    own = model.columns if model else None
    named = own if own and (cells.has_names or set(own) <= set(available)) else available
    wanted = find_columns(named if reading.columns is None else reading.columns, available, name)
    if reading.columns is None and "" in wanted and _counts_rows(cells.frame[""]):
        wanted.remove("")
        notes = (f"{name}: the column without a name counts the rows; it is left out",)
    without = {*excluded, *find_columns(reading.exclude, available, name)} - set(reading.columns or ())
    wanted = [column for column in wanted if column not in without]
    if not wanted:
        raise ParameterError(f"{name}: no column is left to use; it has {format_list(available)}")
    if "" in wanted:
        raise DataError(f"{name}: column {available.index('') + 1} has no name; pass --columns or --exclude")
    return wanted, notes


def _counts_rows(column: pl.Series) -> bool:
    """Whether a column has the numbers of the rows, from 0 or 1."""
    polars = load_polars()
    numbers = column.cast(polars.String).cast(polars.Int64, strict=False)
    first = numbers[0] if len(numbers) else None
    return first in (0, 1) and bool((numbers == polars.arange(first, first + len(numbers), eager=True)).all())


def _without_text(
    numbers: Numbers, name: str, reading: Reading, chosen: list[str]
) -> tuple[list[str], tuple[str, ...]]:
    """The columns to use that hold numbers, and a note that names the others.

    Columns that were asked for by name are kept: their first cell that is no number is an error.
    """
    text = numbers.text_columns if reading.columns is None or reading.numeric else []
    left = [column for column in chosen if column not in text]
    out = [column for column in chosen if column in text]
    if not out:
        return left, ()
    what = format_count(len(out), "column")
    if not left:
        raise DataError(f"{name}: no column holds numbers ({format_list(out)}); pass --columns to see what is wrong")
    note = f"{name}: left out {what} without numbers: {format_list(out)}; used {format_list(left)}"
    return left, () if reading.numeric else (note,)


def _say_wrong_count(left: list[str], name: str, model: HasColumns) -> str:
    """Message of an error: the file has not as many columns as the model."""
    return (
        f"the model has {model.n_features} columns, {name} has {len(left)} ({format_list(left)}); "
        "pass --columns or --exclude"
    )


def _check_values(rows: Rows, weights: Array | None, columns: list[str], name: str, kept: NDArray[np.int64]) -> None:
    """Raise DataError for numbers whose squares overflow, and for weights that are negative or all zero."""
    huge = np.argwhere(np.abs(rows.astype(np.float64, copy=False)) >= LARGEST_VALUE)  # false for missing values
    if len(huge):
        row, column = huge[0]
        where = f'{name}, row {kept[row] + 1}, column "{columns[column]}"'
        raise DataError(f"{where}: {rows[row, column]:g} is too large to square; rescale the column")
    if weights is None:
        return
    negative = np.flatnonzero(weights < 0)
    if len(negative):
        row = negative[0]
        where = f'{name}, row {kept[row] + 1}, column "{columns[-1]}"'
        raise DataError(f"{where}: {weights[row]:g} is negative; a weight counts how often a row is taken")
    if not weights.any():
        raise DataError(f'{name}, column "{columns[-1]}": every weight is zero; at least one row must count')
