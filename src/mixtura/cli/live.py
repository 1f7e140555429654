"""Show progress on standard error while a fit, a selection or a bootstrap runs."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from mixtura._support import can_start_thread
from mixtura.cli.console import messages_console, shows_progress
from mixtura.fitting import FitProgress, Iteration, progress_line

OnIteration = Callable[[Iteration], object]
UpdateBar = Callable[..., object]


@contextmanager
def progress_bar(what: str, total: int) -> Iterator[UpdateBar | None]:
    """Show a progress bar on a terminal; give the function that updates it, or None without a terminal."""
    console = messages_console()
    if not (console.is_terminal and can_start_thread()):  # a thread draws
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress, shows_progress(console):
        yield partial(progress.update, progress.add_task(what, total=total))


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
    console = messages_console()
    if verbose:
        yield lambda iteration: sys.stderr.write(f"{iteration_line(iteration, starts)}\n")
        return
    if not (console.is_terminal and can_start_thread()):  # a thread draws
        yield None
        return
    # Set in every iteration, so it must be cheap; read ten times a second by the thread that draws.
    latest: list[tuple[Iteration, FitProgress]] = []

    def record(iteration: Iteration) -> None:
        now = time.monotonic()
        progress = latest[-1][1] if latest else FitProgress(starts, max_iter, began=now)
        latest[:] = [(iteration, progress.with_iteration(iteration.start, iteration.number, now, iteration.rise))]

    def draw() -> Text:
        long, short = (progress_line(*latest[-1], words=words) if latest else "starting" for words in (True, False))
        return Text(long if len(long) < console.width else short, no_wrap=True, overflow="ellipsis")

    with Live(console=console, get_renderable=draw, refresh_per_second=10, transient=True), shows_progress(console):
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
