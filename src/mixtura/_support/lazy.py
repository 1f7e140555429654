"""Modules that are imported at their first use, because their import is slow."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class LazyModule:
    """A module that is imported when one of its attributes is first used.

    Examples
    --------
    >>> LazyModule("math").sqrt(4.0)
    2.0
    """

    module: str

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.module), name)
