"""Columns of a file: by name, position, range or pattern."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from numbers import Integral

from mixtura._support import format_list
from mixtura.errors import ParameterError


def find_columns(wanted: Iterable[str | int], available: Sequence[str], name: str) -> list[str]:
    """Names of the columns that are asked for, in the order in which they are.

    Parameters
    ----------
    wanted : iterable of str or int
        Each is the name of a column; text that is none may be a position from 1 (``"2"``), a range with both ends
        (``"2:4"``, ``"age:height"``, ``":3"``) or a pattern (``"sepal*"``). An int is a position from 0.
    available : sequence of str
        All names.
    name : str
        What messages call the file.

    Raises
    ------
    ParameterError
        If there is no such column, a column is asked for twice, or ``wanted`` is no list.

    Examples
    --------
    >>> find_columns(["b", "3:4", "x*"], ["a", "b", "c", "d", "x1", "x2"], "a.csv")
    ['b', 'c', 'd', 'x1', 'x2']
    >>> find_columns([0, -1], ["a", "b", "c"], "a.csv")
    ['a', 'c']
    """
    if isinstance(wanted, str) or not isinstance(wanted, Iterable):
        raise ParameterError(f"columns is {wanted!r}; expected a list of names or numbers, such as [{wanted!r}]")
    positions = {column: place for place, column in enumerate(available)}
    found = [column for each in wanted for column in _find(each, available, positions, name)]
    if len(set(found)) != len(found):
        raise ParameterError(f"columns {format_list(found)} name a column twice")
    return found


def _find(wanted: str | int, available: Sequence[str], positions: dict[str, int], name: str) -> list[str]:
    """Names of the columns that one name, position, range or pattern asks for."""
    if isinstance(wanted, str):
        if wanted in positions:
            return [wanted]
        matching = _matching(wanted, available, positions)
        if matching:
            return matching
        place = _place(wanted, {})
    else:
        whole = isinstance(wanted, Integral) and not isinstance(wanted, bool)
        place = int(wanted) + (len(available) if wanted < 0 else 0) if whole else None
    if place is None or not 0 <= place < len(available):
        raise no_such_column(wanted, available, name)
    return [available[place]]


def no_such_column(wanted: str | int, available: Sequence[str], name: str) -> ParameterError:
    """The error that says which columns there are."""
    shown = f'"{wanted}"' if isinstance(wanted, str) else str(wanted)
    return ParameterError(f"{name} has no column {shown}; it has {format_list(available)}")


def _matching(wanted: str, available: Sequence[str], positions: dict[str, int]) -> list[str]:
    """Names of the columns in a range, or of those that match a pattern; none for other text."""
    first, colon, last = wanted.partition(":")
    if colon:
        # Two numbers are positions, even where columns are called so.
        known = {} if (first + last).isdecimal() else positions
        start = _place(first, known) if first else 0
        end = _place(last, known) if last else len(available) - 1
        return [] if start is None or end is None else list(available[start : end + 1])
    return [column for column in available if fnmatchcase(column, wanted)] if set(wanted) & set("*?[") else []


def _place(text: str, positions: dict[str, int]) -> int | None:
    """Position from 0 of a column, by its name or by its number from 1; None for other text."""
    number = int(text) if text.isdecimal() and len(text) < 10 else 0
    return positions.get(text, number - 1 if number else None)
