"""Options of a mixture of a stream of rows, checked, and what follows from them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from mixtura._support import MOST_COMPONENTS, Array, Rows, as_amount, as_count, as_flag, shortened, thread_count
from mixtura.em import StepSchedule
from mixtura.errors import ParameterError
from mixtura.fitting.em import EM, as_em
from mixtura.fitting.model import Model, as_model
from mixtura.fitting.online_state import ComponentRules, OnlineState, begin_online
from mixtura.mixture import Mixture

# Rows of the start unless told: so many, or so many for each component and column; no more than this, with no more
# values than this, since they are kept and saved.
START_ROWS, START_ROWS_PER_MEAN, MOST_START_ROWS, MOST_START_VALUES = 5000, 200, 100_000, 1 << 21

# Exponent of the step sizes unless told (Cappé & Moulines 2009).
STEP_EXPONENT = 0.6

# Rows of a batch unless told, and batches in a window at least.
BATCH_ROWS, BATCHES_IN_WINDOW = 500, 20


@dataclass(frozen=True, slots=True, eq=False)
class OnlineOptions:
    """Options of an `OnlineMixture`, with its parameters' names and meanings."""

    n_components: int
    model: Model
    columns: tuple[str, ...] | None
    window: int | None
    spawn: bool
    prune: bool | float
    max_components: int | None
    start: str | Mixture
    start_rows: int | None
    batch_rows: int | None
    step: float
    em: EM
    seed: int
    threads: int | None

    @classmethod
    def of(cls, given: Any) -> OnlineOptions:
        """Check the options that an object has as attributes."""
        checked = cls(**{each.name: CHECKS[each.name](getattr(given, each.name)) for each in fields(cls)})
        checked.model.check_stepwise()
        if checked.model.fixed and (checked.spawn or checked.prune):
            raise ParameterError("fixed: with fixed parameters no component is added or removed; leave one of them out")
        return checked

    def start_rows_in(self, d: int) -> int:
        """Number of rows of the start, in d columns."""
        if self.start_rows is not None:
            return self.start_rows
        usual = usual_start_rows(self.n_components, d)
        return usual if self.window is None else max(min(usual, self.window), 2 * self.n_components)

    def rows_needed(self, state: OnlineState | None, d: int) -> int:
        """Number of rows of the next batch, or of the start where there is no state yet."""
        if state is None:
            return self.start_rows_in(d)
        if self.batch_rows is not None:
            return self.batch_rows
        return BATCH_ROWS if self.window is None else max(1, min(BATCH_ROWS, self.window // BATCHES_IN_WINDOW))

    def schedule(self, state: OnlineState) -> StepSchedule:
        """The step sizes."""
        return StepSchedule(state.setup.start_rows, self.step, math.inf if self.window is None else float(self.window))

    def after(self, state: OnlineState | None, rows: Rows, weight: Array | None) -> OnlineState:
        """The state after a batch of rows, or at the start, where there is no state yet."""
        d = rows.shape[1]
        if state is None:
            return begin_online(
                rows,
                weight,
                self.n_components,
                model=self.model,
                start=self.start,
                em=self.em,
                seed=self.seed,
                start_rows=float(self.start_rows_in(d)),
                threads=self.threads,
            )
        least = 2.0 * (d + 1) if self.prune is True else float(self.prune)
        rules = ComponentRules(self.spawn, least, self.max_components or 4 * self.n_components)
        return state.after_batch(rows, weight, self.schedule(state), rules, self.threads)


def usual_start_rows(k: int, d: int) -> int:
    """Number of rows from which a stream's mixture of k components in d columns is started unless told.

    Examples
    --------
    >>> usual_start_rows(3, 2), usual_start_rows(10, 10), usual_start_rows(1000, 10)
    (5000, 20000, 100000)
    """
    most = max(min(MOST_START_ROWS, MOST_START_VALUES // d), 2 * k)
    return min(max(START_ROWS, START_ROWS_PER_MEAN * k * d), most)


def _as_start(start: Any) -> str | Mixture:
    """Check a start: a name or a mixture, since these can be saved."""
    if not isinstance(start, str | Mixture):
        raise ParameterError(f"start is {shortened(start)}; expected the name of a start, or a Mixture")
    return start


def _as_step(step: Any) -> float:
    """Check the exponent of the step sizes."""
    exponent = as_amount(step, "step")
    if not 0.5 < exponent <= 1:
        raise ParameterError(f"step is {exponent:g}; expected an exponent above 0.5 and at most 1, such as 0.6")
    return exponent


def _as_em(em: Any) -> EM:
    """Check the options of EM; a checkpoint is of one fit, and a stream starts once."""
    options = as_em(em)
    if options.checkpoint is not None:
        raise ParameterError(
            "em has a checkpoint, which is of a fit; leave it out: a stream is kept by OnlineMixture.save"
        )
    return options


def _as_threads(threads: Any) -> Any:
    """Check the number of threads."""
    thread_count(threads)
    return threads


def _as_columns(columns: Sequence[str] | None) -> tuple[str, ...] | None:
    """Check the names of columns."""
    if isinstance(columns, str):
        raise ParameterError(f"columns is {columns!r}; expected a list of names, such as [{columns!r}]")
    return None if columns is None else tuple(columns)


def _count_or_none(name: str) -> Any:
    """A check of a number that is None or at least 1."""
    return lambda value: None if value is None else as_count(value, name)


# What checks each option.
CHECKS: dict[str, Any] = {
    "n_components": lambda value: as_count(value, "n_components", most=MOST_COMPONENTS),
    "model": lambda value: as_model(value, {}),
    "columns": _as_columns,
    "window": _count_or_none("window"),
    "spawn": lambda value: as_flag(value, "spawn"),
    "prune": lambda value: value if isinstance(value, bool) else as_amount(value, "prune"),
    "max_components": _count_or_none("max_components"),
    "start": _as_start,
    "start_rows": _count_or_none("start_rows"),
    "batch_rows": _count_or_none("batch_rows"),
    "step": _as_step,
    "em": _as_em,
    "seed": lambda value: as_count(value, "seed", least=0),
    "threads": _as_threads,
}
