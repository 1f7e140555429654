"""Pictures of mixtures, fits, selections and bootstraps, drawn with Matplotlib.

Functions take protocols (`FittedMixture`, `RankedCells`, ...), so that this package does not import the algorithms.
A new kind of `mixtura.plot` is a function that draws into axes, one that makes its legend, and one entry of
``PLOT_KINDS`` in plot.py.
"""

from __future__ import annotations

from mixtura.plotting.criteria import CRITERION_LABELS, model_colour, plot_criterion
from mixtura.plotting.entropy import plot_entropy
from mixtura.plotting.frames import RecordedIteration
from mixtura.plotting.histograms import plot_likelihood_ratios, plot_parameter_replicates, plot_weight_replicates
from mixtura.plotting.loadings import plot_loadings
from mixtura.plotting.place import Place
from mixtura.plotting.plot import (
    MAX_DRAWN_COLUMNS,
    MAX_DRAWN_ROWS,
    as_plot_kind,
    as_probabilities,
    draw_view,
    plot,
    plot_png,
)
from mixtura.plotting.replay import ANIMATION_WRITERS, RecordedFit, as_fps, watch, write_animation
from mixtura.plotting.style import COLOURS, GREY, PICTURE_SUFFIXES, as_picture_path, format_number, format_percent
from mixtura.plotting.subjects import drawn_mixture
from mixtura.plotting.view import View, axis_limits, separation, with_column_names

__all__ = [
    "ANIMATION_WRITERS",
    "COLOURS",
    "CRITERION_LABELS",
    "GREY",
    "MAX_DRAWN_COLUMNS",
    "MAX_DRAWN_ROWS",
    "PICTURE_SUFFIXES",
    "Place",
    "RecordedFit",
    "RecordedIteration",
    "View",
    "as_fps",
    "as_picture_path",
    "as_plot_kind",
    "as_probabilities",
    "axis_limits",
    "draw_view",
    "drawn_mixture",
    "format_number",
    "format_percent",
    "model_colour",
    "plot",
    "plot_criterion",
    "plot_entropy",
    "plot_likelihood_ratios",
    "plot_loadings",
    "plot_parameter_replicates",
    "plot_png",
    "plot_weight_replicates",
    "separation",
    "watch",
    "with_column_names",
    "write_animation",
]
