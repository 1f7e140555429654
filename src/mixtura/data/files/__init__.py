"""Rows of files that do not fit into memory: `mixtura.scan`.

To add a format, write a function from an open file and names of columns to record batches of Arrow, and register it in
``arrow.py``, in `OPENERS`.
"""

from __future__ import annotations

from mixtura.data.files.choice import open_rows, read_or_choose
from mixtura.data.files.locate import is_large
from mixtura.data.files.scan import scan
from mixtura.data.files.source import FileSource

__all__ = ["FileSource", "is_large", "open_rows", "read_or_choose", "scan"]
