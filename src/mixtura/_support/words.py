"""Counts with their nouns, for sentences about results."""

from __future__ import annotations


def format_count(count: int, what: str) -> str:
    """Format a count with its noun, which gets an s unless the count is 1.

    Examples
    --------
    >>> format_count(1, "row"), format_count(2, "row")
    ('1 row', '2 rows')
    """
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
