"""The time that files say they were made at."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from mixtura.errors import ParameterError

EPOCH_VARIABLE = "SOURCE_DATE_EPOCH"


def time_to_tell() -> datetime:
    """The time now, in UTC, or that in the environment variable SOURCE_DATE_EPOCH, which makes files alike.

    Examples
    --------
    >>> time_to_tell().tzname()
    'UTC'
    """
    epoch = os.environ.get(EPOCH_VARIABLE)
    if epoch is None:
        return datetime.now(UTC)
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError):
        raise ParameterError(f"{EPOCH_VARIABLE} is {epoch!r}; expected seconds since 1970, an integer") from None
