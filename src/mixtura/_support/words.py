"""Counts with their nouns and lists of names, for sentences about results."""

from __future__ import annotations

from collections.abc import Container, Sequence
from itertools import chain, count


def format_count(number: int, what: str) -> str:
    """Format a count with its noun, which gets an s unless the count is 1.

    Examples
    --------
    >>> format_count(1, "row"), format_count(2, "row")
    ('1 row', '2 rows')
    """
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def distinct_name(name: str, taken: Container[str]) -> str:
    """A name, with a number after it if it is taken.

    Examples
    --------
    >>> distinct_name("label", {"a"}), distinct_name("label", {"label", "label_2"})
    ('label', 'label_3')
    """
    others = (f"{name}_{number}" for number in count(2))
    return next(other for other in chain([name], others) if other not in taken)


def format_list(names: Sequence[object], most: int = 8, longest: int = 40) -> str:
    """The first names of several, each cut off where it is long, and how many more there are.

    Examples
    --------
    >>> format_list(["a", "b", "c"]), format_list(range(1000), most=2), format_list(["a" * 99], longest=6)
    ('a, b, c', '0, 1 and 998 more', 'aaa...')
    """
    texts = [str(name) for name in names[:most]]
    shown = [text if len(text) <= longest else f"{text[: longest - 3]}..." for text in texts]
    return ", ".join(shown) + (f" and {len(names) - most} more" if len(names) > most else "")
