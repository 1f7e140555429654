"""What is done with a fit."""

from __future__ import annotations

from mixtura.analysis.bootstrap import DRAWS, Bootstrap, bootstrap
from mixtura.analysis.classification import Discriminant
from mixtura.analysis.combine import Combination, combine_components
from mixtura.analysis.discriminant import EACH, discriminant
from mixtura.analysis.likelihood_ratio import LikelihoodRatioTest, likelihood_ratio_tests
from mixtura.analysis.reduction import Reduction, reduce_dimensions

__all__ = [
    "DRAWS",
    "EACH",
    "Bootstrap",
    "Combination",
    "Discriminant",
    "LikelihoodRatioTest",
    "Reduction",
    "bootstrap",
    "combine_components",
    "discriminant",
    "likelihood_ratio_tests",
    "reduce_dimensions",
]
