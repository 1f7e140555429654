"""Covariance models: the M-step of the covariance matrices, under mclust's fourteen models and constraints on them.

`CovarianceModel` is the protocol. To add a model, write a class with its members in a file of its own and register an
instance in ``names.py``, in `MODELS`; the law tests then include it.
"""

from __future__ import annotations

from mixtura.covariance.models.base import CovarianceModel, Mask
from mixtura.covariance.models.fixed import FixedCovariances
from mixtura.covariance.models.names import (
    ALIASES,
    MODELS,
    Letters,
    as_covariance_model,
    contains,
    letters,
    model_name_in,
    with_constraint,
)
from mixtura.covariance.models.pseudo_rows import PseudoRows
from mixtura.covariance.models.ratios import (
    Constraint,
    DeterminantRatio,
    EigenvalueRatio,
    as_constraint,
    ratios_as_constraint,
)

__all__ = [
    "ALIASES",
    "MODELS",
    "Constraint",
    "CovarianceModel",
    "DeterminantRatio",
    "EigenvalueRatio",
    "FixedCovariances",
    "Letters",
    "Mask",
    "PseudoRows",
    "as_constraint",
    "as_covariance_model",
    "contains",
    "letters",
    "model_name_in",
    "ratios_as_constraint",
    "with_constraint",
]
