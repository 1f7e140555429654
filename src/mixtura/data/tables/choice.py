"""Data as functions take it: the path of a file, or a table or array of which some columns are used."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from mixtura._support import check_unmasked, choose_columns, column_names
from mixtura.data.source import is_source
from mixtura.data.tables.columns import find_columns
from mixtura.data.tables.read_table import read
from mixtura.errors import ColumnsWarning, ParameterError


def read_or_choose(X: Any, columns: Sequence[str | int] | None) -> Any:
    """The table in a file, if X is a path, or the columns of X that are asked for; X itself unless some are.

    Parameters
    ----------
    X : path, table or array-like of shape (n, d)
    columns : sequence of str or int, optional
        See `mixtura.read`.

    Examples
    --------
    >>> read_or_choose([[1.0, 2.0, 3.0]], [2, 0])
    array([[3., 1.]])
    """
    if isinstance(X, str | os.PathLike):
        table = read(X, columns)
        for note in table.notes:
            warnings.warn(note, ColumnsWarning, stacklevel=3)
        return table
    if columns is None:
        return X
    if is_source(X):
        raise ParameterError("columns is given beside a Source; make a Source of these columns alone")
    known = column_names(X)
    if known is not None:
        return choose_columns(X, find_columns(columns, list(known), "X"))
    check_unmasked(X, "X")
    rows = np.asarray(X)
    if rows.ndim not in (1, 2):
        return X  # whoever checks the rows says what is wrong
    width = rows.shape[1] if rows.ndim == 2 else 1
    names = [str(number) for number in range(1, width + 1)]
    chosen = find_columns(columns, names, "X")
    return rows.reshape(len(rows), -1)[:, [names.index(name) for name in chosen]]
