"""Rows with how they were measured, as a user passes them in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mixtura._support import Rows, column_names
from mixtura.data.measurement import Measurement
from mixtura.data.source import is_source
from mixtura.errors import ParameterError


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Rows with how they were measured, which `mixtura.fit`, `mixtura.select` and others accept as data.

    Parameters
    ----------
    X : array-like or table of shape (n, d)
        The measured values; missing ones are NaN, None or the table's own.

    Examples
    --------
    >>> from mixtura import Measured
    >>> Measured([[1.0], [2.0]]).X
    [[1.0], [2.0]]
    """

    X: Any

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of the columns, if they have any."""
        return column_names(self.X)

    def measurement(self, rows: Rows) -> Measurement | None:
        """How the checked rows, (n, d), were measured; None where nothing is said of it."""
        return None


def as_measured(X: Any, **how: Any) -> Any:
    """Rows with how they were measured, if anything is said of it; otherwise the rows as they are.

    Examples
    --------
    >>> as_measured([1.0, 2.0])
    [1.0, 2.0]
    """
    given = {name: value for name, value in how.items() if value is not None}
    if not given:
        return X
    names = ", ".join(given)
    if isinstance(X, Measured):
        raise ParameterError(f"{names}: X is a Measured, which says how its rows were measured; leave {names} out")
    if is_source(X):
        raise ParameterError(f"{names}: X is a Source, of which rows are read in turn; give rows in memory instead")
    return Measured(X, **given)


def plain_rows(X: Any) -> Any:
    """The array or table of a `Measured`; other data as it is.

    Examples
    --------
    >>> plain_rows(Measured([[1.0]])), plain_rows([[1.0]])
    ([[1.0]], [[1.0]])
    """
    return X.X if isinstance(X, Measured) else X
