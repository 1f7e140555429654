"""`GaussianMixture` and `MixtureClassifier`: a thin layer with scikit-learn's names, defaults, attributes and texts."""

from __future__ import annotations

from mixtura.sklearn.classifier import MixtureClassifier
from mixtura.sklearn.estimator import GaussianMixture

__all__ = ["GaussianMixture", "MixtureClassifier"]
