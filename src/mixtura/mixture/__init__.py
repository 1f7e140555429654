"""The distribution: a mixture, its noise, and what is asked of it."""

from __future__ import annotations

from mixtura.mixture.assembly import rescaled
from mixtura.mixture.criteria import EFFECTIVE, Assessment, as_sample_size, assess, ranks
from mixtura.mixture.hdr import hdr_levels
from mixtura.mixture.labels import column_labels, component_labels, deviations, row_labels
from mixtura.mixture.mixture import Mixture
from mixtura.mixture.noise import LABEL, Noise
from mixtura.mixture.probability import cdf, probability, quantile, uncertainty
from mixtura.mixture.region import REGIONS

__all__ = [
    "EFFECTIVE",
    "LABEL",
    "REGIONS",
    "Assessment",
    "Mixture",
    "Noise",
    "as_sample_size",
    "assess",
    "cdf",
    "column_labels",
    "component_labels",
    "deviations",
    "hdr_levels",
    "probability",
    "quantile",
    "ranks",
    "rescaled",
    "row_labels",
    "uncertainty",
]
