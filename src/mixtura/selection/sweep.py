"""The work on the grid: shared seedings, a tournament of starts in each cell, cells in parallel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from mixtura._support import map_in_order, using_threads
from mixtura.covariance.models import as_covariance_model, with_constraint
from mixtura.data import ArraySource, ColumnValues, Source
from mixtura.em import Problem, Standing, is_thin, least_weight, standing_of
from mixtura.errors import MixturaError
from mixtura.fitting import EM, Model, NoiseStart, as_fit
from mixtura.selection.cell import Cell, CellStart, Found
from mixtura.selection.cell_starts import GIVEN, QUANTILES, from_neighbours
from mixtura.selection.grid import Key, sources, waves
from mixtura.selection.samples import StartSample, large_piece, small_piece, start_samples
from mixtura.starts import Limits, Ranking, successive_halving, with_repairs

# Of so many starts on a sample, all rows tell which are best; so many of them go on after so many iterations.
FINALISTS = 8
LAST = ((1, 4), (4, 2))
ROUGH = 1e-5  # tolerance on the sample
NEAR = 2  # iterations until they are accelerated


@dataclass(frozen=True, eq=False)
class Plan:
    """What all cells share.

    Attributes
    ----------
    source : Source
    values : ColumnValues
        What the values of the columns are like.
    small : ArraySource
        All rows, or as many as starts are chosen by.
    large : ArraySource, or None
        All rows in one piece, where there are not too many for the kernel.
    template : Problem
        What all cells have in common, noise and what is held included.
    noise_starts : tuple
        What noise begins with (`mixtura.fitting.noise`); empty where there is none.
    start_samples : tuple of StartSample
        Rows that components start from.
    n_components : tuple of int
    models : tuple of str
    starts : tuple
    entropy : int
        From which the starts draw.
    model : Model
        What is asked of all cells; each has its own covariance model.
    em : EM
    sample_size : float, or None
        What criteria count as the number of rows.
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
    sample_size: float | None
    threads: int

    @cached_property
    def columns(self) -> dict[str, tuple[Problem, Model]]:
        """What is fitted in each column of the grid, to all rows; VVV is among them, which starts are made for."""
        return {model: self._column(model) for model in {*self.models, "VVV"}}

    def _column(self, model: str) -> tuple[Problem, Model]:
        covariances = with_constraint(as_covariance_model(model), self.model.constraint)
        problem = replace(self.template, mstep=replace(self.template.mstep, covariances=covariances))
        return replace(problem, source=self.source), replace(self.model, name=model)

    def problem(self, model: str, source: Source | None = None) -> Problem:
        """What is fitted in a column of the grid, to all rows or those of another source."""
        problem = self.columns[model][0]
        return problem if source is None else replace(problem, source=source)

    @property
    def threads_within(self) -> int:
        """Cells share the threads out; what is left over works within them."""
        return max(1, self.threads // max(1, min(len(self.n_components), len(self.models))))

    @property
    def whole(self) -> bool:
        """Whether starts are chosen by all rows."""
        return self.small.n_rows == self.source.n_rows

    def fewer(self, k: int) -> int | None:
        """The number of components before this one."""
        place = self.n_components.index(k)
        return self.n_components[place - 1] if place else None


def pieces(source: Source, entropy: int, noise_starts: tuple[NoiseStart, ...]) -> dict[str, Any]:
    """Rows that starts are chosen by, all rows, each in one piece, and those that components start from."""
    large, small = large_piece(source, entropy), small_piece(source, entropy)
    small = large if large is not None and small.n_rows == source.n_rows else small
    parts = start_samples(source, small, entropy, noise_starts)
    return {"small": small, "large": large, "noise_starts": noise_starts, "start_samples": parts}


def sweep(plan: Plan, cells: dict[Key, Cell], tell: Callable[[Cell], object]) -> None:
    """Work on all cells that are not there yet; each is added as soon as it is done.

    A cell depends on nothing but the data, the options and the cells that it is handed over from, for which it waits;
    so neither the number of threads nor an interruption changes it.
    """
    lock = threading.Lock()
    seedings = _seedings(
        plan, {k for k in plan.n_components if any(Key(k, model) not in cells for model in plan.models)}
    )
    order = [key for wave in waves(plan.n_components, plan.models) for key in wave if key not in cells]
    ended = {key: threading.Event() for key in order}
    waiting = "neighbours" in plan.starts

    def work(key: Key) -> None:
        needed = sources(key, plan.models, plan.fewer(key.n_components)) if waiting else []
        try:
            for other in needed:  # all are earlier in the order, so somebody is at them
                if other in ended:
                    ended[other].wait()
            if all(other in cells for other in needed):  # not so after an interruption
                with using_threads(plan.threads_within):
                    cell = fit_cell(plan, key, seedings[key.n_components], cells)
                with lock:
                    cells[key] = cell
                    tell(cell)
        finally:
            ended[key].set()

    map_in_order(work, order if waiting else order[::-1], plan.threads)  # the dearest first, where that is possible


def _seedings(plan: Plan, components: set[int]) -> dict[int, list[CellStart]]:
    """Starts that all models share, for each number of components."""
    problem = plan.problem("VVV")
    wanted = sorted(components)
    starts = plan.starts if wanted and wanted[-1] > 1 else ()
    named = [sample.named(starts, np.random.default_rng(plan.entropy)) for sample in plan.start_samples]

    def seeding(k: int) -> list[CellStart]:
        found: list[CellStart] = []
        for number, sample in enumerate(plan.start_samples):
            rng = np.random.default_rng((plan.entropy, k))
            found += sample.begins(problem, k, plan.starts, rng, named=named[number])
        return found

    return dict(zip(wanted, map_in_order(seeding, wanted, plan.threads), strict=True))


def fit_cell(plan: Plan, key: Key, seeding: Sequence[CellStart], cells: Mapping[Key, Cell]) -> Cell:
    """One cell: the best of its starts."""
    most = max(sample.source.n_rows for sample in plan.start_samples)
    if key.n_components > most:
        return Cell(key.n_components, key.model, None, None, (), error=f"There are only {most} rows.")
    try:
        return _fitted(plan, key, seeding, cells)
    except (MixturaError, np.linalg.LinAlgError) as error:
        return Cell(key.n_components, key.model, None, None, (), error=str(error))


def _fitted(plan: Plan, key: Key, seeding: Sequence[CellStart], cells: Mapping[Key, Cell]) -> Cell:
    """One cell, if nothing goes wrong."""
    problem = plan.problem(key.model, plan.small)
    begins = list(seeding)
    if "neighbours" in plan.starts:
        begins += from_neighbours(key, cells, plan.models, plan.fewer(key.n_components), plan.small.n_rows)
    named = [begin.name in (*plan.starts, GIVEN, QUANTILES) for begin in begins]
    limits = Limits(plan.em.tol if plan.whole else max(plan.em.tol, ROUGH), plan.em.max_iter)
    ranking = searched(problem, begins, limits, named)
    start, best, loop = begins[ranking.order[0]], ranking.best, False
    needed = least_weight(problem)
    found = tuple(
        Found(begins[number].name, at.loglik, at.iterations, ending(at, needed)) for number, at in ranking.standings()
    )
    if not (best.lost or plan.whole or plan.large is None):
        finalists = [(begins[number].name, ranking.runs.run(number)) for number in ranking.order[:FINALISTS]]
        ahead = [CellStart(name, run.last.stats) for name, run in finalists if not run.lost]
        problem = plan.problem(key.model, plan.large)
        limits = Limits(plan.em.tol, plan.em.max_iter, NEAR, LAST)
        last = searched(problem, ahead, limits, [False] * len(ahead))
        start, best = ahead[last.order[0]], last.best
    if best.lost or (plan.large is None and not plan.whole):
        rows = plan.small if plan.whole else plan.large
        problem, loop = plan.problem(key.model, rows), True
        start = CellStart(start.name, best.last.stats)
        best = with_repairs(problem, best, Limits(plan.em.tol, plan.em.max_iter), few_rows=rows is not None)
    return Cell(
        key.n_components,
        key.model,
        as_fit(problem, [best], plan.columns[key.model][1], plan.em, sample_size=plan.sample_size),
        start.reduced(problem.mstep.scatter_kind),
        found,
        is_thin(standing_of(problem, best), least_weight(problem)),
        accelerated=loop,
    )


def searched(problem: Problem, begins: Sequence[CellStart], limits: Limits, protected: Sequence[bool]) -> Ranking:
    """Where the starts of a cell led."""
    return successive_halving(problem, [begin.stats for begin in begins], limits, protected=protected)


def ending(at: Standing, needed: float) -> str:
    """How a start ended, as `Found` says it; ``needed`` is the least weight that a component should have."""
    if at.lost:
        return "collapsed"
    if at.spurious:
        return "spurious"
    if is_thin(at, needed):
        return "thin"
    return "rest" if at.finished else "given up"
