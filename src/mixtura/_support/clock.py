"""The time that files say they were made at."""

from __future__ import annotations

import os
from datetime import UTC, datetime


def time_to_tell() -> datetime:
    """The time now, in UTC, or that in the environment variable SOURCE_DATE_EPOCH, which makes files alike.

    Examples
    --------
    >>> time_to_tell().tzname()
    'UTC'
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.now(UTC) if epoch is None else datetime.fromtimestamp(int(epoch), UTC)
