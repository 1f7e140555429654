"""Estimators with scikit-learn's interface: `GaussianMixture` and `MixtureClassifier`; `MixtureDisplay` draws them.

They have scikit-learn's parameter names, defaults, attributes, warnings and error texts, and leave all arithmetic to
the other packages, or to scikit-learn where its rounding errors matter (sklearn_estimator.py). A new parameter
goes into the estimator's ``__init__`` and, with its allowed values, into parameters.py.
"""

from __future__ import annotations

from mixtura.sklearn.classifier import MixtureClassifier
from mixtura.sklearn.display import MixtureDisplay
from mixtura.sklearn.estimator import GaussianMixture

__all__ = ["GaussianMixture", "MixtureClassifier", "MixtureDisplay"]
