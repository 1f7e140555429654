"""Encoding and line ends of text: UTF-8, UTF-16 by its first bytes, or Latin-1, which any other file can be read as."""

from __future__ import annotations

import codecs
from dataclasses import replace

from mixtura.data.tables.cells import FileContent
from mixtura.errors import DataError

# First bytes that tell an encoding.
MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}

# Bytes that are looked at; what is broken after them shows as replacement characters.
LOOKED_AT = 1 << 26

# Bytes among which the end of a line is looked for.
LONGEST_LINE = 1 << 20

# Windows' extension of Latin-1, with curly quotes and the euro sign.
LATIN = "cp1252"


def as_utf8(content: FileContent) -> tuple[FileContent, tuple[str, ...]]:
    """The content as UTF-8, and a note if it had another encoding that the caller did not tell.

    Raises
    ------
    DataError
        If the text is not in the encoding that was told.
    """
    with content.open() as stream:
        first = stream.read(LOOKED_AT)
    encoding = content.reading.encoding or _detect(first)
    if codecs.lookup(encoding).name == "utf-8":
        return content, ()
    with content.open() as stream:
        data = stream.read()
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if content.reading.encoding is not None:
            where = f"byte {error.start} cannot be read as {content.reading.encoding}"
            raise DataError(f"{content.name}: {where}; pass another --encoding, or none") from None
        encoding = "latin-1"  # which has a character for every byte
        text = data.decode(encoding)
    notes = () if content.reading.encoding else (f"{content.name} is not UTF-8; it is read as {encoding} (--encoding)",)
    return replace(content, data=text.removeprefix("\ufeff").encode()), notes


def with_line_feeds(content: FileContent) -> FileContent:
    """The content with a line feed at the end of each line, where all lines end with a carriage return alone."""
    with content.open() as stream:
        first = stream.read(LONGEST_LINE)
        if b"\r" not in first or b"\n" in first:
            return content
        data = first + stream.read()
    return content if b"\n" in data else replace(content, data=data.replace(b"\r", b"\n"))


def _detect(first: bytes) -> str:
    """The encoding of text that begins with these bytes."""
    marked = next((name for mark, name in MARKS.items() if first.startswith(mark)), None)
    if marked:
        return marked
    # ASCII in UTF-16 has a zero in every other byte.
    zeros = [first[:4096:2].count(0), first[1:4096:2].count(0)]
    if max(zeros) > len(first[:4096]) // 4:
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(first)
    except UnicodeDecodeError:
        return LATIN
    return "utf-8"
