"""Text in blocks of whole lines, and cells of text as numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mixtura._support import Array
from mixtura.errors import DataError

# Bytes of text that are parsed at a time: more take more memory and are no faster.
TEXT_BYTES = 1 << 20

# Bytes of the longest line, and of the longest text in which an opening quote may lack its end.
LONGEST_LINE, LONGEST_QUOTED = 1 << 26, 1 << 24

# A number with marks between thousands, a decimal comma, a sign of a currency or of percent.
MARKED_NUMBER = re.compile(r"[-+$€£¥]?\s?\d[\d.,'\u2019\u00a0 ]*\s?[%€$£¥]?")

# Characters of a cell or a row that messages show.
SHOWN = 40

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def text_blocks(source: Any, *, quoted: bool) -> Iterator[bytes]:
    r"""The text of an open file in blocks of whole lines; with ``quoted`` lines within quotes stay together.

    Raises
    ------
    DataError
        If a line is longer than `LONGEST_LINE`.

    Examples
    --------
    >>> import io
    >>> list(text_blocks(io.BytesIO(b"1,2\n3,4"), quoted=True))
    [b'1,2\n', b'3,4']
    """
    rest = b""
    while data := source.read(TEXT_BYTES):
        text = rest + data if rest else data.removeprefix(BYTE_ORDER_MARK)
        end = _end_of_lines(text, quoted=quoted)
        if end:
            yield text[:end]
        rest = text[end:]
        if len(rest) > LONGEST_LINE:
            raise DataError(f"a line has more than {LONGEST_LINE:,} bytes: this is no text, or has no ends of lines")
    if rest:
        yield rest


def _end_of_lines(text: bytes, *, quoted: bool) -> int:
    """Where the last whole line ends, outside of quotes; 0 if there is none."""
    last = end = _line_end(text, len(text))
    if not quoted:
        return end
    open_quote = text.count(b'"', 0, end) % 2
    while end and open_quote:
        before = _line_end(text, end - 1)
        open_quote ^= text.count(b'"', before, end) % 2
        end = before
    return end or (last if len(text) > LONGEST_QUOTED else 0)


def first_line_end(text: bytes) -> int:
    r"""Where the first line ends that has text, or the line in which quotes that it opens end.

    Examples
    --------
    >>> first_line_end(b'\na,"b\nc"\n1,2\n')
    9
    """
    open_quote, end = 0, 0
    for line in text.splitlines(keepends=True):
        open_quote ^= line.count(b'"') % 2
        end += len(line)
        if line.strip() and not open_quote:
            return end
    return len(text)


def _line_end(text: bytes, stop: int) -> int:
    """Where the last line ends that ends before ``stop``; 0 if there is none."""
    return max(text.rfind(b"\n", 0, stop), text.rfind(b"\r", 0, stop)) + 1


def numbers_in_cells(cells: Sequence[bytes | None]) -> tuple[Array, list[int]]:
    """Numbers in cells of text, (m,), NaN where there is none, and the indices of cells that hold something else.

    Examples
    --------
    >>> numbers_in_cells([b"1.5", None, b" -2 ", b"x", b"1_0"])
    (array([ 1.5,  nan, -2. ,  nan,  nan]), [3, 4])
    """
    numbers, wrong = np.full(len(cells), np.nan), []
    for i, cell in enumerate(cells):
        if cell is not None:
            try:
                numbers[i] = float(cell)
            except ValueError:
                wrong.append(i)
            else:
                if b"_" in cell:  # Python alone reads this as a number
                    numbers[i] = np.nan
                    wrong.append(i)
    return numbers, wrong


def shown(text: bytes | str) -> str:
    """Text between double quotes, cut off where it is long.

    Examples
    --------
    >>> shown(b"4,5"), shown("x" * 50)
    ('"4,5"', '"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..."')
    """
    readable = text if isinstance(text, str) else text[: 4 * SHOWN].decode(errors="replace")
    return f'"{readable if len(readable) <= SHOWN else readable[: SHOWN - 3] + "..."}"'


def no_number(column: str, cell: bytes | str) -> str:
    """What is wrong with a cell of text in a column of numbers."""
    return f', column "{column}": {shown(cell)} is not a number'
