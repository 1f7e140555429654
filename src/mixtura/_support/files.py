"""Writing files so that an interruption leaves the old file or the new one, never half of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(path: str) -> Iterator[Path]:
    """A context with a temporary path to write to, which replaces ``path`` at its end.

    A reader never sees half a file. The temporary file lies in the same folder and has the same suffix.
    Devices and pipes are written directly, since replacing them would remove them.

    Examples
    --------
    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "a.txt")
    >>> with atomic_write(path) as temporary:
    ...     _ = temporary.write_text("whole")
    >>> Path(path).read_text(), os.listdir(os.path.dirname(path))
    ('whole', ['a.txt'])
    """
    target = Path(path).resolve()
    if target.exists() and not target.is_file():
        yield Path(path)
        return
    temporary = target.with_name(f".{os.getpid()}.{target.name}")
    try:
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str, text: str) -> None:
    """Write text to a file as UTF-8, completely or not at all.

    Examples
    --------
    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "a.txt")
    >>> write_text(path, "one")
    >>> Path(path).read_text()
    'one'
    """
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
