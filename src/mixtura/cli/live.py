"""Show progress on standard error while a fit, a selection or a bootstrap runs."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from mixtura._support import can_start_thread
from mixtura.cli.console import messages_console, shows_progress
from mixtura.data.files import OnRows, PassProgress, RowsRead
from mixtura.fitting import FitProgress, Iteration, progress_line

OnIteration = Callable[[Iteration], object]
UpdateBar = Callable[..., object]


# Shows rows that are read beside other progress; None where there is nobody to show them.
ROWS_LINE: ContextVar[OnRows | None] = ContextVar("ROWS_LINE", default=None)


def show_rows(read: RowsRead) -> None:
    """Show how many rows a pass has read, beside the progress that is shown at the moment."""
    shown = ROWS_LINE.get()
    if shown is not None:
        shown(read)


def shows_on_terminal() -> bool:
    """Whether progress is shown: standard error is a terminal, and a thread can draw."""
    return messages_console().is_terminal and can_start_thread()


@contextmanager
def live_lines(draw: Callable[[Console], Sequence[RenderableType]], rows_are: str = "") -> Iterator[None]:
    """Show lines on standard error, drawn ten times a second, and below them the rows that a pass has read so far.

    ``rows_are`` is said before these.
    """
    console = messages_console()
    passes: list[PassProgress] = []  # told for each block; read by the thread that draws

    def record(read: RowsRead) -> None:
        passes[:] = [(passes[0] if passes else PassProgress()).after(read)]

    def lines() -> Group:
        return Group(*draw(console), *(one_line(rows_are + each.text) for each in passes))

    token = ROWS_LINE.set(record)
    try:
        # What is printed on standard output meanwhile, such as predictions, goes there.
        look: dict[str, Any] = {"refresh_per_second": 10, "transient": True, "redirect_stdout": False}
        with Live(console=console, get_renderable=lines, **look), shows_progress(console):
            yield
    finally:
        ROWS_LINE.reset(token)


def one_line(text: str) -> Text:
    """Text that is cut off where the terminal ends."""
    return Text(text, no_wrap=True, overflow="ellipsis")


@contextmanager
def rows_progress(what: str) -> Iterator[None]:
    """Show the rows of passes in which nothing else is shown; ``what`` says what is done with them."""
    if shows_on_terminal():
        with live_lines(lambda _: [], f"{what}: "):
            yield
    else:
        yield


@contextmanager
def progress_bar(what: str, total: int) -> Iterator[UpdateBar | None]:
    """Show a progress bar on a terminal; give the function that updates it, or None without a terminal."""
    if not shows_on_terminal():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns)
    task = progress.add_task(what, total=total)
    with live_lines(lambda _: [progress.get_renderable()]):
        yield partial(progress.update, task)


@contextmanager
def replicate_progress(total: int) -> Iterator[Callable[[int], object] | None]:
    """Show how many of ``total`` replicates are done; give the callback, or None without a terminal."""
    with progress_bar("replicates", total) as show:
        yield show and (lambda done: show(completed=done))


@contextmanager
def iteration_progress(*, starts: int, max_iter: int, verbose: bool) -> Iterator[OnIteration | None]:
    """Show each EM iteration on standard error; give the callback for `mixtura.fit`, or None if nothing is shown.

    With ``verbose`` each iteration is a line of its own; otherwise one line on a terminal is updated in place.
    """
    if verbose:
        yield lambda iteration: sys.stderr.write(f"{iteration_line(iteration, starts)}\n")
        return
    if not shows_on_terminal():
        yield None
        return
    # Set in every iteration, so it must be cheap; read ten times a second by the thread that draws.
    latest: list[tuple[Iteration, FitProgress]] = []

    def record(iteration: Iteration) -> None:
        now = time.monotonic()
        progress = latest[-1][1] if latest else FitProgress(starts, max_iter, began=now)
        latest[:] = [(iteration, progress.with_iteration(iteration.start, iteration.number, now, iteration.rise))]

    def draw(console: Console) -> list[Text]:
        long, short = (progress_line(*latest[-1], words=words) if latest else "starting" for words in (True, False))
        return [one_line(long if len(long) < console.width else short)]

    with live_lines(draw):
        yield record


def iteration_line(iteration: Iteration, starts: int) -> str:
    """Line for one iteration, in full precision.

    Examples
    --------
    >>> iteration_line(Iteration(0, 2, None, -16.5, 0.25, (0, 1)), starts=3)
    'start 1 of 3  iteration 2  log-likelihood -16.500000000000  rise 0.250000000000'
    """
    start = f"start {iteration.start + 1} of {starts}  " if starts > 1 else ""
    rise = "" if math.isnan(iteration.rise) else f"  rise {iteration.rise:.12f}"
    return f"{start}iteration {iteration.number}  log-likelihood {iteration.loglik:.12f}{rise}"
