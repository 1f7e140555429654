"""Fit or select in a worker thread, and tell of each iteration at a pace that an eye can follow."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mixtura.app.session import FitEntry, Session
from mixtura.app.settings import FitSettings
from mixtura.data.tables import Table
from mixtura.errors import MixturaWarning, ParameterError
from mixtura.fitting import EM, Fit, Iteration, fit
from mixtura.report import LiveView
from mixtura.selection import Cell, Selection, select

# Frames in a second at most: a screen shows no more.
MOST_FRAMES_PER_SECOND = 30.0

# Iterations in a second unless the page asks for others; 0 is without a pause.
USUAL_PACE, FASTEST_PACE = 12.0, 60.0

# Numbers in all frames that the page keeps of one start, and columns whose frames are not too large to send.
MOST_NUMBERS, MOST_COLUMNS = 20_000_000, 60

# Sends a message to the page.
Outlet = Callable[[dict[str, Any]], object]


@dataclass(frozen=True, slots=True, eq=False)
class Control:
    """What the page can change while a fit runs.

    Attributes
    ----------
    stopped : Event
    pace : dict
        "rate": iterations in a second.
    """

    stopped: threading.Event = field(default_factory=threading.Event)
    pace: dict[str, float] = field(default_factory=lambda: {"rate": USUAL_PACE})

    def set_rate(self, given: Any) -> None:
        """Change the pace; ParameterError unless a number from 0 to 60 is given."""
        if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= FASTEST_PACE:
            raise ParameterError(f"the speed is {given!r}; expected a number from 0 to {FASTEST_PACE:g}")
        self.pace["rate"] = float(given)


def run_fit(session: Session, settings: FitSettings, control: Control, send: Outlet) -> tuple[FitEntry, list[str]]:
    """Fit, or select and take the best; return the fit and the warnings.

    Raises
    ------
    ParameterError
        If it was stopped before there was anything to keep, or the settings do not fit the table.
    """
    table = session.table_of(settings.columns)
    if len(settings.columns) > MOST_COLUMNS:
        raise ParameterError(session.language.text("many_columns", n=len(settings.columns), most=MOST_COLUMNS))
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found, selection = _run(session, settings, control, send, table)
    except KeyboardInterrupt:  # which must not reach the server's own thread
        raise ParameterError(session.language.text("nothing_to_keep")) from None
    told = [str(one.message) for one in caught if issubclass(one.category, MixturaWarning)]
    return session.add(settings, found, table, selection), list(dict.fromkeys(told))


def _run(
    session: Session, settings: FitSettings, control: Control, send: Outlet, table: Table
) -> tuple[Fit, Selection | None]:
    """The fit, and the selection that chose it, if there was one."""
    if settings.selects:
        chosen = select(
            table,
            settings.counts,
            models="all" if settings.model == "all" else [settings.model],
            sample_weight=table.sample_weight,
            seed=settings.seed,
            on_cell=cell_watcher(control, send),
        )
        return chosen.best, chosen
    found = fit(
        table,
        settings.n_components,
        model=settings.model,
        start=settings.start,
        n_init=settings.n_init,
        sample_weight=table.sample_weight,
        em=EM(accelerate=settings.accelerate, on_interrupt="keep"),
        seed=settings.seed,
        record=True,
        on_iteration=iteration_watcher(session, control, send, table),
    )
    return found, None


def iteration_watcher(session: Session, control: Control, send: Outlet, table: Table) -> Callable[[Iteration], None]:
    """What `mixtura.fit` calls after each iteration: it sends a frame, waits, and stops the fit when it is told to."""
    views: dict[int, LiveView] = {}
    sent = {"time": 0.0, "frames": 0.0}

    def watch(iteration: Iteration) -> None:
        if control.stopped.is_set():
            raise KeyboardInterrupt
        if iteration.start not in views:
            view = views[iteration.start] = LiveView.of(iteration.mixture, table)
            capacity = max(min(EM().max_iter + 2, MOST_NUMBERS // view.stride), 2)
            sent.update(frames=0, capacity=capacity)
            send({"type": "begin", "start": iteration.start, "page": view.page(session.language, capacity)})
        rate, now = control.pace["rate"], time.monotonic()
        soon = now - sent["time"] < 1 / MOST_FRAMES_PER_SECOND
        if (soon and iteration.number) or sent["frames"] >= sent["capacity"]:
            return
        sent.update(time=now, frames=sent["frames"] + 1)
        data = views[iteration.start].frame(iteration.mixture, iteration.components)
        send({"type": "frame", "number": iteration.number, "loglik": iteration.loglik, "data": data})
        if rate:
            control.stopped.wait(max(1 / rate, 1 / MOST_FRAMES_PER_SECOND))

    return watch


def cell_watcher(control: Control, send: Outlet) -> Callable[[Cell], None]:
    """What `mixtura.select` calls after each cell: it sends the cell's criterion, and stops when it is told to."""

    def watch(cell: Cell) -> None:
        bic = None if cell.fit is None else cell.fit.bic
        send({"type": "cell", "model": cell.model, "n_components": cell.n_components, "bic": bic})
        if control.stopped.is_set():
            raise KeyboardInterrupt

    return watch
