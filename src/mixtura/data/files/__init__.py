"""Rows of files that do not fit into memory: `mixtura.scan`.

To add a format, write the two functions of a `mixtura.data.files.batches.Format`, and register it in ``readers.py``, in
`FORMATS`.
"""

from __future__ import annotations

from mixtura.data.files.choice import open_rows, read_or_choose
from mixtura.data.files.locate import is_large
from mixtura.data.files.passes import OnRows, PassProgress, RowsRead
from mixtura.data.files.scan import scan_files
from mixtura.data.files.source import FileSource

__all__ = ["FileSource", "OnRows", "PassProgress", "RowsRead", "is_large", "open_rows", "read_or_choose", "scan_files"]
