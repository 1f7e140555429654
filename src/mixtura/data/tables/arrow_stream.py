"""How many cells an Arrow IPC stream has, without unpacking them: what its messages say of themselves.

Arrow Columnar Format 1.5, "Encapsulated message format"; the messages are tables of FlatBuffers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

# Of FlatBuffers: positions of fields in a Message, and in a RecordBatch; the kind of message that has cells.
HEADER_KIND, HEADER, BODY_LENGTH = 1, 2, 3
N_ROWS, COLUMNS = 0, 1
RECORD_BATCH = 3


def count_cells(data: bytes) -> int:
    """Number of cells of all record batches; ValueError where the stream is broken.

    Examples
    --------
    >>> import io
    >>> import polars as pl
    >>> file = io.BytesIO()
    >>> pl.DataFrame({"a": [1.0, 2.0, 3.0], "b": [1, 2, 3]}).write_ipc_stream(file)
    >>> count_cells(file.getvalue())
    6
    """
    try:
        return sum(rows * columns for rows, columns in _record_batches(memoryview(data)))
    except struct.error:
        raise ValueError("it is neither an Arrow file nor a whole stream") from None


def _record_batches(data: memoryview) -> Iterator[tuple[int, int]]:
    """Numbers of rows and of columns of each record batch."""
    start = 0
    while start + 8 <= len(data):
        marker, length = struct.unpack_from("<Ii", data, start)
        start += 8 if marker == 0xFFFFFFFF else 4  # older streams have no marker
        length = length if marker == 0xFFFFFFFF else marker
        if length <= 0:
            return
        message = data[start : start + length]
        (root,) = struct.unpack_from("<I", message, 0)
        header = _field(message, root, HEADER)
        kind = _number(message, _field(message, root, HEADER_KIND), "<B")
        if kind == RECORD_BATCH and header:
            batch = header + _number(message, header, "<I")
            columns = _field(message, batch, COLUMNS)
            width = _number(message, columns + _number(message, columns, "<I"), "<I") if columns else 0
            yield _number(message, _field(message, batch, N_ROWS), "<q"), width
        body = _number(message, _field(message, root, BODY_LENGTH), "<q")
        if body < 0:
            raise ValueError("a message has a negative length")
        start += length + body


def _field(message: memoryview, table: int, number: int) -> int:
    """Position of a table's field; 0 if the table has none."""
    (back,) = struct.unpack_from("<i", message, table)
    fields = table - back
    (size,) = struct.unpack_from("<H", message, fields)
    entry = 4 + 2 * number
    offset = int(struct.unpack_from("<H", message, fields + entry)[0]) if entry < size else 0
    return table + offset if offset else 0


def _number(message: memoryview, position: int, form: str) -> int:
    """The number at a position; 0 for a field that is not there."""
    return int(struct.unpack_from(form, message, position)[0]) if position else 0
