"""Cross-validation of a whole grid: each fold is left out once, and the sweep is done on the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from mixtura.data import ArraySource
from mixtura.em.mstep import as_penalty
from mixtura.errors import ParameterError
from mixtura.selection.cell import Cell
from mixtura.selection.grid import Key
from mixtura.selection.sweep import Plan, pieces, sweep

FOLDS = 5


def held_out(plan: Plan, cells: Mapping[Key, Cell], folds: int) -> dict[Key, Cell]:
    """The cells with minus twice the log-likelihood of each row under a fit that has not seen it (Smyth 2000).

    Each fold has a sweep of its own, starts included, so nothing of its rows leaks into what they are measured by.
    """
    source: Any = plan.source
    if not isinstance(source, ArraySource):
        raise ParameterError('criterion is "cv", which needs rows in memory; choose another criterion')
    kept = np.arange(source.length) if source.sample_weight is None else np.flatnonzero(source.sample_weight)
    fold = np.random.default_rng(plan.entropy).permutation(len(kept)) % folds
    totals = dict.fromkeys(cells, 0.0)
    for number in range(folds):
        rest, out = kept[fold != number], kept[fold == number]
        found: dict[Key, Cell] = {}
        sweep(_on(plan, _part(source, rest), rest), found, lambda _: None)
        for key in totals:
            totals[key] += _score(found[key], _part(source, out))
    return {key: cells[key].with_cv(-2 * total) for key, total in totals.items()}


def _part(source: ArraySource, rows: Any) -> ArraySource:
    """Some rows as data of their own."""
    weight = None if source.sample_weight is None else source.sample_weight[rows]
    return ArraySource(source.array[rows], weight, source.threads)


def _on(plan: Plan, source: ArraySource, rows: Any) -> Plan:
    """The same plan on some of the rows; these alone make the prior."""
    own = tuple((share, None if noise is None else noise[rows]) for share, noise in plan.beginnings)
    parts: Any = pieces(source, plan.entropy, own)
    prior = plan.template.prior
    template = replace(plan.template, prior=as_penalty(prior.given, source)) if prior else plan.template
    return replace(plan, source=source, template=template, **parts)


def _score(cell: Cell, rows: ArraySource) -> float:
    """Log-likelihood of rows under a cell's fit; minus infinity where it has none, or none that is sound."""
    if cell.fit is None or not cell.sound:
        return -np.inf
    density = cell.fit.mixture.logpdf(rows.array)
    return float(density.sum() if rows.sample_weight is None else rows.sample_weight @ density)
