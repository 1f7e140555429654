"""Inference and exploration after a fit: bootstrap, tests, combined components, reduced dimensions, discriminants.

Each analysis is one public function that returns a frozen dataclass with its results and their ``plot``. A new one is
a module with such a pair, exported here and from `mixtura`.
"""

from __future__ import annotations

from mixtura.analysis.bootstrap import bootstrap
from mixtura.analysis.bootstrap_result import Bootstrap
from mixtura.analysis.class_validation import cross_validate_classes
from mixtura.analysis.classification import Discriminant
from mixtura.analysis.combine import Combination, combine_components
from mixtura.analysis.comparison import Comparison, compare
from mixtura.analysis.confusion import Confusion
from mixtura.analysis.discriminant import COMPONENTS_PER_CLASS, discriminant
from mixtura.analysis.discriminant_file import CLASSIFIER_FORMAT
from mixtura.analysis.estimates import check_level
from mixtura.analysis.likelihood_ratio import LikelihoodRatioTest, LikelihoodRatioTests, likelihood_ratio_tests
from mixtura.analysis.load import format_of_json, load
from mixtura.analysis.progress import progress
from mixtura.analysis.reduction import Reduction, reduce_dimensions
from mixtura.analysis.replicate_methods import METHODS

__all__ = [
    "CLASSIFIER_FORMAT",
    "COMPONENTS_PER_CLASS",
    "METHODS",
    "Bootstrap",
    "Combination",
    "Comparison",
    "Confusion",
    "Discriminant",
    "LikelihoodRatioTest",
    "LikelihoodRatioTests",
    "Reduction",
    "bootstrap",
    "check_level",
    "combine_components",
    "compare",
    "cross_validate_classes",
    "discriminant",
    "format_of_json",
    "likelihood_ratio_tests",
    "load",
    "progress",
    "reduce_dimensions",
]
