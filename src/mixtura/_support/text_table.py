"""Tables of text whose columns are aligned."""

from __future__ import annotations

from collections.abc import Sequence


def text_table(lines: Sequence[Sequence[str]]) -> str:
    """Lines of cells as text: the first column aligned to the left, the others to the right.

    Examples
    --------
    >>> print(text_table([("component", "0", "1"), ("weight", "0.7500", "0.2500")]))
    component        0        1
    weight      0.7500   0.2500
    """
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "   ".join([first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(more, widths[1:], strict=True))])
        for first, *more in lines
    )
