"""Failures of Spark's workers, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from mixtura.errors import DataError, MissingExtraError

_OURS = re.compile(r"^mixtura\.errors\.DataError: (.+)$", re.MULTILINE)
_MISSING = re.compile(r"^ModuleNotFoundError: No module named '([\w.]+)'", re.MULTILINE)


@contextmanager
def explaining_failures() -> Iterator[None]:
    """A context in which errors of workers become errors that say what to do; all others stay.

    Raises
    ------
    DataError
        If a worker raised one.
    MissingExtraError
        If a package is missing on a worker.

    Examples
    --------
    >>> with explaining_failures():
    ...     raise RuntimeError("ModuleNotFoundError: No module named 'mixtura'")
    Traceback (most recent call last):
    mixtura.errors.MissingExtraError: Spark's workers have no package mixtura; install it on all nodes, for the Python \
that PYSPARK_PYTHON names, in the version that this process has
    """
    try:
        yield
    except Exception as error:
        text = str(error)
        if found := _OURS.search(text):
            raise DataError(found[1]) from error
        if found := _MISSING.search(text):
            package = found[1].partition(".")[0]
            raise MissingExtraError(
                f"Spark's workers have no package {package}; install it on all nodes, for the Python that "
                "PYSPARK_PYTHON names, in the version that this process has"
            ) from error
        raise
