"""`mixtura.fit` and what it returns."""

from __future__ import annotations

from mixtura.fitting.checkpoint import Checkpoint
from mixtura.fitting.conversion import fit_of
from mixtura.fitting.data_warnings import warn_of_columns, warn_of_few_rows
from mixtura.fitting.em import EM, as_em
from mixtura.fitting.fit import fit
from mixtura.fitting.fit_file import fit_fields, fit_to_dict
from mixtura.fitting.fitted_data import FittedData
from mixtura.fitting.histogram import fit_histogram
from mixtura.fitting.known_components import NOTHING_KNOWN, KnownComponents
from mixtura.fitting.measured import check_covariances, check_measured
from mixtura.fitting.mixture_report import report_mixture
from mixtura.fitting.model import EXAMPLE_PARTS, Model
from mixtura.fitting.noise import NoiseStart, noise_region_and_starts, without_noise_rows
from mixtura.fitting.online import OnlineMixture
from mixtura.fitting.online_file import ONLINE_FORMAT, online_content, online_to_json
from mixtura.fitting.online_options import BATCH_ROWS, STEP_EXPONENT, usual_start_rows
from mixtura.fitting.online_state import WaitingRows
from mixtura.fitting.options import as_data_and_start, as_masks, as_start, fix_parameters
from mixtura.fitting.progress import FitProgress, format_duration, progress_line
from mixtura.fitting.recording import record_from_random_rows
from mixtura.fitting.report import as_fit, with_names
from mixtura.fitting.result import Fit
from mixtura.fitting.same_rows import check_rows_of_fit, check_same_rows, may_have_rows
from mixtura.fitting.start import Iteration, PointMass, Start
from mixtura.fitting.summary import correlation_lines, fit_sentences
from mixtura.fitting.uniform_noise import UniformNoise

__all__ = [
    "BATCH_ROWS",
    "EM",
    "EXAMPLE_PARTS",
    "NOTHING_KNOWN",
    "ONLINE_FORMAT",
    "STEP_EXPONENT",
    "Checkpoint",
    "Fit",
    "FitProgress",
    "FittedData",
    "Iteration",
    "KnownComponents",
    "Model",
    "NoiseStart",
    "OnlineMixture",
    "PointMass",
    "Start",
    "UniformNoise",
    "WaitingRows",
    "as_data_and_start",
    "as_em",
    "as_fit",
    "as_masks",
    "as_start",
    "check_covariances",
    "check_measured",
    "check_rows_of_fit",
    "check_same_rows",
    "correlation_lines",
    "fit",
    "fit_fields",
    "fit_histogram",
    "fit_of",
    "fit_sentences",
    "fit_to_dict",
    "fix_parameters",
    "format_duration",
    "may_have_rows",
    "noise_region_and_starts",
    "online_content",
    "online_to_json",
    "progress_line",
    "record_from_random_rows",
    "report_mixture",
    "usual_start_rows",
    "warn_of_columns",
    "warn_of_few_rows",
    "with_names",
    "without_noise_rows",
]
