"""Tables of numbers from chosen columns of a file; errors name the row and the column of a bad cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mixtura._support import LARGEST_VALUE, Array, Rows, format_list
from mixtura.data.tables.cells import Cells, load_polars
from mixtura.data.tables.formats import display_name, read_cells
from mixtura.data.tables.formulas import unguard
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


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows of numbers from a file, which `mixtura.fit` and the methods of mixtures accept as data.

    Attributes
    ----------
    rows : ndarray of shape (n, d)
        float64, or float32 if all columns of the file are float32.
    columns : tuple of str, or None
        Names of the columns; None if the file has none and the columns were not asked for by name.
    sample_weight : ndarray of shape (n,), or None
        Sample weights, if a column of weights was asked for.
    name : str
        What messages call the file.
    positions : ndarray of shape (n,)
        Position in the file of each row, from 0.
    n_read : int
        Number of rows of the file, those that were left out included.
    notes : tuple of str
        What the user should know about how the file was read.
    labels : ndarray of shape (n,), or None
        Text of the column of labels, such as classes, if one was asked for; empty where the cell is empty.
    """

    rows: Rows
    columns: tuple[str, ...] | None
    sample_weight: Array | None
    name: str
    positions: NDArray[np.int64]
    n_read: int
    notes: tuple[str, ...] = ()
    labels: NDArray[np.str_] | None = None

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.rows, dtype=dtype, copy=copy)

    def align(self, values: Sequence[Any]) -> list[Any]:
        """A list with one entry for each row of the file: the row's value, or None where the row was left out.

        Examples
        --------
        >>> Table(np.zeros((2, 1)), None, None, "a.csv", np.array([0, 2]), 4).align(["first", "third"])
        ['first', None, 'third', None]
        """
        aligned: list[Any] = [None] * self.n_read
        for position, value in zip(self.positions.tolist(), values, strict=True):
            aligned[position] = value
        return aligned


def read_table(
    path: str,
    columns: Sequence[str] | None = None,
    weights_column: str | None = None,
    missing: str = "error",
    file_format: str | None = None,
    *,
    header: bool | None = None,
    model: HasColumns | None = None,
    labels_column: str | None = None,
    labels_needed: bool = True,
    max_unpacked: int | None = None,
) -> Table:
    r"""Read a table of numbers from CSV, TSV, Parquet, Arrow or Feather, NDJSON, or ``.npy``.

    Parameters
    ----------
    path : str
        ``-`` is standard input. CSV, TSV and NDJSON may be compressed (.gz, .bz2, .xz).
    columns : sequence of str, optional
        Which columns to use, in this order; by default those of ``model``, or all but the weights and labels.
    weights_column : str, optional
        Column that holds the rows' weights.
    missing : {"error", "drop"}
        Whether a cell without a finite number is an error, or its row is left out.
    file_format : str, optional
        One of `FORMATS`; by default that of the file's suffix.
    header : bool, optional
        Whether the first row of a CSV or TSV file names the columns; guessed unless given.
    model : Mixture or other value with columns, optional
        Read the columns that this model was fitted to: by name where both have names, else by position.
    labels_column : str, optional
        Column that is read as text, such as the rows' classes.
    labels_needed : bool
        Whether a missing ``labels_column`` is an error.
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
    >>> _ = path.write_text("age,height\n31,1.8\n45,\n", encoding="utf-8")
    >>> table = read_table(str(path), missing="drop")
    >>> table.columns, table.rows.tolist(), table.positions.tolist()
    (('age', 'height'), [[31.0, 1.8]], [0])
    """
    if missing not in ("error", "drop"):
        raise ParameterError(f"missing is {missing!r}; expected error or drop")
    name = display_name(path)
    cells = read_cells(path, file_format, header, max_unpacked)
    if not labels_needed and labels_column not in cells.frame.columns:
        labels_column = None
    excluded = [column for column in (weights_column, labels_column) if column is not None]
    chosen = _choose_columns(cells, name, columns, excluded, model)
    read = [*chosen, weights_column] if weights_column else chosen
    frame = cells.frame.select(list(dict.fromkeys(read)))
    if not frame.height:
        raise DataError(f"{name} has a header but no rows")
    numbers = _as_floats(frame, name)
    finite = np.isfinite(numbers.to_numpy())
    complete = finite.all(axis=1)
    if missing == "error" and not complete.all():
        row, column = np.argwhere(~finite)[0]
        raise DataError(f"{_describe_cell(frame, name, row, column)}; pass --columns, or --missing drop")
    if not complete.any():
        raise DataError(
            f"{name}: no row is without missing values{_say_which_columns_hold_numbers(finite, frame.columns)}"
        )
    kept = np.flatnonzero(complete)
    weights = numbers[weights_column].to_numpy().astype(np.float64)[kept] if weights_column else None
    rows = np.ascontiguousarray(numbers.select(chosen).to_numpy()[kept])
    _check_values(rows, weights, [*chosen, weights_column or ""], name, kept)
    notes = cells.notes
    if len(kept) < len(complete):
        notes += (f"{name}: left out {len(complete) - len(kept)} of {len(complete)} rows, which have missing values",)
    names = tuple(chosen) if cells.has_names or columns or (model and model.columns) else None
    labels = None if labels_column is None else _as_text(cells, labels_column)[kept]
    return Table(rows, names, weights, name, kept, len(complete), notes, labels)


def _as_text(cells: Cells, column: str) -> NDArray[np.str_]:
    """The cells of a column as text, stripped; empty where a cell is empty."""
    text = cells.frame[column].cast(load_polars().String).str.strip_chars().fill_null("").to_list()
    return np.array([*map(unguard, text)] if cells.guarded else text, dtype=np.str_)


def _choose_columns(
    cells: Cells, name: str, columns: Sequence[str] | None, excluded: Sequence[str], model: HasColumns | None
) -> list[str]:
    """Names of the columns to use: those asked for, those of the model, or all that are not excluded."""
    available = cells.frame.columns
    others = [column for column in available if column not in excluded]
    wanted = list(columns) if columns is not None else others
    known = set(available)
    if columns is None and model and model.columns and (cells.has_names or set(model.columns) <= known):
        wanted = list(model.columns)
    listed = format_list(available)
    for column in [*wanted, *excluded]:
        if column not in known:
            raise ParameterError(f'{name} has no column "{column}"; it has {listed}')
    if len(set(wanted)) != len(wanted):
        raise ParameterError(f"columns {format_list(wanted)} name a column twice")
    if not wanted:
        raise ParameterError(f"{name}: no column is left to use; it has {listed}")
    if model and len(wanted) != model.n_features:
        raise ParameterError(
            f"the model has {model.n_features} columns, {name} has {len(wanted)} ({format_list(wanted)}); "
            "pass --columns"
        )
    if "" in wanted:
        raise DataError(f"{name}: column {available.index('') + 1} has no name; pass --columns to say which to use")
    return wanted


def _as_floats(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Cast every column to floats; a cell that is no number becomes null."""
    polars = load_polars()
    columns = []
    for series in frame:
        kind = series.dtype
        if kind in (polars.Categorical, polars.Enum, polars.String):
            columns.append(series.cast(polars.String).str.strip_chars().cast(polars.Float64, strict=False))
        elif kind.is_numeric() or kind in (polars.Boolean, polars.Null):
            columns.append(series if kind == polars.Float32 else series.cast(polars.Float64))
        else:
            raise DataError(f'{name}, column "{series.name}" holds {kind}, not numbers; pass --columns')
    return polars.DataFrame(columns)


def _describe_cell(frame: pl.DataFrame, name: str, row: int, column: int) -> str:
    """Text that says where a bad cell is and what is wrong with it."""
    value = frame[int(row), int(column)]
    shown = f'"{format_list([value])}"' if isinstance(value, str) else value
    number = value is not None and not isinstance(value, str)
    what = f"{shown} is not a finite number" if number else f"{shown} is not a number"
    if value is None or not str(value).strip():
        what = "the cell is empty"
    return f'{name}, row {row + 1}, column "{frame.columns[column]}": {what}'


def _say_which_columns_hold_numbers(finite: NDArray[np.bool_], columns: list[str]) -> str:
    """End of a message: a column without any number, and the columns with some; empty if all or none have some."""
    numeric = np.asarray(finite.any(axis=0))
    if numeric.all() or not numeric.any():
        return ""
    without = columns[int(np.argmin(numeric))]
    use = ",".join(column for column, fine in zip(columns, numeric.tolist(), strict=True) if fine)
    return f'; column "{without}" holds no number: pass --columns {use}'


def _check_values(rows: Rows, weights: Array | None, columns: list[str], name: str, kept: NDArray[np.int64]) -> None:
    """Raise DataError for numbers whose squares overflow, and for weights that are negative or all zero."""
    huge = np.argwhere(np.abs(rows.astype(np.float64, copy=False)) >= LARGEST_VALUE)
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
