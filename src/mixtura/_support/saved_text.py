"""The text of files that Mixtura saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from mixtura.errors import DataError

Result = TypeVar("Result")


def read_saved(data: bytes, name: str, parse: Callable[[str], Result], *, kind: str = "model file") -> Result:
    r"""What ``parse`` makes of the text of a file; DataErrors begin with the file's ``name``.

    Examples
    --------
    >>> read_saved(b"\xef\xbb\xbf1.5", "a.json", float)
    1.5
    >>> read_saved(b"\xff\xfe", "a.json", float)
    Traceback (most recent call last):
    mixtura.errors.DataError: a.json: not a model file: it is not text in UTF-8
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{name}: not a {kind}: it is not text in UTF-8") from None
    try:
        return parse(text)
    except DataError as error:
        raise DataError(f"{name}: {error}") from None
