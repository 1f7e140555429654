"""Where progress is shown: a line of a notebook's output, or a line of the terminal."""

from __future__ import annotations

import html
import os
import shutil
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeAlias

# Shows a fraction (None where it is not known) and a text in place of what was shown before; the last time, ``ended``.
Draw: TypeAlias = Callable[[float | None, str, bool], object]


def notebook_shell() -> Any:
    """The shell of the notebook in which this runs, or None."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module else None
    return shell if hasattr(shell, "kernel") else None


def find_display() -> Draw:
    """The notebook or the terminal that runs this, or what shows nothing."""
    if notebook_shell():
        return notebook_display()
    return show_on_terminal if sys.stderr.isatty() and os.environ.get("TERM") != "dumb" else show_nowhere


def notebook_display() -> Draw:
    """A bar in the output of the current cell, which is drawn when there is something to show."""
    display = import_module("IPython.display").display  # it is there, since a notebook runs this
    handles: list[Any] = []

    def draw(fraction: float | None, text: str, ended: bool) -> None:
        shown = {"text/html": bar_html(fraction, text, ended=ended), "text/plain": text}
        if handles:
            handles[0].update(shown, raw=True)
        else:
            handles.append(display(shown, raw=True, display_id=True))

    return draw


def bar_html(fraction: float | None, text: str, *, ended: bool) -> str:
    """A bar and its text; without a fraction the bar moves to and fro, and at the end there is none.

    Examples
    --------
    >>> bar_html(0.25, "1 of 4 cells", ended=False)
    '<progress value="0.250" aria-label="progress"></progress> <span>1 of 4 cells</span>'
    """
    value = "" if fraction is None else f' value="{fraction:.3f}"'
    bar = "" if ended else f'<progress{value} aria-label="progress"></progress> '
    return f"{bar}<span>{html.escape(text)}</span>"


def show_on_terminal(fraction: float | None, text: str, ended: bool) -> None:
    """Write the line anew; the cursor stays in it until the end."""
    percent = "" if fraction is None or ended else f"{100 * fraction:3.0f} %  "
    width = shutil.get_terminal_size().columns - 1
    sys.stderr.write(f"\r\x1b[K{(percent + text)[:width]}" + "\n" * ended)
    sys.stderr.flush()


def show_nowhere(_fraction: float | None, _text: str, _ended: bool) -> None:
    """Show nothing, where neither a notebook nor a terminal would show it."""
