"""Data as functions take it: the path of a file, or a table or array of which some columns are used."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from mixtura._support import check_unmasked, choose_columns, column_names
from mixtura.data.chosen_columns import ChosenColumns
from mixtura.data.engines import engine_of
from mixtura.data.files.locate import is_large
from mixtura.data.files.scan import scan_files
from mixtura.data.histogram import Histogram
from mixtura.data.measured_rows import Measured
from mixtura.data.source import is_source
from mixtura.data.tables import find_columns, read
from mixtura.data.tensor_library import library_of
from mixtura.errors import ColumnsWarning, ParameterError


def open_rows(
    X: Any, columns: Sequence[str | int] | None, sample_weight: Any, weights_are: str | None, threads: int | None
) -> tuple[Any, Any, str | None]:
    """What a user passed in as data, opened, and the weights and their kind, if they are still beside it.

    A path is read (`read_or_choose`), and a table of another engine becomes a source, with its weights.
    """
    if (engine := engine_of(X)) is not None:
        chosen = ChosenColumns(columns)
        return engine.source(X, chosen, sample_weight, weights_are=weights_are, threads=threads), None, None
    return read_or_choose(X, columns, stacklevel=4), sample_weight, weights_are


def read_or_choose(X: Any, columns: Sequence[str | int] | None, *, stacklevel: int = 3) -> Any:
    """The columns of X that are asked for, or X itself; if it is a path, the table in the file, or a source of it.

    A source reads the rows in parts, as is better for several files and for large ones (`is_large`).

    Parameters
    ----------
    X : path, table or array-like of shape (n, d)
    columns : sequence of str or int, optional
        See `mixtura.read`.
    stacklevel : int
        Of warnings about columns that are left out, as in ``warnings.warn``.

    Examples
    --------
    >>> read_or_choose([[1.0, 2.0, 3.0]], [2, 0])
    array([[3., 1.]])
    """
    if isinstance(X, str | os.PathLike):
        found: Any = scan_files(X, ChosenColumns(columns)) if is_large(os.fspath(X)) else read(X, columns)
        for note in found.notes:
            warnings.warn(note, ColumnsWarning, stacklevel=stacklevel)
        return found
    if columns is None:
        return X
    if is_source(X) or isinstance(X, Measured | Histogram):
        kind = "Source" if is_source(X) else type(X).__name__
        raise ParameterError(f"columns is given beside a {kind}; make a {kind} of these columns alone")
    known = column_names(X)
    if known is not None:
        return choose_columns(X, find_columns(columns, list(known), "X"))
    check_unmasked(X, "X")
    rows: Any = X if library_of(X) is not None else np.asarray(X)
    if rows.ndim not in (1, 2):
        return X  # whoever checks the rows says what is wrong
    width = rows.shape[1] if rows.ndim == 2 else 1
    names = [str(number) for number in range(1, width + 1)]
    chosen = find_columns(columns, names, "X")
    return rows.reshape(len(rows), -1)[:, np.array([names.index(name) for name in chosen])]
