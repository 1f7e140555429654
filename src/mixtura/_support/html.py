"""A sentence and a table as HTML, which notebooks show instead of a repr."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

# Rows of a table that are shown.
SHOWN = 20


def html_table(sentence: str, records: Sequence[Mapping[str, Any]]) -> str:
    """A paragraph, and a table of at most twenty records, which have the same keys.

    Examples
    --------
    >>> html_table("<One row>", [{"mean": 0.123456, "name": "a<b"}])
    '<p>&lt;One row&gt;</p><table><tr><th>mean</th><th>name</th></tr><tr><td>0.1235</td><td>a&lt;b</td></tr></table>'
    """
    rows = [_row("th", list(records[0]))] if records else []
    rows += [_row("td", list(record.values())) for record in records[:SHOWN]]
    hidden = len(records) - SHOWN
    more = f"<p>and {hidden} more</p>" if hidden > 0 else ""
    return f"<p>{escape(sentence)}</p><table>{''.join(rows)}</table>{more}"


def _row(tag: str, values: Sequence[Any]) -> str:
    """A row of a table, with numbers to four digits."""
    texts = (f"{value:.4g}" if isinstance(value, float) else str(value) for value in values)
    return f"<tr>{''.join(f'<{tag}>{escape(text)}</{tag}>' for text in texts)}</tr>"
