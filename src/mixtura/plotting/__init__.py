"""Pictures."""

from __future__ import annotations

from mixtura.plotting.criteria import curves
from mixtura.plotting.entropy import entropies
from mixtura.plotting.histograms import coordinates, ratios, weights
from mixtura.plotting.plot import MOST_COLUMNS, MOST_ROWS, picture, plot
from mixtura.plotting.replay import WRITERS, replay, watch
from mixtura.plotting.style import FORMATS, checked_path, number, percent
from mixtura.plotting.view import View

__all__ = [
    "FORMATS",
    "MOST_COLUMNS",
    "MOST_ROWS",
    "WRITERS",
    "View",
    "checked_path",
    "coordinates",
    "curves",
    "entropies",
    "number",
    "percent",
    "picture",
    "plot",
    "ratios",
    "replay",
    "watch",
    "weights",
]
