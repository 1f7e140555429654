"""`mixtura.fit` and what it returns."""

from __future__ import annotations

from mixtura.fitting.fit import fit
from mixtura.fitting.noise import Beginning, surroundings, without
from mixtura.fitting.options import as_data_and_start, as_masks, held, summary_for
from mixtura.fitting.result import Fit, Iteration, Start

__all__ = [
    "Beginning",
    "Fit",
    "Iteration",
    "Start",
    "as_data_and_start",
    "as_masks",
    "fit",
    "held",
    "summary_for",
    "surroundings",
    "without",
]
