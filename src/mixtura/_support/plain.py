"""Plain values read from JSON, checked for their kind."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from mixtura._support.containers import shortened

Value = TypeVar("Value")


def as_kind(kind: type[Value], value: Any) -> Value:
    """A value, which must be of a kind; an integer is a float, too.

    Examples
    --------
    >>> as_kind(float, 3)
    3.0
    >>> as_kind(int, None)
    Traceback (most recent call last):
    TypeError: None is no int
    """
    if type(value) not in ((int, float) if kind is float else (kind,)):
        raise TypeError(f"{shortened(value)} is no {kind.__name__}")
    try:
        return cast(Value, float(value) if kind is float else value)
    except OverflowError:  # an integer of hundreds of digits
        raise TypeError(f"{shortened(value)} is no float") from None


def as_tuple_of(kind: type[Value], values: Any) -> tuple[Value, ...]:
    """A list of values of a kind, as a tuple.

    Examples
    --------
    >>> as_tuple_of(int, [1, 2])
    (1, 2)
    """
    return tuple(as_kind(kind, value) for value in as_kind(list, values))
