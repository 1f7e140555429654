"""Modules that take long to import wait until they are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class Lazy:
    """A module, imported when something of it is first used.

    Examples
    --------
    >>> Lazy("math").sqrt(4.0)
    2.0
    """

    module: str

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.module), name)
