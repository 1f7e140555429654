"""What Dask raises when rows or workers are lost, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mixtura.errors import DataError

# By the names of the exceptions of the package distributed, which need not be installed.
REASONS = {
    "FutureCancelledError": "Dask has lost rows that it cannot compute again, or its workers were restarted or left: "
    "data that was only scattered is gone with its worker; read files on the workers, by dask.dataframe.read_parquet, "
    "and keep the rows by persist()",
    "KilledWorker": "Dask gave up, since several workers died while they computed with the same partition, mostly for "
    "want of memory: make partitions smaller, by repartition() or rechunk()",
}


@contextmanager
def failures_in_words(name: str) -> Iterator[None]:
    """A context in which the exceptions of lost rows and workers become a DataError that says what to do.

    Examples
    --------
    >>> class KilledWorker(Exception): ...
    >>> with failures_in_words("X"):
    ...     raise KilledWorker
    Traceback (most recent call last):
    mixtura.errors.DataError: X: Dask gave up, since several workers died while they computed with the same partition...
    """
    try:
        yield
    except Exception as error:
        reason = REASONS.get(type(error).__name__)
        if reason is None:
            raise
        raise DataError(f"{name}: {reason} ({error})") from error
