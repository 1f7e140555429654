"""A file that is open as long as something refers to it."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mixtura._support import Rows
from mixtura.errors import DataError


@dataclass(frozen=True, eq=False)
class OpenFile:
    """A file that is closed when nothing refers to it any more; one without a name is deleted then.

    Attributes
    ----------
    descriptor : int
        The system's number of the open file.

    Examples
    --------
    >>> import numpy as np
    >>> file = OpenFile.temporary(None)
    >>> file.append(memoryview(np.array([1.0, 2.0])).cast("B"))
    >>> last = np.empty(1)
    >>> file.read_into(last, 8), last.item()
    (8, 2.0)
    """

    descriptor: int

    @classmethod
    def temporary(cls, folder: str | None) -> OpenFile:
        """A new file without a name."""
        descriptor, path = tempfile.mkstemp(dir=folder, prefix="mixtura-")
        Path(path).unlink()
        return cls(descriptor)

    @classmethod
    def reading(cls, path: str) -> OpenFile:
        """A file that is there."""
        return cls(os.open(path, os.O_RDONLY))

    def append(self, data: memoryview) -> None:
        """Write at the end."""
        done = 0
        while done < len(data):
            done += os.write(self.descriptor, data[done:])

    def read_into(self, block: Rows, offset: int) -> int:
        """Fill a contiguous array from a place, whichever thread reads elsewhere; return its size in bytes."""
        view, done = block.data.cast("B"), 0
        while done < len(view):
            count = os.preadv(self.descriptor, [view[done:]], offset + done)
            if not count:
                raise DataError("a file of rows is shorter than before")
            done += count
        return done

    def __del__(self) -> None:
        os.close(self.descriptor)
