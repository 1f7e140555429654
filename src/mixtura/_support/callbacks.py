"""Callbacks that can be told how often they will be called, so that they can show a fraction."""

from __future__ import annotations

from typing import Any


def announce(callback: Any, total: int, each: int | None = None) -> None:
    """Tell a callback that has a method ``expect`` of ``total`` calls, or of so many tasks of at most ``each`` calls.

    Examples
    --------
    >>> class Counter:
    ...     def expect(self, total, each):
    ...         print(total, each)
    >>> announce(Counter(), 10)
    10 None
    >>> announce(print, 10)
    """
    if hasattr(callback, "expect"):
        callback.expect(total, each)
