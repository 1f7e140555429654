"""`mixtura.fit` and what it returns."""

from __future__ import annotations

from mixtura.fitting.fit import fit
from mixtura.fitting.model import EM, Model, UniformNoise, as_em
from mixtura.fitting.noise import Beginning, noise_beginnings, without
from mixtura.fitting.options import as_data_and_start, as_masks, hold_parameters
from mixtura.fitting.report import as_fit
from mixtura.fitting.result import Fit, Iteration, Start

__all__ = [
    "EM",
    "Beginning",
    "Fit",
    "Iteration",
    "Model",
    "Start",
    "UniformNoise",
    "as_data_and_start",
    "as_em",
    "as_fit",
    "as_masks",
    "fit",
    "hold_parameters",
    "noise_beginnings",
    "without",
]
