"""The parameter ``threads`` of an estimator."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from mixtura._support import using_threads

Result = TypeVar("Result")


def threaded(method: Callable[..., Result]) -> Callable[..., Result]:
    """Make a method of an estimator work with the threads that its parameter ``threads`` says."""

    @wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Result:
        if self.threads is None:
            return method(self, *args, **kwargs)
        with using_threads(self.threads):
            return method(self, *args, **kwargs)

    return call
