"""Follow standard input: lines become rows, rows update the mixture, and the file is written now and then."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mixtura import OnlineMixture
from mixtura._support import as_tuple_of, format_count, format_list, read_saved, write_text
from mixtura.cli.console import print_message
from mixtura.data.stream import BAD_LINES, LineLayout, LineParser
from mixtura.errors import DataError
from mixtura.fitting import online_content, online_to_json

# A line that is longer is left out, since its end may never come.
LONGEST_LINE = 1 << 20

# The entry of a file that says how far the stream was read.
ENTRY = "stream"


@dataclass(frozen=True, slots=True, eq=False)
class StreamState:
    """What is known after some lines.

    Attributes
    ----------
    online : OnlineMixture
    parser : LineParser
    bad : Counter
        Number of lines that were left out, by what is wrong with them.
    n_lines : int
        Number of lines so far, those of names and blank ones included.
    """

    online: OnlineMixture
    parser: LineParser
    bad: Counter[str]
    n_lines: int

    def after(self, lines: list[str], most: int) -> tuple[StreamState, int]:
        """The state after so many of the lines that ``most`` rows have come, and the number of these lines."""
        parser, found = self.parser.parse(lines, most)
        online = self.online
        if len(found.rows):
            layout = parser.layout
            if online.columns is None and layout is not None and layout.named:
                online = replace(online, columns=layout.used)
            online = online.update(found.rows, found.weight)
        return StreamState(online, parser, self.bad + found.bad, self.n_lines + found.used), found.used

    def to_json(self) -> str:
        """Text of the file: a model file with the state."""
        layout = self.parser.layout
        read = {
            "n_lines": self.n_lines,
            "bad": dict(self.bad),
            "names": self.parser.names if layout is None else (),
            "layout": None if layout is None else layout.to_dict(),
        }
        return online_to_json(self.online, **{ENTRY: read})

    def summary(self) -> str:
        """How many rows and bad lines there have been, and how well the model fits, as one line."""
        n_bad = sum(self.bad.values())
        told = f"{self.online.n_rows:,} rows"
        if n_bad:
            reasons = ", ".join(f"{count:,} {BAD_LINES[reason]}" for reason, count in sorted(self.bad.items()))
            told += f", {n_bad:,} bad {'line' if n_bad == 1 else 'lines'} left out ({reasons})"
        if self.online.state is None:
            return f"{told}; not enough for the start yet" if self.online.n_rows else told
        k = format_count(len(self.online.components), "component")
        return f"{told}; {k}, log-likelihood of new rows {self.online.loglik_per_row:.4g} each"


def resumed_state(path: str, fresh: StreamState) -> StreamState:
    """The state that a file holds; its parser begins with a first line again, whose names it knows.

    Raises
    ------
    DataError
        If `mixtura stream` did not write the file.
    """
    return read_saved(Path(path).read_bytes(), path, lambda text: _resumed(text, fresh), kind="file of a stream")


def _resumed(text: str, fresh: StreamState) -> StreamState:
    """The state in the text of a file."""
    content, online = online_content(text), OnlineMixture.from_json(text)
    try:
        read = content.get(ENTRY) or {"n_lines": 0, "bad": {}, "names": [], "layout": None}
        layout = None if read["layout"] is None else LineLayout.from_dict(read["layout"])
        bad, n_lines = Counter({name: int(read["bad"].get(name, 0)) for name in BAD_LINES}), int(read["n_lines"])
        names = as_tuple_of(str, read["names"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f'"{ENTRY}" cannot be read ({type(error).__name__}: {error})') from None
    parser = replace(fresh.parser, names=names)
    if layout is not None:
        parser = replace(parser, kind=layout.kind, weight=layout.weight, layout=layout)
    elif online.columns is not None:
        parser = replace(parser, wanted=tuple(online.columns))
    return StreamState(online, parser, +bad, n_lines)


def lines_of(blocks: Iterable[bytes], cut_off: list[bytes]) -> Iterable[list[str]]:
    """Complete lines of each block of bytes, none where nothing has come; the last one need not have an end.

    Lines that are too long are left out. What is left of a line when nobody asks for more is put into ``cut_off``.
    """
    for block in blocks:
        first, *others = block.split(b"\n")
        cut_off[0] += first
        if not others:
            if len(cut_off[0]) > LONGEST_LINE:
                cut_off[0] = cut_off[0][:LONGEST_LINE] + b"\x00"  # no number, whatever comes
            yield []
            continue
        complete = [cut_off[0], *others[:-1]]
        cut_off[0] = others[-1]
        yield [line.decode("utf-8", errors="replace").rstrip("\r") for line in complete]
    if cut_off[0]:
        last, cut_off[0] = cut_off[0], b""
        yield [last.decode("utf-8", errors="replace").rstrip("\r")]


@dataclass(frozen=True, slots=True, eq=False)
class WritePlan:
    """When and where the file is written.

    Attributes
    ----------
    path : str
    rows : int
        After so many rows.
    seconds : float
        After so many seconds, if rows have come.
    tell : callable
        Called with the state after the file is written.
    """

    path: str
    rows: int
    seconds: float
    tell: Callable[[StreamState], object]

    def write(self, state: StreamState) -> float:
        """Write the file, whole or not at all; return the time."""
        write_text(self.path, f"{state.to_json()}\n")
        self.tell(state)
        return time.monotonic()


def follow(
    state: StreamState,
    batches: Iterable[list[str]],
    plan: WritePlan,
    *,
    stops: Callable[[], bool],
    due: list[float],
) -> StreamState:
    """Use lines as they come, until they end or ``stops`` says so; write the file as planned, and at the end.

    Where rows cannot be used, the state without them is written before the error is raised. ``due`` holds the time of
    the next write, by which the caller waits no longer for lines.
    """
    written = state
    for batch in batches:
        lines = batch
        while lines and not stops():
            left = plan.rows - (state.online.n_rows - written.online.n_rows)
            before = state
            try:
                state, used = state.after(lines, left)
            except DataError:
                plan.write(before)  # with the number of lines up to which a stream may be read again
                raise
            lines = lines[used:]
            if state.parser.left_out != before.parser.left_out:
                print_message(f"note: {_used_columns(state.parser)}")
            if state.online.n_rows - written.online.n_rows >= plan.rows:
                due[0], written = plan.write(state) + plan.seconds, state
        if stops():
            break
        if time.monotonic() >= due[0]:
            changed = state.n_lines > written.n_lines
            due[0], written = (plan.write(state) if changed else time.monotonic()) + plan.seconds, state
    plan.write(state)
    return state


def _used_columns(parser: LineParser) -> str:
    """Which columns are used, and which are left out, once it is known."""
    used = () if parser.layout is None else parser.layout.used
    what = "column" if len(parser.left_out) == 1 else "columns"
    return (
        f"{parser.source}: left out {what} without numbers in the first row: {format_list(parser.left_out)}; used "
        f"{format_list(used)}"
    )


def final_values(state: StreamState, path: str) -> dict[str, Any]:
    """The counts at the end, for JSON."""
    online = state.online
    return {
        "n_rows": online.n_rows,
        "n_lines": state.n_lines,
        "bad_lines": {name: state.bad.get(name, 0) for name in BAD_LINES},
        "n_components": len(online.components),
        "loglik_per_row": None if online.state is None else online.loglik_per_row,
        "events": [json.loads(json.dumps([event.row, event.component, event.action])) for event in online.events],
        "files": {"output": path},
    }
