"""Writing files so that an interruption leaves the old file or the new one, never half of it."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mixtura._support.lazy import LazyModule

fcntl = LazyModule("fcntl")  # of POSIX systems
POSIX = os.name == "posix"

# Names of temporary files: nobody can guess them, and nothing else is called so.
TEMPORARY_NAME = re.compile(r"\.mixtura-[0-9a-f]{32}(\.\w+)?")

# An empty file that is younger than this may be one that its process is about to lock.
SECONDS_TO_LOCK = 60.0


@contextmanager
def atomic_write(path: str) -> Iterator[Path]:
    """A context with a temporary path to write to, which replaces ``path`` at its end.

    A reader never sees half a file. The temporary file lies in the same folder and has the same suffix. A file that is
    replaced keeps its mode and owner. Devices and pipes are written directly, since replacing them would remove them.

    Examples
    --------
    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "a.txt")
    >>> with atomic_write(path) as temporary:
    ...     _ = temporary.write_text("whole")
    >>> Path(path).read_text(), os.listdir(os.path.dirname(path))
    ('whole', ['a.txt'])
    """
    try:
        old = Path(path).stat()  # raises for a loop of links
    except FileNotFoundError:
        old = None
    if old is not None and not stat.S_ISREG(old.st_mode):
        yield Path(path)
        return
    target = Path(os.path.realpath(path))
    _sweep(target.parent)
    with _temporary_file(target, 0o666 if old is None else 0o600) as temporary:
        yield temporary
        _replace(target, temporary, old)


@contextmanager
def _temporary_file(target: Path, mode: int) -> Iterator[Path]:
    """A context with a new, empty file in the folder of ``target``, locked by this process and removed at the end."""
    # An existing file is no new one, nor is a link that somebody planted.
    flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_CLOEXEC", 0)
    temporary = target.with_name(f".mixtura-{secrets.token_hex(16)}{target.suffix}")
    descriptor = os.open(temporary, flags, mode)
    if not POSIX:  # an open file could not be moved
        os.close(descriptor)
    try:
        with suppress(OSError, ImportError):  # there may be no locks
            lock(descriptor)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
        if POSIX:
            os.close(descriptor)


def _replace(target: Path, temporary: Path, old: os.stat_result | None) -> None:
    """Move the temporary file to ``target``, with the mode and owner of the ``old`` file there."""
    if old is not None and POSIX:
        try:
            os.chown(temporary, old.st_uid, old.st_gid)
        except PermissionError:  # another user's file, which stays: only what is in it can be replaced
            shutil.copyfile(temporary, target)
            return
        temporary.chmod(stat.S_IMODE(old.st_mode))
    temporary.replace(target)


def lock(descriptor: int) -> None:
    """Lock a file until it is closed, which the end of its process does, too; OSError where it is locked already."""
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _sweep(folder: Path) -> None:
    """Remove what killed processes have left in a folder: this user's temporary files that no process has locked."""
    if not POSIX:
        return
    with suppress(OSError):
        for entry in list(os.scandir(folder)):
            if TEMPORARY_NAME.fullmatch(entry.name):
                with suppress(OSError):
                    _remove_if_abandoned(Path(entry.path))


def _remove_if_abandoned(path: Path) -> None:
    """Remove a temporary file of this user; OSError where a process has locked it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
        locked_by_now = found.st_size > 0 or time.time() - found.st_mtime > SECONDS_TO_LOCK
        if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and locked_by_now:
            lock(descriptor)
            path.unlink()
    finally:
        os.close(descriptor)


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
