"""Cross-validation of a whole grid: each fold is left out once, and all cells are fitted to the other rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura.data import Source
from mixtura.errors import DataError, ParameterError
from mixtura.kernels import kernel_of
from mixtura.selection.cell import Cell
from mixtura.selection.grid import Key
from mixtura.selection.sweep import Plan, sample_rows, sweep

FOLDS = 5

# Rows without which there is nothing to fit beside a row that is left out.
LEAST_ROWS = 2


def cross_validated(plan: Plan, cells: Mapping[Key, Cell], folds: int) -> dict[Key, Cell]:
    """The cells with minus twice the cross-validated log-likelihood of the rows (Smyth 2000, Stat. Comput. 10, 63-72).

    For each fold the starts are computed anew, too, so that the fits do not depend on the rows left out.
    """
    source = plan.source
    if getattr(getattr(source, "measurement", None), "bin_width", None) is not None:
        raise ParameterError("criterion is 'cv': the rows of a histogram cannot be left out by turns; take another one")
    totals = dict.fromkeys(cells, 0.0)
    for training, test in _split(source, folds, plan.entropy):
        found: dict[Key, Cell] = {}
        sweep(_restricted_plan(plan, source.take(training), training), found, lambda _: None)
        for key in totals:
            totals[key] += _score(found[key], source.take(test))
    return {key: cells[key].with_cv(-2 * total) for key, total in totals.items()}


def _split(source: Source, folds: int, entropy: int) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Positions of the rows to fit and of those left out, for each fold; each row of positive weight is left out once.

    There are no more folds than such rows.
    """
    if source.n_rows < LEAST_ROWS:
        raise DataError("criterion is 'cv': with a single row, none is left to fit; choose by another criterion")
    every = np.arange(source.length)
    positions = np.concatenate(source.sum(lambda chunk: [every[chunk.positions]]))
    folds = min(folds, len(positions))
    fold = np.random.default_rng(entropy).permutation(len(positions)) % folds
    for number in range(folds):
        yield positions[fold != number], positions[fold == number]


def _restricted_plan(plan: Plan, source: Source, rows: NDArray[np.intp]) -> Plan:
    """The same plan for some of the rows, with the M-step's defaults computed from these rows."""
    own = tuple((weight, None if noise is None else noise[rows]) for weight, noise in plan.noise_starts)
    samples: Any = sample_rows(source, plan.entropy, own)
    template = replace(plan.template, mstep=plan.template.mstep.on(source))
    return replace(plan, source=source, template=template, **samples)


def _score(cell: Cell, rows: Source) -> float:
    """Log-likelihood of rows under a cell's fit; minus infinity if the cell is not sound."""
    if cell.fit is None or not cell.sound:
        return -np.inf
    mixture, kernel = cell.fit.mixture, kernel_of(rows, cell.fit.mixture)
    return rows.sum(lambda chunk: float(chunk.weigh(kernel.log_density(mixture, chunk)).sum()))
