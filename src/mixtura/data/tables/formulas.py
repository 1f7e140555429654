"""Text that a spreadsheet would run as a formula gets a quote before it, which the reader takes away again."""

from __future__ import annotations

# What a formula begins with, in East Asian width, too; spreadsheets skip a tab or a carriage return before it.
FIRST = tuple("=+-@\t\r＝＋－＠")
QUOTE = "'"

# The sign that is printed before a negative number; on keyboards a hyphen stands for it.
MINUS = "\u2212"


def guard(text: str) -> str:
    """Text for a cell of CSV or TSV: with a quote before it if a spreadsheet would run it as a formula.

    Examples
    --------
    >>> guard("=1+1"), guard("'=1+1"), guard("-1"), guard("age")
    ("'=1+1", "''=1+1", '-1', 'age')
    """
    return QUOTE + text if text.lstrip(QUOTE).startswith(FIRST) and not is_number(text) else text


def unguard(text: str) -> str:
    """What `guard` has been given.

    Examples
    --------
    >>> unguard("'=1+1"), unguard("''=1+1"), unguard("-1"), unguard("'age'")
    ('=1+1', "'=1+1", '-1', "'age'")
    """
    return text[1:] if text.startswith(QUOTE) and text.lstrip(QUOTE).startswith(FIRST) else text


def is_number(text: str) -> bool:
    r"""Whether text reads as a number; not with underscores between digits, as Python writes them and no table does.

    Examples
    --------
    >>> is_number("-1e5"), is_number("\u22121"), is_number("1+1"), is_number("2020_1")
    (True, True, False, False)
    """
    try:
        float(text.replace(MINUS, "-"))
    except ValueError:
        return False
    return "_" not in text
