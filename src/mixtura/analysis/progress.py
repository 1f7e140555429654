"""Progress of fits, selections and replicates, for notebooks and terminals."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from mixtura._support import format_count
from mixtura.analysis.progress_display import Draw, find_display
from mixtura.data.files import PassProgress, RowsRead
from mixtura.fitting import FitProgress, Iteration, format_duration, progress_line
from mixtura.selection import Cell

# Least seconds between two updates: nobody can read them more often, and a browser has to draw each.
INTERVAL = 0.1


@dataclass(frozen=True, slots=True)
class CountedProgress:
    """Progress of a selection or of replicates: how many cells or replicates of how many are done.

    Examples
    --------
    >>> half = CountedProgress(4, began=0.0).after(2, now=6.0)
    >>> half.fraction, half.text
    (0.5, '2 of 4 replicates  about 6 s left')
    >>> half.after(4, now=13.0).summary
    '4 of 4 replicates in 13 s'
    """

    total: int
    began: float
    what: str = ""
    done: int = 0
    seconds: float = 0.0
    latest: str = ""

    def after(self, event: Cell | int, now: float) -> CountedProgress:
        """The progress after an event: a cell that is done, or the number of replicates that are."""
        seconds = now - self.began
        if isinstance(event, int):
            return replace(self, what=" replicates", done=event, seconds=seconds)
        latest = f"{event.model},{event.n_components}"
        return replace(self, what=" cells", done=self.done + 1, seconds=seconds, latest=latest)

    @property
    def fraction(self) -> float | None:
        """How much is done, from 0 to 1."""
        return self.done / self.total

    @property
    def text(self) -> str:
        """How many are done, the latest cell, and the time that the rest will take at the same speed."""
        left = self.seconds * (self.total / self.done - 1) if self.done else 0.0
        parts = (
            f"{self.done} of {self.total}{self.what}",
            self.latest,
            f"about {format_duration(left)} left" if left > 0 else "",
        )
        return "  ".join(part for part in parts if part)

    @property
    def summary(self) -> str:
        """How many are done, and the time that they took."""
        return f"{self.done} of {self.total}{self.what} in {format_duration(self.seconds)}"


@dataclass(frozen=True, slots=True)
class IterationsProgress:
    """Progress of a fit, which tells of its iterations."""

    fit: FitProgress
    latest: Iteration | None = None

    def after(self, event: Iteration, now: float) -> IterationsProgress:
        """The progress after an iteration."""
        return IterationsProgress(self.fit.with_iteration(event.start, event.number, now, event.rise), event)

    @property
    def fraction(self) -> float | None:
        """How much is done, from 0 to 1, as far as the rises of the log-likelihood tell."""
        left = self.fit.seconds_left
        return None if left is None else self.fit.seconds / max(self.fit.seconds + left, 1e-9)

    @property
    def text(self) -> str:
        """Number of the iteration, log-likelihood, speed, and the time left."""
        return progress_line(self.latest, self.fit, words=True) if self.latest else "starting"

    @property
    def summary(self) -> str:
        """Number of iterations of all starts, and the time that they took."""
        return f"{format_count(self.fit.done, 'iteration')} in {format_duration(self.fit.seconds)}"


Progress: TypeAlias = CountedProgress | IterationsProgress


@dataclass(frozen=True, slots=True, eq=False)
class ProgressCallback:
    """A callback for ``on_iteration``, ``on_cell``, ``on_replicate`` and ``on_rows`` that shows progress.

    See `progress`.
    """

    draw: Draw
    clock: Callable[[], float] = time.monotonic
    latest: list[Progress] = field(default_factory=list)
    passes: list[PassProgress] = field(default_factory=list)
    drawn: list[float] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)

    def expect(self, total: int, each: int | None = None) -> None:
        """Begin to count: ``total`` cells or replicates, or starts of at most ``each`` iterations."""
        now = self.clock()
        self.latest[:] = [
            CountedProgress(total, now) if each is None else IterationsProgress(FitProgress(total, each, began=now))
        ]
        self.passes.clear()
        self._show()

    def _show(self) -> None:
        shown = (*self.latest, *self.passes)
        self.draw(shown[0].fraction, "  ".join(each.text for each in shown), False)

    def __call__(self, event: Any) -> None:
        """Show the progress after an event; several threads may tell of theirs."""
        with self.lock:
            now = self.clock()
            if isinstance(event, RowsRead):
                self.passes[:] = [(self.passes[0] if self.passes else PassProgress()).after(event)]
            else:
                self.latest[:] = [self.latest[0].after(event, now)]
            if not self.drawn or now - self.drawn[0] >= INTERVAL:
                self.drawn[:] = [now]
                self._show()

    def close(self) -> None:
        """Show what was done, if there was anything."""
        summary = [*(each.summary for each in self.latest), *(each.text for each in self.passes)]
        if summary:
            self.draw(1.0, summary[0], True)


@contextmanager
def progress() -> Iterator[ProgressCallback]:
    """Show the progress of what runs in a ``with`` block, in a notebook or on a terminal.

    Yields
    ------
    callable
        A value for ``on_iteration`` of `mixtura.fit`, ``on_cell`` of `mixtura.select`, ``on_replicate`` of
        `mixtura.bootstrap` and `mixtura.likelihood_ratio_tests`, and ``on_rows`` of `mixtura.scan`. In a notebook it
        draws a bar in the output of the cell, on a terminal a line on standard error, elsewhere nothing.

    Examples
    --------
    >>> import mixtura
    >>> rows = [0.0, 0.2, 0.4, 5.0, 5.2, 5.4]
    >>> with mixtura.progress() as show:
    ...     chosen = mixtura.select(rows, [1, 2], on_cell=show)
    >>> len(chosen.cells)
    4
    """
    callback = ProgressCallback(find_display())
    try:
        yield callback
    finally:
        callback.close()
