"""The M-step: a mixture from sufficient statistics. Weights, means, covariances and prior are values of their own."""

from __future__ import annotations

from mixtura.em.mstep.degrees_of_freedom import TailModel, as_tails, tail_model
from mixtura.em.mstep.floor import as_floor, equal_covariances, floor_variances, pull_to_zero, ridge
from mixtura.em.mstep.means import FixedMeans, FreeMeans, MeanModel
from mixtura.em.mstep.mstep import Maximiser, MStep, covariances_for
from mixtura.em.mstep.prior import ConjugatePrior, FlatPrior, NormalInverseWishart, Prior, as_plain, as_prior, with_data
from mixtura.em.mstep.weights import EqualWeights, FixedWeights, FreeWeights, WeightModel

__all__ = [
    "ConjugatePrior",
    "EqualWeights",
    "FixedMeans",
    "FixedWeights",
    "FlatPrior",
    "FreeMeans",
    "FreeWeights",
    "MStep",
    "Maximiser",
    "MeanModel",
    "NormalInverseWishart",
    "Prior",
    "TailModel",
    "WeightModel",
    "as_floor",
    "as_plain",
    "as_prior",
    "as_tails",
    "covariances_for",
    "equal_covariances",
    "floor_variances",
    "pull_to_zero",
    "ridge",
    "tail_model",
    "with_data",
]
