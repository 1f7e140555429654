"""E-steps: how the rows are shared out among the components. A new one is a file here that follows `EStep`."""

from __future__ import annotations

from mixtura.em.estep.background import WithBackground
from mixtura.em.estep.base import EStep
from mixtura.em.estep.known_labels import UNKNOWN, KnownLabels, as_known_labels
from mixtura.em.estep.plain import Plain
from mixtura.em.estep.trimmed import Trimmed

__all__ = ["UNKNOWN", "EStep", "KnownLabels", "Plain", "Trimmed", "WithBackground", "as_known_labels"]
