"""Compressed files are unpacked up to a limit, since a few kilobytes can hold gigabytes."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mixtura._support import as_count
from mixtura.errors import DataError

# A compressed file may unpack to this many times its own size, and to so many bytes in any case.
LARGEST_RATIO, LEAST_LIMIT = 100, 128_000_000

# Bytes that are unpacked at a time.
PIECE = 1 << 20

OPENERS: dict[str, Callable[[Path], Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}

# First bytes of what polars would unpack without a limit.
PACKED = (b"\x1f\x8b", b"x\x01", b"x\x9c", b"x\xda", b"\x28\xb5\x2f\xfd")


def unpacked_limit(size: int, given: int | None) -> int:
    """Largest number of bytes that a compressed file of ``size`` bytes may hold: ``given``, or the default.

    Examples
    --------
    >>> unpacked_limit(1_000, None), unpacked_limit(10_000_000, None), unpacked_limit(1_000, 5_000)
    (128000000, 1000000000, 5000)
    """
    return max(LARGEST_RATIO * size, LEAST_LIMIT) if given is None else as_count(given, "max_unpacked")


def check_unpacked(name: str, unpacked: int, size: int, given: int | None) -> None:
    """Raise DataError if a file of ``size`` bytes holds more than it may; ``unpacked`` is a number that it exceeds."""
    limit = unpacked_limit(size, given)
    if unpacked > limit:
        raise DataError(
            f"{name} has {size:,} bytes and unpacks to more than {limit:,}: raise --max-unpacked (max_unpacked= of "
            "mixtura.read) if that is meant"
        )


def unpack(path: Path, given: int | None) -> bytes:
    """Decompress a .gz, .bz2 or .xz file; raise DataError where it is broken, or holds more than it may."""
    size, pieces, total = path.stat().st_size, [], 0
    try:
        with OPENERS[path.suffix.lower()](path) as stream:
            while piece := stream.read(PIECE):
                pieces.append(piece)
                total += len(piece)
                check_unpacked(str(path), total, size, given)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        if getattr(error, "errno", None) is not None:
            raise
        raise DataError(f"{path} is broken: {error}") from None
    return b"".join(pieces)


def refuse_packed(first: bytes, name: str) -> None:
    """Raise DataError for text whose first bytes are those of a compressed file."""
    if first.startswith(PACKED):
        raise DataError(f"{name} is compressed; expected text, or a name that ends in {', '.join(OPENERS)}")
