"""Gaussian mixtures, from six points to billions of rows."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mixtura._support import VERSION
from mixtura.analysis import (
    Bootstrap,
    Combination,
    Comparison,
    Confusion,
    Discriminant,
    LikelihoodRatioTest,
    LikelihoodRatioTests,
    Reduction,
    bootstrap,
    combine_components,
    compare,
    cross_validate_classes,
    discriminant,
    likelihood_ratio_tests,
    load,
    progress,
    reduce_dimensions,
)
from mixtura.covariance import DenseCovariance, DiagonalCovariance
from mixtura.covariance.models import DeterminantRatio, EigenvalueRatio
from mixtura.data import Histogram, Measured, MissingCounts, MissingPattern, PartitionSource, scan
from mixtura.data.files import FileSource
from mixtura.data.tables import read
from mixtura.em import ComponentEvent, Outcome
from mixtura.em.mstep import ConjugatePrior
from mixtura.errors import (
    ColumnsWarning,
    ConvergenceWarning,
    DataError,
    DegeneracyWarning,
    GridEdgeWarning,
    MissingExtraError,
    MixturaError,
    MixturaWarning,
    ParameterError,
    ParametersWarning,
    StartsDisagreeWarning,
    TiesWarning,
)
from mixtura.fitting import (
    EM,
    Checkpoint,
    Fit,
    FittedData,
    Iteration,
    Model,
    OnlineMixture,
    PointMass,
    Start,
    UniformNoise,
    fit,
    fit_histogram,
)
from mixtura.kernels import using_device
from mixtura.mixture import Assessment, Mixture, Noise, PosteriorMoments, assess
from mixtura.plotting import plot, watch
from mixtura.report import Report, replay
from mixtura.selection import Cell, Selection, TriedStart, select
from mixtura.starts import ClusterTree, Labels, Parameters, Responsibilities, find_noise, hierarchical

if TYPE_CHECKING:
    from mixtura.sklearn import GaussianMixture, MixtureClassifier, MixtureDisplay

__version__ = VERSION

__all__ = [
    "EM",
    "Assessment",
    "Bootstrap",
    "Cell",
    "Checkpoint",
    "ClusterTree",
    "ColumnsWarning",
    "Combination",
    "Comparison",
    "ComponentEvent",
    "Confusion",
    "ConjugatePrior",
    "ConvergenceWarning",
    "DataError",
    "DegeneracyWarning",
    "DenseCovariance",
    "DeterminantRatio",
    "DiagonalCovariance",
    "Discriminant",
    "EigenvalueRatio",
    "FileSource",
    "Fit",
    "FittedData",
    "GaussianMixture",
    "GridEdgeWarning",
    "Histogram",
    "Iteration",
    "Labels",
    "LikelihoodRatioTest",
    "LikelihoodRatioTests",
    "Measured",
    "MissingCounts",
    "MissingExtraError",
    "MissingPattern",
    "MixturaError",
    "MixturaWarning",
    "Mixture",
    "MixtureClassifier",
    "MixtureDisplay",
    "Model",
    "Noise",
    "OnlineMixture",
    "Outcome",
    "ParameterError",
    "Parameters",
    "ParametersWarning",
    "PartitionSource",
    "PointMass",
    "PosteriorMoments",
    "Reduction",
    "Report",
    "Responsibilities",
    "Selection",
    "Start",
    "StartsDisagreeWarning",
    "TiesWarning",
    "TriedStart",
    "UniformNoise",
    "assess",
    "bootstrap",
    "combine_components",
    "compare",
    "cross_validate_classes",
    "discriminant",
    "find_noise",
    "fit",
    "fit_histogram",
    "hierarchical",
    "likelihood_ratio_tests",
    "load",
    "plot",
    "progress",
    "read",
    "reduce_dimensions",
    "replay",
    "scan",
    "select",
    "using_device",
    "watch",
]


def __getattr__(name: str) -> Any:
    """Import an estimator or its display at its first use, since their module imports scikit-learn."""
    if name in ("GaussianMixture", "MixtureClassifier", "MixtureDisplay"):
        globals()[name] = getattr(import_module("mixtura.sklearn"), name)  # later uses do not come here
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """All public names, whether imported yet or not."""
    return sorted({*globals(), *__all__})
