"""Decorator for methods that use an estimator's parameter ``threads``."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from mixtura._support import using_threads

Result = TypeVar("Result")


def use_threads(method: Callable[..., Result]) -> Callable[..., Result]:
    """Run a method of an estimator with as many threads as its parameter ``threads`` says, if any."""

    @wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Result:
        if self.threads is None:
            return method(self, *args, **kwargs)
        with using_threads(self.threads):
            return method(self, *args, **kwargs)

    return call
