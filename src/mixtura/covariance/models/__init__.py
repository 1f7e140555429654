"""How covariances are estimated."""

from __future__ import annotations

from mixtura.covariance.models.base import CovarianceModel, Mask, PriorCounts
from mixtura.covariance.models.held import HeldCovariances
from mixtura.covariance.models.names import (
    ALIASES,
    MODELS,
    Letters,
    as_covariance_model,
    contains,
    letters,
    with_constraint,
)
from mixtura.covariance.models.ratios import Constraint, as_constraint

__all__ = [
    "ALIASES",
    "MODELS",
    "Constraint",
    "CovarianceModel",
    "HeldCovariances",
    "Letters",
    "Mask",
    "PriorCounts",
    "as_constraint",
    "as_covariance_model",
    "contains",
    "letters",
    "with_constraint",
]
