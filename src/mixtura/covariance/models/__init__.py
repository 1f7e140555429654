"""How covariances are estimated."""

from __future__ import annotations

from mixtura.covariance.models.base import Family
from mixtura.covariance.models.held import Held, Mask
from mixtura.covariance.models.names import ALIASES, MODELS, bounded, family_named
from mixtura.covariance.models.ratios import Bound, as_bound

__all__ = ["ALIASES", "MODELS", "Bound", "Family", "Held", "Mask", "as_bound", "bounded", "family_named"]
