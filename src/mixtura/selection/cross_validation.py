"""Cross-validation of a whole grid: each fold is left out once, and the sweep is done on the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura.data import Source
from mixtura.selection.cell import Cell
from mixtura.selection.grid import Key
from mixtura.selection.sweep import Plan, pieces, sweep

FOLDS = 5


def cross_validated(plan: Plan, cells: Mapping[Key, Cell], folds: int) -> dict[Key, Cell]:
    """The cells with minus twice the log-likelihood of each row under a fit that has not seen it (Smyth 2000).

    Each fold has a sweep of its own, starts included, so nothing of its rows leaks into what they are measured by.
    """
    source = plan.source
    fold = np.random.default_rng(plan.entropy).permutation(source.length) % folds
    totals = dict.fromkeys(cells, 0.0)
    for number in range(folds):
        rest, out = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        found: dict[Key, Cell] = {}
        sweep(_on(plan, source.take(rest), rest), found, lambda _: None)
        for key in totals:
            totals[key] += _score(found[key], source.take(out))
    return {key: cells[key].with_cv(-2 * total) for key, total in totals.items()}


def _on(plan: Plan, source: Source, rows: NDArray[np.intp]) -> Plan:
    """The same plan on some of the rows; what the M-step knows of the rows, it knows of these alone."""
    own = tuple((share, None if noise is None else noise[rows]) for share, noise in plan.noise_starts)
    parts: Any = pieces(source, plan.entropy, own)
    template = replace(plan.template, mstep=plan.template.mstep.on(source))
    return replace(plan, source=source, template=template, **parts)


def _score(cell: Cell, rows: Source) -> float:
    """Log-likelihood of rows under a cell's fit; minus infinity where it has none, or none that is sound."""
    if cell.fit is None or not cell.sound:
        return -np.inf
    mixture = cell.fit.mixture
    return rows.sum(lambda chunk: float(chunk.weigh(mixture.logpdf(chunk.rows)).sum()))
