"""Bytes as they arrive at a pipe, so that nothing waits for a full buffer."""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Iterator, Sequence
from typing import Any

# Most bytes that are read at a time.
BLOCK_BYTES = 1 << 16


def arriving_blocks(stream: Any, wake: Sequence[int], wait: Callable[[], float | None]) -> Iterator[bytes]:
    """Blocks of bytes, each as soon as it has arrived; the end of the stream ends them.

    Parameters
    ----------
    stream : binary file
    wake : sequence of int
        File descriptors that end the waiting when they can be read.
    wait : callable
        Seconds to wait for the next block; None for ever. Where nothing has arrived by then, the block is empty.

    Examples
    --------
    >>> import io
    >>> list(arriving_blocks(io.BytesIO(b"1,2"), (), lambda: None))
    [b'1,2']
    """
    try:
        descriptor = stream.fileno()
    except OSError:  # a stream in memory
        while block := stream.read(BLOCK_BYTES):
            yield block
        return
    while True:
        ready, _, _ = select.select([descriptor, *wake], [], [], wait())
        if descriptor not in ready:
            yield b""
            continue
        block = os.read(descriptor, BLOCK_BYTES)
        if not block:
            return
        yield block
