"""Command ``mixtura stream``."""

from __future__ import annotations

import signal
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from mixtura import Mixture, OnlineMixture
from mixtura._support import format_list
from mixtura.cli import options as o
from mixtura.cli.console import messages_console, print_json, print_message
from mixtura.cli.files import check_paths
from mixtura.cli.inputs import parse_names
from mixtura.cli.model_options import MODEL_OPTIONS, NOT_IN_STREAM, FitOptions
from mixtura.cli.reading_options import Columns, Header, WeightsColumn
from mixtura.cli.shared_options import with_options
from mixtura.cli.stream_run import StreamState, WritePlan, final_values, follow, lines_of, resumed_state
from mixtura.cli.stream_signals import stop_signals
from mixtura.data.stream import LINE_FORMATS, LineParser, arriving_blocks
from mixtura.errors import ParameterError

SOURCE = "standard input"

Output: TypeAlias = Annotated[
    str,
    typer.Option("--output", "-o", metavar="FILE", help="Model file, with the state; written whole or not at all."),
]
Resume: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="Go on from what --output wrote, which may be the same file; if there is none, start anew."
    ),
]
Every: TypeAlias = Annotated[int, typer.Option(metavar="N", help="Write the file after so many rows.")]
EverySeconds: TypeAlias = Annotated[
    float, typer.Option(metavar="S", help="Write the file after so many seconds, if lines have come.")
]
Window: TypeAlias = Annotated[
    int | None,
    typer.Option(metavar="N", help="Rows that are remembered, for streams that change; default: all count alike."),
]
Spawn: TypeAlias = Annotated[bool, typer.Option("--spawn", help="Add a component where unlikely rows concentrate.")]
Prune: TypeAlias = Annotated[bool, typer.Option("--prune", help="Remove components that hold hardly any rows.")]
StartRows: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="Rows of the start; default: 200 for each component and column, 5000 to 100000, or --window."
    ),
]
BatchRows: TypeAlias = Annotated[
    int | None, typer.Option(metavar="N", help="Rows of a batch; default: 500, or a twentieth of --window.")
]
LineFormat: TypeAlias = Annotated[
    str,
    typer.Option("--format", metavar="csv|ndjson", help="Lines of cells between commas, tabs or the like, or JSON."),
]
MissingInLines: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="model|drop", help="What to do about rows with missing values: model what they have, or leave them out."
    ),
]
VerboseWrites: TypeAlias = Annotated[
    bool, typer.Option("--verbose", "-v", help="One line each time the file is written.")
]

# Options of the mixture that a file of an earlier run has, too; those of the model are in `MODEL_OPTIONS`.
SAVED = ("n_components", "window", "spawn", "prune", "start_rows", "batch_rows", "seed")


@with_options(*NOT_IN_STREAM)
def stream(
    *,
    output: Output,
    resume: Resume = None,
    every: Every = 10_000,
    every_seconds: EverySeconds = 10.0,
    window: Window = None,
    spawn: Spawn = False,
    prune: Prune = False,
    start_rows: StartRows = None,
    batch_rows: BatchRows = None,
    columns: Columns = None,
    weights_column: WeightsColumn = None,
    missing: MissingInLines = "model",
    file_format: LineFormat = "csv",
    header: Header = None,
    settings: FitOptions,
    json: o.Json = False,
    verbose: VerboseWrites = False,
) -> None:
    """Follow rows on standard input for as long as they come, by stepwise EM, and keep a model file up to date.

    Lines that hold no row are counted and left out. SIGTERM, Ctrl-C and the end of the input write the file a last
    time; --resume goes on from there to the same bits as one run. Exit code 0: the input has ended, or SIGTERM has
    come. 2: bad input. 130: Ctrl-C.
    """
    check_paths({"--output": output}, {"--output": [".json"]})
    if file_format not in LINE_FORMATS:
        raise ParameterError(f"--format is {file_format!r}; expected one of {', '.join(LINE_FORMATS)}")
    if missing not in ("model", "drop"):
        raise ParameterError(f"--missing is {missing!r}; expected model or drop")
    if every < 1 or not every_seconds > 0:
        raise ParameterError(f"--every is {every}, --every-seconds {every_seconds:g}; expected positive numbers")
    wanted = parse_names(columns)
    chosen = None if wanted is None else tuple(wanted)
    parser = LineParser(file_format, chosen, weights_column, header, SOURCE, missing=missing)
    own = {"window": window, "spawn": spawn, "prune": prune, "start_rows": start_rows, "batch_rows": batch_rows}
    state = _opened(resume, StreamState(_fresh(settings, own), parser, Counter(), 0), settings, own)
    tell = _teller(output, verbose=verbose)
    due = [time.monotonic() + every_seconds]
    with stop_signals() as signals:
        blocks = arriving_blocks(sys.stdin.buffer, signals.wake, lambda: max(due[0] - time.monotonic(), 0.0))
        plan = WritePlan(output, every, every_seconds, tell)
        state = follow(state, lines_of(blocks, [b""]), plan, stops=lambda: bool(signals.received), due=due)
    if json:
        print_json(final_values(state, output))
    else:
        print_message(f"{state.summary()}; wrote {output}")
    if signal.SIGINT in signals.received:
        raise KeyboardInterrupt


def _fresh(settings: FitOptions, own: dict[str, Any]) -> OnlineMixture:
    """The mixture before any row, as the options ask for it; of one component where their number is not given."""
    start = settings.parsed_start
    implied = start.n_components if isinstance(start, Mixture) else 1
    return OnlineMixture(
        implied if settings.k is None else settings.k,
        settings.requested_model(),
        **own,
        start=start,
        em=settings.em("raise"),
        seed=settings.seed,
        threads=settings.threads,
    )


def _opened(path: str | None, fresh: StreamState, settings: FitOptions, own: dict[str, Any]) -> StreamState:
    """The state that the file of --resume holds, or a fresh one if there is no file."""
    if path is None or not Path(path).exists():
        if settings.k is None and not isinstance(fresh.online.start, Mixture):
            raise ParameterError("n_components is missing; give the number of components")
        if path is not None:
            print_message(f"note: there is no {path} yet; starting anew")
        return fresh
    state = resumed_state(path, fresh)
    given = {name for name, value in own.items() if value} | (settings.given & {"seed"})
    given |= set() if settings.k is None else {"n_components"}
    parts = {part for part, names in MODEL_OPTIONS.items() if names & settings.given}
    differing = [name for name in SAVED if name in given and _options(state)[name] != _options(fresh)[name]]
    d = state.online.n_features or 2
    models = [each.online.options.model.in_columns(d).to_dict() for each in (state, fresh)]
    differing += [part for part in sorted(parts) if models[0][part] != models[1][part]]
    if fresh.parser.wanted is not None and state.online.columns not in (None, fresh.parser.wanted):
        differing.append("columns")
    if differing:
        raise ParameterError(
            f"--resume {path}: it was made with other values of {format_list(differing)}; leave these options out, "
            "or start anew without --resume"
        )
    print_message(f"resumed {path} after {state.n_lines:,} lines, {state.online.n_rows:,} rows")
    return replace(state, online=replace(state.online, threads=settings.threads))


def _options(state: StreamState) -> dict[str, Any]:
    """Options of a state's mixture, by name."""
    return {name: getattr(state.online, name) for name in SAVED}


def _teller(output: str, *, verbose: bool) -> Any:
    """What is called when the file has been written: a line each time if ``verbose``, one in place on a terminal."""
    console = messages_console()
    if verbose:
        return lambda state: print_message(f"{state.summary()}; wrote {output}")
    if not console.is_terminal:
        return lambda _: None
    return lambda state: console.print(state.summary()[: console.width - 1], end="\r", soft_wrap=True)
