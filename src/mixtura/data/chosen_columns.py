"""Which columns of a table are used, and which one holds the weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mixtura._support import format_list
from mixtura.data.tables import find_columns
from mixtura.errors import ParameterError


@dataclass(frozen=True, slots=True)
class ChosenColumns:
    """Which columns are used; the fields are the parameters of `mixtura.scan`.

    Examples
    --------
    >>> ChosenColumns(weights_column="times").among(("a", "name", "times"), ("a", "times"), "X")
    ('a', 'times')
    """

    columns: Sequence[str | int] | None = None
    exclude: Sequence[str | int] = ()
    weights_column: str | None = None

    def among(self, available: Sequence[str], numeric: Sequence[str], name: str) -> tuple[str, ...]:
        """Their names, that of the weights last; ``numeric`` are the columns that hold numbers."""
        wanted = list(numeric) if self.columns is None else find_columns(self.columns, available, name)
        weights = [] if self.weights_column is None else find_columns([self.weights_column], available, name)
        without = {*weights, *(find_columns(self.exclude, available, name) if self.exclude else [])}
        chosen = [column for column in wanted if column not in without]
        if not chosen:
            raise ParameterError(f"{name}: no column is left to use; it has {format_list(available)}")
        return (*chosen, *weights)
