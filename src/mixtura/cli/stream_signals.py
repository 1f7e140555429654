"""Signals that ask a command to stop: they are noted, and acted upon when it suits."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class StopSignals:
    """Signals that have come, and a descriptor that can be read when one has.

    Attributes
    ----------
    received : list of int
        Their numbers; a handler appends to it.
    wake : tuple of int
        The descriptor; empty where signals are not heard.
    """

    received: list[int] = field(default_factory=list)
    wake: tuple[int, ...] = ()

    def note(self, number: int, _: Any) -> None:
        """Note a signal; a second Ctrl-C interrupts at once."""
        if number == signal.SIGINT and number in self.received:
            raise KeyboardInterrupt
        self.received.append(number)


@contextmanager
def stop_signals() -> Iterator[StopSignals]:
    """A context in which SIGTERM and SIGINT are noted instead of ending the program; in the main thread alone."""
    if threading.current_thread() is not threading.main_thread():
        yield StopSignals()
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    found = StopSignals(wake=(reader,))
    before_wake = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    before = {number: signal.signal(number, found.note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield found
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(before_wake)
        os.close(reader)
        os.close(writer)
