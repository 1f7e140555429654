"""Which rows can be used, given what is done about missing values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Rows
from mixtura.errors import DataError, ParameterError

# What may be done about rows with missing values: refuse them, leave them out, or model what they have.
MISSING_ACTIONS = ("error", "drop", "model")


def check_missing_action(missing: str) -> None:
    """Raise ParameterError unless ``missing`` says what to do about missing values."""
    if missing not in MISSING_ACTIONS:
        raise ParameterError(f"missing is {missing!r}; expected error, drop or model")


def usable_rows(rows: Rows, missing: str, *, weighted: bool) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which rows are used, (n,), and which cells are refused, (n, d), given the action of `MISSING_ACTIONS`.

    With "model" rows are used that have a finite value, the weight apart, and infinite values and weights that are not
    finite are refused.

    Examples
    --------
    >>> rows = np.array([[1.0, np.nan], [np.nan, np.nan], [np.inf, 2.0]])
    >>> used, refused = usable_rows(rows, "model", weighted=False)
    >>> used.tolist(), np.argwhere(refused).tolist()
    ([True, False, True], [[2, 0]])
    >>> usable_rows(rows, "drop", weighted=False)[0].tolist()
    [False, False, False]
    """
    finite = np.isfinite(rows)
    if missing != "model":
        complete: NDArray[np.bool_] = np.asarray(finite.all(axis=1))
        return complete, ~finite if missing == "error" else np.zeros_like(finite)
    refused: NDArray[np.bool_] = np.asarray(np.isinf(rows))
    if weighted:
        refused[:, -1] = ~finite[:, -1]
    own = finite[:, :-1] if weighted else finite
    return np.asarray(own.any(axis=1)), refused


def check_some_values(n_missing: NDArray[np.int64], n_rows: int, columns: Sequence[str] | None, name: str) -> None:
    """Raise DataError if all values of a column are missing, given the number that is, (d,)."""
    empty = np.flatnonzero(n_missing == n_rows)
    if len(empty):
        label = f'column "{columns[empty[0]]}"' if columns else f"column {empty[0]}"
        raise DataError(f"{name}, {label}: all values are missing; leave the column out")


def modelled_note(name: str, n_missing: int, n_cells: int) -> tuple[str, ...]:
    """A note on missing cells that are modelled, if there are any.

    Examples
    --------
    >>> modelled_note("a.csv", 2, 300)
    ('a.csv: 2 of 300 cells are missing, and are modelled',)
    """
    verb = "is" if n_missing == 1 else "are"
    return (f"{name}: {n_missing:,} of {n_cells:,} cells {verb} missing, and {verb} modelled",) if n_missing else ()
