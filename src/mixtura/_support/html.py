"""A sentence and a table as HTML, which notebooks show instead of a repr."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

# Largest number of a table's rows that are shown.
MAX_SHOWN_ROWS = 20

# Each cell has its own style, since notebooks may drop style sheets; colours are left to the notebook's theme.
_CELL = "padding:2px 8px;white-space:nowrap;text-align:"
_HEAD = "border-bottom:1px solid;" + _CELL
_TABLE = '<div style="overflow-x:auto"><table style="border-collapse:collapse;font-variant-numeric:tabular-nums">'


def html_table(sentence: str, records: Sequence[Mapping[str, Any]]) -> str:
    """HTML of a paragraph and a table of the first twenty records, which all have the same keys.

    Examples
    --------
    >>> html_table("<No row>", [])
    '<p>&lt;No row&gt;</p>'
    >>> "0.1235</td>" in html_table("One row", [{"mean": 0.123456, "name": "a<b"}])
    True
    """
    paragraph = f"<p>{escape(sentence)}</p>"
    if not records:
        return paragraph
    columns = [_column(name, [record[name] for record in records[:MAX_SHOWN_ROWS]]) for name in records[0]]
    rows = "".join(f"<tr>{''.join(cells)}</tr>" for cells in zip(*columns, strict=True))
    hidden = len(records) - MAX_SHOWN_ROWS
    more = f"<p>and {hidden} more</p>" if hidden > 0 else ""
    return f"{paragraph}{_TABLE}{rows}</table></div>{more}"


def _column(name: str, values: Sequence[Any]) -> list[str]:
    """HTML cells of a column: numbers aligned to the right, text to the left, empty for None."""
    numbers = all(isinstance(value, int | float) for value in values if value is not None)
    side = "right" if numbers else "left"
    head = f'<th style="{_HEAD}{side}">{escape(name)}</th>'
    return [head, *(f'<td style="{_CELL}{side}">{escape(text)}</td>' for text in format_column(values))]


def format_column(values: Sequence[Any]) -> list[str]:
    """Values of a column as text: floats with the decimals that give the largest five digits, at most four.

    Examples
    --------
    >>> format_column([1002.34, -9.87654]), format_column([8.76612, 0.0687, None]), format_column([2e-7, 1e-9])
    (['1002.3', '-9.9'], ['8.7661', '0.0687', ''], ['2e-07', '1e-09'])
    """
    floats = [abs(value) for value in values if isinstance(value, float) and math.isfinite(value)]
    largest = max(floats, default=0.0)
    plain = largest == 0 or 1e-3 <= largest < 1e6
    form = f".{min(4, max(0, 4 - math.floor(math.log10(largest))))}f" if plain and largest else ".4g"
    return ["" if value is None else f"{value:{form}}" if isinstance(value, float) else str(value) for value in values]
