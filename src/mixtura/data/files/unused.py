"""Rows that are refused or left out: how many there are in each file, and what is wrong with the first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from mixtura.errors import ParameterError

# Rows, and files, that messages name.
MOST_NAMED = 20


@dataclass(frozen=True, slots=True, eq=False)
class UnusedRows:
    """Rows that are not used for one reason: they have missing cells, or cannot be read.

    Attributes
    ----------
    parameter : str
        That of `mixtura.scan` that says what to do about them.
    action : {"error", "drop"}
    description : str
        What is said of rows that were left out, such as "with missing values".
    counts : Counter
        Number of them, by file.
    named : list of (str, str)
        Name of the file of each of the first, and what is wrong with it.

    Examples
    --------
    >>> unused = UnusedRows("missing", "error", "with missing values")
    >>> unused.add("a.csv", 2, ['row 3, column "x": the cell is empty', 'row 9, column "y": the cell is empty'])
    >>> print(unused.refusal.partition("; leave")[0])
    a.csv, row 3, column "x": the cell is empty; row 9, column "y": the cell is empty (2 such rows in all)
    """

    parameter: str
    action: str
    description: str
    counts: Counter[str] = field(default_factory=Counter)
    named: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.action not in ("error", "drop"):
            raise ParameterError(f"{self.parameter} is {self.action!r}; expected error or drop")

    def add(self, file: str, count: int, reasons: Iterable[str]) -> None:
        """Count rows of a file; of the first, ``reasons`` say which they are and what is wrong."""
        self.counts[file] += count
        for _, reason in zip(range(MOST_NAMED - len(self.named)), reasons, strict=False):
            self.named.append((file, reason))

    @property
    def is_refused(self) -> bool:
        """Whether there are such rows, and they are not to be left out."""
        return bool(self.counts) and self.action == "error"

    @property
    def refusal(self) -> str:
        """The message of the error: the first rows, how many there are, and what to do."""
        shown = [
            reason if i and self.named[i - 1][0] == file else f"{file}, {reason}"
            for i, (file, reason) in enumerate(self.named)
        ]
        total = self.counts.total()
        files = f" of {len(self.counts)} files" if len(self.counts) > 1 else ""
        more = "; ..." if total > len(shown) else ""
        count = f" ({total:,} such rows in all{files})" if total > 1 else ""
        option = f"--{self.parameter.replace('_', '-')} drop"
        return f"{'; '.join(shown)}{more}{count}; leave such rows out by {self.parameter}='drop' ({option})"

    def again(self) -> UnusedRows:
        """What begins to count the same rows in a later pass."""
        return UnusedRows(self.parameter, self.action, self.description)

    @property
    def notes(self) -> tuple[str, ...]:
        """How many rows were left out of each file, and what is wrong with the first."""
        first = dict(reversed(self.named))
        lines = [
            f"{name}: left out {_count(count)} {self.description}" + (f" ({first[name]})" if name in first else "")
            for name, count in list(self.counts.items())[:MOST_NAMED]
        ]
        more = len(self.counts) - len(lines)
        return (*lines, f"left out rows {self.description} of {more:,} more files") if more else tuple(lines)


def _count(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows:,} rows"
