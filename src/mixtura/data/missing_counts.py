"""How many values of rows are missing, by column and by pattern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mixtura._support import Rows, as_kind, as_tuple_of, format_count, format_list
from mixtura.data.patterns import Patterns

# Patterns that are kept, those of most rows.
MOST_PATTERNS = 100


@dataclass(frozen=True, slots=True)
class MissingPattern:
    """Rows that lack values of the same columns.

    Attributes
    ----------
    missing : tuple of int
        Numbers of the columns that they lack.
    n_rows : int
        Number of rows.

    Examples
    --------
    >>> MissingCounts.of(np.array([[1.0, np.nan], [2.0, 3.0], [4.0, np.nan]])).patterns[0]
    MissingPattern(missing=(1,), n_rows=2)
    """

    missing: tuple[int, ...]
    n_rows: int


@dataclass(frozen=True, slots=True)
class MissingCounts:
    """How many values of rows are missing, by column and by pattern.

    Attributes
    ----------
    n_rows : int
        Number of rows.
    by_column : tuple of int, (d,)
        Number of missing values of each column.
    patterns : tuple of MissingPattern
        Which values are missing together; those of most rows first, 100 at most.
    n_patterns : int
        Number of all patterns.
    n_counted : int
        Number of rows in which patterns were counted: all, or a random sample of rows in files or with an engine.

    Examples
    --------
    >>> import mixtura
    >>> rows = [[0.0, 1.0], [0.2, None], [0.4, 0.0], [5.0, None], [None, 6.0], [5.4, 6.5]]
    >>> fit = mixtura.fit(rows, 1, model="EEI")
    >>> fit.missing.by_column, fit.missing.n_patterns, fit.missing.patterns[1]
    ((1, 2), 3, MissingPattern(missing=(1,), n_rows=2))
    >>> print(fit.missing)
    3 of 12 values are missing, in 3 of 6 rows, in 3 patterns
    """

    n_rows: int
    by_column: tuple[int, ...]
    patterns: tuple[MissingPattern, ...]
    n_patterns: int
    n_counted: int

    @classmethod
    def of(cls, rows: Rows, *, n_rows: int | None = None, by_column: Sequence[int] | None = None) -> Self:
        """The counts of rows, (n, d), or of all the rows of which these are a sample, which are given then."""
        found = Patterns.of(rows)
        counts = np.diff(found.ends, prepend=0)
        order = np.argsort(-counts, kind="stable")[:MOST_PATTERNS]
        patterns = [MissingPattern(tuple(np.flatnonzero(~found.seen[p]).tolist()), int(counts[p])) for p in order]
        own = np.isnan(rows).sum(axis=0).tolist() if by_column is None else by_column
        total = len(rows) if n_rows is None else n_rows
        return cls(total, tuple(own), tuple(patterns), len(counts), len(rows))

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """Read what `dataclasses.asdict` made."""
        patterns = [
            MissingPattern(as_tuple_of(int, each["missing"]), as_kind(int, each["n_rows"]))
            for each in plain["patterns"]
        ]
        numbers = {name: as_kind(int, plain[name]) for name in ("n_rows", "n_patterns", "n_counted")}
        return cls(by_column=as_tuple_of(int, plain["by_column"]), patterns=tuple(patterns), **numbers)

    @property
    def n_missing(self) -> int:
        """Number of missing values."""
        return sum(self.by_column)

    def __str__(self) -> str:
        cells = self.n_rows * len(self.by_column)
        complete = sum(each.n_rows for each in self.patterns if not each.missing)
        sample = "" if self.n_counted == self.n_rows else " of a sample"
        return (
            f"{self.n_missing:,} of {cells:,} values are missing, in {self.n_counted - complete:,} of "
            f"{self.n_counted:,} rows{sample}, in {format_count(self.n_patterns, 'pattern')}"
        )

    def records(self, columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """A dictionary for each pattern: the names of the missing columns, and the number of rows.

        Examples
        --------
        >>> MissingCounts.of(np.array([[1.0, np.nan], [2.0, 3.0], [4.0, np.nan]])).records(["a", "b"])
        [{'missing': 'b', 'rows': 2}, {'missing': '', 'rows': 1}]
        """
        names = columns or [f"x{j + 1}" for j in range(len(self.by_column))]
        return [
            {"missing": format_list([names[j] for j in each.missing]), "rows": each.n_rows} for each in self.patterns
        ]
