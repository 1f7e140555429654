"""The Gaussian mixture as a distribution: its density, noise, probabilities, criteria and model file.

Nothing here knows how a mixture was fitted. To add a quantity of a mixture, write a function that takes a `Mixture` in
the file of its subject and export it below.
"""

from __future__ import annotations

from mixtura.mixture.assembly import as_covariances, rescale_weights
from mixtura.mixture.component_table import (
    component_html,
    component_records,
    deviation_name,
    mean_and_deviation,
    standard_deviations,
    tail_lines,
)
from mixtura.mixture.conversion import as_mixture
from mixtura.mixture.criteria import Assessment, assess, ranks
from mixtura.mixture.deconvolution import PosteriorMoments, likely_true_values
from mixtura.mixture.labels import column_labels, component_labels, noise_name, row_labels
from mixtura.mixture.mixture import Mixture
from mixtura.mixture.model_file import MODEL_FORMAT, model_content, model_to_json
from mixtura.mixture.noise import NOISE_LABEL, Noise
from mixtura.mixture.region import NOISE_REGIONS
from mixtura.mixture.student import has_t_components, require_gaussian, t_covariances

__all__ = [
    "MODEL_FORMAT",
    "NOISE_LABEL",
    "NOISE_REGIONS",
    "Assessment",
    "Mixture",
    "Noise",
    "PosteriorMoments",
    "as_covariances",
    "as_mixture",
    "assess",
    "column_labels",
    "component_html",
    "component_labels",
    "component_records",
    "deviation_name",
    "has_t_components",
    "likely_true_values",
    "mean_and_deviation",
    "model_content",
    "model_to_json",
    "noise_name",
    "ranks",
    "require_gaussian",
    "rescale_weights",
    "row_labels",
    "standard_deviations",
    "t_covariances",
    "tail_lines",
]
