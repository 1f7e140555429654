"""Fit all cells of the grid in parallel; in each, successive halving of the starts keeps the best."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from mixtura._support import announce, map_in_order, underflow_to_zero, using_threads
from mixtura.covariance.models import as_covariance_model, with_constraint
from mixtura.data import ArraySource, ColumnValues, Source, completed_part, rows_for_named_starts
from mixtura.em import Problem, Standing, is_thin, least_weight, standing_of
from mixtura.errors import MixturaError
from mixtura.fitting import EM, Model, NoiseStart, as_fit
from mixtura.selection.cell import Cell, CellStart, TriedStart
from mixtura.selection.cell_starts import GIVEN, QUANTILES, starts_from_neighbours
from mixtura.selection.grid import Key, batches, cells_to_start_from
from mixtura.selection.samples import StartSample, all_rows_in_memory, rows_for_starts, start_samples
from mixtura.starts import Limits, Ranking, successive_halving, with_repairs

# If starts were compared on a sample, the best N_CONTINUED are compared again on all rows: CONTINUED_ROUNDS says after
# how many iterations how many of them remain.
N_CONTINUED = 8
CONTINUED_ROUNDS = ((1, 4), (4, 2))
CONTINUED_PLAIN = 2  # plain iterations before acceleration
SAMPLE_TOLERANCE = 1e-5


@dataclass(frozen=True, eq=False)
class Plan:
    """What the fits of all cells have in common.

    Attributes
    ----------
    source : Source
    values : ColumnValues
        Rounding units and ties of the columns.
    small : ArraySource
        Rows on which starts are compared: all, or a sample.
    large : ArraySource, or None
        All rows as one array, for EM within the kernel; None if there are too many.
    template : Problem
        The problem of all cells but for the covariance model.
    noise_starts : tuple
        Weights and rows of noise at the start (`mixtura.fitting.noise`); empty without noise.
    start_samples : tuple of StartSample
        Rows from which the components start.
    n_components : tuple of int
    models : tuple of str
    starts : tuple
    entropy : int
        Seed of the random numbers of the starts.
    model : Model
        Statistical model of all cells but for the covariance model.
    em : EM
    threads : int
    """

    source: Source
    values: ColumnValues
    small: ArraySource
    large: ArraySource | None
    template: Problem
    noise_starts: tuple[NoiseStart, ...]
    start_samples: tuple[StartSample, ...]
    n_components: tuple[int, ...]
    models: tuple[str, ...]
    starts: tuple[Any, ...]
    entropy: int
    model: Model
    em: EM
    threads: int

    @cached_property
    def problems(self) -> dict[str, tuple[Problem, Model]]:
        """Problem and model of each covariance model, with all rows; also of that of the shared starts."""
        return {model: self._problem_and_model(model) for model in {*self.models, self.model_of_starts}}

    @cached_property
    def model_of_starts(self) -> str:
        """The model with whose scatter the starts that all models share are made: VVV, or VVI if that suffices."""
        kinds = {as_covariance_model(model).scatter_kind for model in self.models}
        return "VVI" if kinds == {"diagonal"} else "VVV"

    def _problem_and_model(self, model: str) -> tuple[Problem, Model]:
        covariances = with_constraint(as_covariance_model(model), self.model.constraint)
        problem = replace(self.template, mstep=replace(self.template.mstep, covariances=covariances))
        return replace(problem, source=self.source), replace(self.model, name=model)

    def problem(self, model: str, source: Source | None = None) -> Problem:
        """Problem of a covariance model, with all rows or those of another source."""
        problem = self.problems[model][0]
        return problem if source is None else replace(problem, source=source)

    @property
    def threads_per_cell(self) -> int:
        """Number of threads within each cell, while several cells are fitted in parallel."""
        return max(1, self.threads // max(1, min(len(self.n_components), len(self.models))))

    @property
    def compares_on_all_rows(self) -> bool:
        """Whether starts are compared on all rows."""
        return self.small.n_rows == self.source.n_rows

    @property
    def ends_on_source(self) -> bool:
        """Whether EM ends on the source itself: there are too many rows for memory, or some have missing values."""
        too_many = self.large is None and not self.compares_on_all_rows
        return too_many or completed_part(self.source) is not self.source

    def next_smaller(self, k: int) -> int | None:
        """The next smaller number of components of the grid; None for the smallest."""
        position = self.n_components.index(k)
        return self.n_components[position - 1] if position else None


def sample_rows(source: Source, entropy: int, noise_starts: tuple[NoiseStart, ...]) -> dict[str, Any]:
    """Fields ``small``, ``large``, ``noise_starts`` and ``start_samples`` of a `Plan`."""
    rows = rows_for_named_starts(source)
    large, small = all_rows_in_memory(rows, entropy), rows_for_starts(rows, entropy)
    small = large if large is not None and small.n_rows == rows.n_rows else small
    samples = start_samples(source, small, entropy, noise_starts)
    return {"small": small, "large": large, "noise_starts": noise_starts, "start_samples": samples}


@underflow_to_zero
def sweep(plan: Plan, cells: dict[Key, Cell], on_cell: Callable[[Cell], object]) -> None:
    """Fit all cells that are not yet in ``cells``, and add each as soon as it is finished.

    A cell waits for the cells from whose solutions it starts, and depends only on them, the data and the options; so
    neither the number of threads nor an interruption changes it.
    """
    lock = threading.Lock()
    shared = _shared_starts(
        plan, {k for k in plan.n_components if any(Key(k, model) not in cells for model in plan.models)}
    )
    order = [key for batch in batches(plan.n_components, plan.models) for key in batch if key not in cells]
    announce(on_cell, len(order))
    ended = {key: threading.Event() for key in order}
    waiting = "neighbours" in plan.starts

    def fit_and_add(key: Key) -> None:
        needed = cells_to_start_from(key, plan.models, plan.next_smaller(key.n_components)) if waiting else []
        try:
            for other in needed:  # all are earlier in the order, so another thread fits them
                if other in ended:
                    ended[other].wait()
            if all(other in cells for other in needed):  # false after an interruption
                with using_threads(plan.threads_per_cell):
                    cell = fit_cell(plan, key, shared[key.n_components], cells)
                with lock:
                    cells[key] = cell
                    on_cell(cell)
        finally:
            ended[key].set()

    # The slowest cells first, where that is possible.
    map_in_order(fit_and_add, order if waiting else order[::-1], plan.threads)


def _shared_starts(plan: Plan, components: set[int]) -> dict[int, list[CellStart]]:
    """Starts that all models share, for each number of components."""
    problem = plan.problem(plan.model_of_starts)
    wanted = sorted(components)
    starts = plan.starts if wanted and wanted[-1] > 1 else ()
    methods = [sample.start_methods(starts, np.random.default_rng(plan.entropy)) for sample in plan.start_samples]

    def starts_with(k: int) -> list[CellStart]:
        found: list[CellStart] = []
        for number, sample in enumerate(plan.start_samples):
            rng = np.random.default_rng((plan.entropy, k))
            found += sample.starts(problem, k, plan.starts, rng, methods=methods[number])
        return found

    return dict(zip(wanted, map_in_order(starts_with, wanted, plan.threads), strict=True))


def fit_cell(plan: Plan, key: Key, shared: Sequence[CellStart], cells: Mapping[Key, Cell]) -> Cell:
    """Fit one cell from all its starts and keep the best; a cell without a fit if that fails."""
    most = max(sample.source.n_rows for sample in plan.start_samples)
    if key.n_components > most:
        return Cell(key.n_components, key.model, None, None, (), error=f"There are only {most} rows.")
    try:
        return _fit_cell(plan, key, shared, cells)
    except (MixturaError, np.linalg.LinAlgError) as error:
        return Cell(key.n_components, key.model, None, None, (), error=str(error))


def _fit_cell(plan: Plan, key: Key, shared: Sequence[CellStart], cells: Mapping[Key, Cell]) -> Cell:
    """Fit one cell from all its starts and keep the best; errors are raised."""
    problem = plan.problem(key.model, plan.small)
    starts = list(shared)
    if "neighbours" in plan.starts:
        fewer = plan.next_smaller(key.n_components)
        starts += starts_from_neighbours(key, cells, plan.models, fewer, plan.problem(plan.model_of_starts, plan.small))
    named = [start.name in (*plan.starts, GIVEN, QUANTILES) for start in starts]
    tol = plan.em.rise_per_row
    limits = Limits(tol if plan.compares_on_all_rows else max(tol, SAMPLE_TOLERANCE), plan.em.max_iter)
    ranking = compare_starts(problem, starts, limits, named)
    start, best, accelerated = starts[ranking.order[0]], ranking.best, False
    needed = least_weight(problem)
    tried = tuple(
        TriedStart(starts[number].name, at.loglik, at.iterations, outcome_of(at, needed))
        for number, at in ranking.standings()
    )
    if not (best.lost or plan.compares_on_all_rows or plan.large is None):
        runs = [(starts[number].name, ranking.runs.run(number)) for number in ranking.order[:N_CONTINUED]]
        continued = [CellStart(name, run.last.stats) for name, run in runs if not run.lost]
        problem = plan.problem(key.model, plan.large)
        limits = Limits(tol, plan.em.max_iter, CONTINUED_PLAIN, CONTINUED_ROUNDS)
        ranking = compare_starts(problem, continued, limits, [False] * len(continued))
        start, best = continued[ranking.order[0]], ranking.best
    if best.lost or plan.ends_on_source:
        rows = None if plan.ends_on_source else plan.small if plan.compares_on_all_rows else plan.large
        problem, accelerated = plan.problem(key.model, rows), True
        start = CellStart(start.name, best.last.stats)
        best = with_repairs(problem, best, Limits(tol, plan.em.max_iter), few_rows=rows is not None)
    return Cell(
        key.n_components,
        key.model,
        as_fit(problem, [best], plan.problems[key.model][1], plan.em),
        start.reduced(problem.mstep.scatter_kind),
        tried,
        is_thin(standing_of(problem, best), least_weight(problem)),
        accelerated=accelerated,
    )


def compare_starts(problem: Problem, starts: Sequence[CellStart], limits: Limits, protected: Sequence[bool]) -> Ranking:
    """Ranking of the starts of a cell by successive halving; ``protected`` ones are never eliminated."""
    return successive_halving(problem, [start.stats for start in starts], limits, protected=protected)


def outcome_of(at: Standing, needed: float) -> str:
    """Outcome of a start for `TriedStart`; ``needed`` is the least weight that a component should have."""
    if at.lost:
        return "collapsed"
    if at.spurious:
        return "spurious"
    if is_thin(at, needed):
        return "thin"
    return "converged" if at.finished else "eliminated"
