"""A table of numbers from a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rows, format_count, format_list
from mixtura.data.tables.cells import Cells


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows of numbers from a file, which `mixtura.fit` and the methods of mixtures accept as data.

    Functions that take ``sample_weight`` use the weights of the table where it is not given.

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
    cells : Cells or None
        All cells of the file, if they were to be kept.
    noise_variance : ndarray of shape (n, d), or None
        Variances of the errors of measurement, if columns of their standard deviations were asked for.
    """

    rows: Rows
    columns: tuple[str, ...] | None
    sample_weight: Array | None
    name: str
    positions: NDArray[np.int64]
    n_read: int
    notes: tuple[str, ...] = ()
    labels: NDArray[np.str_] | None = None
    cells: Cells | None = None
    noise_variance: Array | None = None

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.rows.shape[1]

    def __repr__(self) -> str:
        names = f" ({format_list(self.columns)})" if self.columns else ""
        count = f"{format_count(len(self.rows), 'row')} in {format_count(self.rows.shape[1], 'column')}"
        return f"<Table of {count}{names} from {self.name}>"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.rows, dtype=dtype, copy=copy)

    def select(self, columns: Sequence[str]) -> Table:
        """The same rows with some of the columns, given by their names, in this order.

        Examples
        --------
        >>> table = Table(np.array([[1.0, 2.0]]), ("a", "b"), None, "a.csv", np.array([0]), 1)
        >>> table.select(["b"]).rows.tolist()
        [[2.0]]
        """
        known = self.columns or ()
        own = [known.index(name) for name in columns]
        variance = None if self.noise_variance is None else self.noise_variance[:, own]
        return replace(self, rows=self.rows[:, own], columns=tuple(columns), noise_variance=variance)

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
