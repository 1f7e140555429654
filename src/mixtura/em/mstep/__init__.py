"""How a mixture is fitted."""

from __future__ import annotations

from mixtura.em.mstep.floor import _equal, as_floor, floor_variances, moments, ridge, scales
from mixtura.em.mstep.held import FREE, Fixed
from mixtura.em.mstep.prior import ConjugatePrior, NormalInverseWishart, as_penalty, as_plain, as_prior

__all__ = [
    "FREE",
    "ConjugatePrior",
    "Fixed",
    "NormalInverseWishart",
    "_equal",
    "as_floor",
    "as_penalty",
    "as_plain",
    "as_prior",
    "floor_variances",
    "moments",
    "ridge",
    "scales",
]
