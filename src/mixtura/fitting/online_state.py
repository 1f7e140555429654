"""What a mixture of a stream of rows remembers: rows that wait for a batch, and since the start stepwise EM's state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mixtura._support import Array, Rows, underflow_to_zero
from mixtura.data import ArraySource, MeasuredSource, Source, Summary
from mixtura.em import (
    ComponentEvent,
    LowDensityRows,
    Problem,
    StepSchedule,
    StepwiseState,
    begin_stepwise,
    estimated_mixture,
    remove_dead,
    take_step,
    try_birth,
)
from mixtura.errors import DataError
from mixtura.fitting.em import EM
from mixtura.fitting.model import Model
from mixtura.fitting.options import as_masks, fix_parameters
from mixtura.fitting.order import gives_order
from mixtura.fitting.plan import plan_fit, run_plan
from mixtura.fitting.report import as_fit, warn_of_result
from mixtura.mixture import Mixture, Noise

# Largest number of events that are kept, the latest ones.
MOST_EVENTS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class WaitingRows:
    """Rows that wait until they are enough for the start or for a batch, with their weights.

    Attributes
    ----------
    parts : tuple of (rows, weight)
        Rows (m, d) and weights (m,), None for a weight of one each; each part has fewer rows than the one before it, so
        that single rows can be added to many without copying these each time.
    filled : tuple of int
        Number of values that are not missing in each column; empty without rows.
    """

    parts: tuple[tuple[Rows, Array | None], ...] = ()
    filled: tuple[int, ...] = ()

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return sum(len(rows) for rows, _ in self.parts)

    def extended(self, rows: Rows, weight: Array | None) -> WaitingRows:
        """With more rows at the end."""
        if not len(rows):
            return self
        parts, own = [*self.parts, (rows, weight)], np.count_nonzero(~np.isnan(rows), axis=0).tolist()
        filled = tuple(map(sum, zip(self.filled, own, strict=True))) if self.filled else tuple(own)
        while len(parts) > 1 and len(parts[-1][0]) >= len(parts[-2][0]):
            parts[-2:] = [_joined(parts[-2:])]
        return WaitingRows(tuple(parts), filled)

    def joined(self) -> tuple[Rows, Array | None]:
        """All rows and weights as one part; there must be some."""
        return _joined(self.parts)


def _joined(
    parts: list[tuple[Rows, Array | None]] | tuple[tuple[Rows, Array | None], ...],
) -> tuple[Rows, Array | None]:
    """Several parts as one; weights only if a part has some."""
    rows = np.concatenate([each for each, _ in parts])
    if all(weight is None for _, weight in parts):
        return rows, None
    return rows, np.concatenate([np.ones(len(each)) if weight is None else weight for each, weight in parts])


@dataclass(frozen=True, eq=False)
class OnlineSetup:
    """What the rows of the start have determined for good: floor, region of noise, and fixed parameters.

    Attributes
    ----------
    model : Model
    summary : Summary
        Moments of the rows of the start.
    floor : ndarray of shape (d,)
        Least variances of a component.
    region : Noise or None
        Where noise is uniform.
    given : Mixture or None
        The mixture whose parameters are held fixed, if some are.
    start_rows : float
        Number of rows, or sum of weights, for the step sizes: that of the start, or of the start that was asked for.
    """

    model: Model
    summary: Summary
    floor: Array
    region: Noise | None
    given: Mixture | None
    start_rows: float

    @cached_property
    def template(self) -> Problem:
        """The problem without its rows."""
        source = ArraySource(np.zeros((1, len(self.floor))))
        problem = self.model.problem(source, self.summary, self.floor).with_background(self.region)
        if self.given is None:
            return problem
        return fix_parameters(problem, as_masks(self.model.fixed, self.given.n_components), self.given)

    def problem(self, rows: Rows, weight: Array | None, threads: int | None) -> Problem:
        """The problem of some rows."""
        return replace(self.template, source=_source_of_batch(rows, weight, threads))


def _source_of_batch(rows: Rows, weight: Array | None, threads: int | None) -> Source:
    """Some rows, of which values may be missing, NaN, even all of a column: the mixture says what they may be."""
    given = ArraySource(rows, weight, threads)
    return MeasuredSource(given, given) if np.isnan(rows).any() else given


@dataclass(frozen=True, slots=True, eq=False)
class ComponentRules:
    """Whether a stream's components may be added and removed.

    Attributes
    ----------
    spawn : bool
        Whether components are added.
    least_rows : float
        Remembered rows below which a component is removed; 0 for never.
    most : int
        Largest number of components.
    """

    spawn: bool
    least_rows: float
    most: int


@dataclass(frozen=True, slots=True, eq=False)
class OnlineState:
    """Stepwise EM since its start, and what has become of the components.

    Attributes
    ----------
    setup : OnlineSetup
    step : StepwiseState
    n_rows : int
        Number of rows used.
    components : tuple of int
        Number of each component.
    next_number : int
        Number of the next component that is added.
    events : tuple of ComponentEvent
    low : LowDensityRows
    """

    setup: OnlineSetup
    step: StepwiseState
    n_rows: int
    components: tuple[int, ...]
    next_number: int
    events: tuple[ComponentEvent, ...]
    low: LowDensityRows

    @property
    def problem(self) -> Problem:
        """The problem without rows."""
        return self.setup.template

    def estimate(self, schedule: StepSchedule) -> Mixture:
        """The mixture to which the rows have led."""
        return estimated_mixture(self.problem.mstep, self.step, schedule)

    @underflow_to_zero
    def after_batch(
        self, rows: Rows, weight: Array | None, schedule: StepSchedule, rules: ComponentRules, threads: int | None
    ) -> OnlineState:
        """The state after a batch of rows."""
        before, memory = self.step, schedule.memory(self.step.seen)
        step = take_step(self.setup.problem(rows, weight, threads), before, schedule)
        low = self.low
        if rules.spawn:  # of complete rows, since the others may be anywhere
            full = ~np.isnan(rows).any(axis=1)
            own = None if weight is None else weight[full]
            low = low.extended(before.mixture, rows[full], own, before.seen, memory)
        state = replace(self, step=step, low=low, n_rows=self.n_rows + len(rows))
        return state.with_births(memory, rules).with_deaths(memory, rules)

    def with_births(self, memory: float, rules: ComponentRules) -> OnlineState:
        """With a component more, if there is one in the rows of low density."""
        if not rules.spawn or len(self.components) >= rules.most:
            return self
        step, low, rows = try_birth(self.problem.mstep, self.step, self.low, memory)
        if not rows:
            return replace(self, low=low)
        event = ComponentEvent(self.n_rows, self.next_number, "added", rows)
        components = (*self.components, self.next_number)
        grown = replace(self, step=step, low=low, components=components, next_number=self.next_number + 1)
        return grown.with_events(event)

    def with_deaths(self, memory: float, rules: ComponentRules) -> OnlineState:
        """Without the components that hold too few rows."""
        if not rules.least_rows:
            return self
        step, removed, rows = remove_dead(self.problem.mstep, self.step, rules.least_rows, memory)
        if not len(removed):
            return self
        pairs = zip(removed.tolist(), rows.tolist(), strict=True)
        events = [ComponentEvent(self.n_rows, self.components[j], "removed", count) for j, count in pairs]
        left = tuple(number for j, number in enumerate(self.components) if j not in removed)
        return replace(self, step=step, components=left).with_events(*events)

    def with_events(self, *events: ComponentEvent) -> OnlineState:
        """With more events, of which the latest are kept."""
        return replace(self, events=(*self.events, *events)[-MOST_EVENTS:])


def begin_online(
    rows: Rows,
    weight: Array | None,
    k: int,
    *,
    model: Model,
    start: str | Mixture,
    em: EM,
    seed: int,
    start_rows: float,
    threads: int | None,
) -> OnlineState:
    """State after EM on the first rows, from the start that is asked for.

    Raises
    ------
    DataError
        If there are too few rows, all values of a column are missing, or a component with fixed parameters cannot be
        kept.
    """
    if len(rows) < k:
        raise DataError(f"{len(rows)} rows have come so far; {k} components need as many rows at least to start from")
    complete = ArraySource(rows, weight, threads)
    source = MeasuredSource.of(complete) if np.isnan(rows).any() else complete
    plan = plan_fit(source, k, model=model, start=start, em=em)
    runs, _ = run_plan(plan, np.random.default_rng(seed))
    fit = as_fit(plan.problem, runs, plan.model, em, keep_order=gives_order(start))
    if len(rows) >= start_rows:  # of fewer a mixture is made again and again, until they are enough
        warn_of_result(fit, len(plan.initials))
    found = fit.mixture
    given = found.without_noise() if as_masks(model.fixed, k) else None
    if given is not None and given.n_components != k:
        raise DataError("a component collapsed at the start; with fixed parameters, give a start that fits the rows")
    summary = plan.problem.summary
    setup = OnlineSetup(
        plan.model, summary, plan.problem.mstep.floor, found.noise, given, max(start_rows, summary.weight)
    )
    step = begin_stepwise(setup.problem(rows, weight, threads), found)
    count = found.n_components
    none = LowDensityRows.none(found.n_features)
    return OnlineState(setup, step, len(rows), tuple(range(count)), count, (), none)
