"""Confusion tables: how many rows of each class are taken for each class."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, TableKind, as_table, distinct_name, html_table


@dataclass(frozen=True, eq=False)
class Confusion:
    """Rows counted by their class and their predicted class.

    Attributes
    ----------
    classes : ndarray of shape (c,)
    counts : ndarray of shape (c, c)
        Number of rows, or sum of their weights, of each class (first axis) and predicted class (second axis).
    others : float
        Number of rows of other classes, or sum of their weights, which no prediction can get right.
    table_kind : {"records", "pandas", "polars"}
        Kind of table that `table` returns.

    Examples
    --------
    >>> found = Confusion.of(np.array(["a", "b"]), ["a", "a", "b"], ["a", "b", "b"])
    >>> found.counts.tolist(), round(found.error, 3)
    ([[1.0, 1.0], [0.0, 1.0]], 0.333)
    """

    classes: NDArray[Any]
    counts: Array
    others: float = 0.0
    table_kind: TableKind = "records"

    @classmethod
    def of(
        cls, classes: NDArray[Any], y: Any, predicted: Any, weight: Array | None = None, kind: TableKind = "records"
    ) -> Confusion:
        """Of rows, given the class and predicted class of each."""
        known = np.isin(y, classes)
        each = np.ones(len(known)) if weight is None else weight
        own, other = (np.searchsorted(classes, np.asarray(names)[known]) for names in (y, predicted))
        counts = np.zeros((len(classes), len(classes)))
        np.add.at(counts, (own, other), each[known])
        return cls(classes, counts, float(each[~known].sum()), kind)

    def __add__(self, other: Confusion) -> Confusion:
        return Confusion(self.classes, self.counts + other.counts, self.others + other.others, self.table_kind)

    def __repr__(self) -> str:
        return f"<Confusion of {len(self.classes)} classes: error {self.error:.4g} of {self.n_rows:g} rows>"

    def _repr_html_(self) -> str:
        return html_table(repr(self).strip("<>"), self.records())

    @property
    def n_rows(self) -> float:
        """Number of rows, or sum of their weights."""
        return float(self.counts.sum()) + self.others

    @property
    def error(self) -> float:
        """Error rate: the fraction of rows whose predicted class is not their class; NaN without rows."""
        return (self.n_rows - float(np.trace(self.counts))) / self.n_rows if self.n_rows else math.nan

    def records(self) -> list[dict[str, Any]]:
        """The rows of `table` as dictionaries; a class called "class" is "class_2" among their keys."""
        taken = ["class", *map(str, self.classes.tolist())]
        heads = [distinct_name(name, taken) if name == "class" else name for name in taken[1:]]
        return [
            {"class": name, **dict(zip(heads, counts, strict=True))}
            for name, counts in zip(self.classes.tolist(), self.counts.tolist(), strict=True)
        ]

    def table(self) -> Any:
        """A row for each class, with a column for each predicted class."""
        return as_table(self.records(), self.table_kind)
