"""`mixtura.fit` and what it returns."""

from __future__ import annotations

from mixtura.fitting.fit import fit
from mixtura.fitting.noise import Beginning, noise_beginnings, without
from mixtura.fitting.options import as_data_and_start, as_masks, hold_parameters, summary_for
from mixtura.fitting.report import as_fit
from mixtura.fitting.result import Fit, Iteration, Start

__all__ = [
    "Beginning",
    "Fit",
    "Iteration",
    "Start",
    "as_data_and_start",
    "as_fit",
    "as_masks",
    "fit",
    "hold_parameters",
    "noise_beginnings",
    "summary_for",
    "without",
]
