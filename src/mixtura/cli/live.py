"""What is shown while a fit runs."""

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

from mixtura.cli.console import err
from mixtura.cli.progress import FitProgress, duration
from mixtura.fitting import Iteration

Watch = Callable[[Iteration], object]
Show = Callable[..., object]


@contextmanager
def bar(what: str, total: int) -> Iterator[Show | None]:
    """A progress bar on standard error where that is a terminal: what to call to move it on, else None."""
    console = err()
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield partial(progress.update, progress.add_task(what, total=total))


@contextmanager
def replicating(total: int) -> Iterator[Callable[[int], object] | None]:
    """A callback that shows how many of so many replicates are done."""
    with bar("replicates", total) as show:
        yield show and (lambda done: show(completed=done))


@contextmanager
def watching(*, starts: int, max_iter: int, verbose: bool) -> Iterator[Watch | None]:
    """A callback for `mixtura.fit` that shows each iteration on standard error.

    With ``verbose`` one line an iteration; else a live line on a terminal, and nothing elsewhere.
    """
    console = err()
    if verbose:
        yield lambda iteration: sys.stderr.write(f"{plain_line(iteration, starts)}\n")
        return
    if not console.is_terminal:
        yield None
        return
    # Written in every iteration, which must be cheap, and read ten times a second by the thread that draws.
    latest: list[tuple[Iteration, FitProgress]] = []

    def record(iteration: Iteration) -> None:
        now = time.monotonic()
        progress = latest[-1][1] if latest else FitProgress(starts, max_iter, began=now)
        latest[:] = [(iteration, progress.after(iteration.start, iteration.number, now))]

    def draw() -> Text:
        long, short = (live_line(*latest[-1], words=words) if latest else "starting" for words in (True, False))
        return Text(long if len(long) < console.width else short, no_wrap=True, overflow="ellipsis")

    with Live(console=console, get_renderable=draw, refresh_per_second=10, transient=True):
        yield record


def plain_line(iteration: Iteration, starts: int) -> str:
    """One iteration in full precision.

    Examples
    --------
    >>> plain_line(Iteration(0, 2, None, -16.5, 0.25, (0, 1)), starts=3)
    'start 1 of 3  iteration 2  log-likelihood -16.500000000000  rise 0.250000000000'
    """
    which = f"start {iteration.start + 1} of {starts}  " if starts > 1 else ""
    rise = "" if math.isnan(iteration.rise) else f"  rise {iteration.rise:.12f}"
    return f"{which}iteration {iteration.number}  log-likelihood {iteration.loglik:.12f}{rise}"


def live_line(iteration: Iteration, progress: FitProgress, *, words: bool) -> str:
    """One iteration, its pace, and how long the fit can still last, with words in full or short.

    Examples
    --------
    >>> progress = FitProgress(starts=1, max_iter=100, began=0.0).after(start=0, number=1, now=0.5)
    >>> live_line(Iteration(0, 1, None, -16.5, 0.25, (0, 1)), progress, words=True)
    'iteration 1/100  log-likelihood -16.5000  rise 0.25  2/s  at most 50 s left'
    """
    step, loglik, left = ("iteration ", "log-likelihood ", " left") if words else ("", "loglik ", "")
    parts = [f"start {iteration.start + 1}/{progress.starts}"] if progress.starts > 1 else []
    parts += [f"{step}{iteration.number}/{progress.max_iter}", f"{loglik}{iteration.loglik:.4f}"]
    if not math.isnan(iteration.rise):
        parts.append(f"rise {iteration.rise:.2g}")
    if progress.rate:
        parts += [f"{progress.rate:.3g}/s", f"at most {duration(progress.left)}{left}"]
    return "  ".join(parts)
