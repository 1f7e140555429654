"""How the rows are shared out."""

from __future__ import annotations

from mixtura.em.estep.base import ByPosition
from mixtura.em.estep.known_labels import UNKNOWN, KnownLabels, as_known
from mixtura.em.estep.trimmed import Trimmed

__all__ = ["UNKNOWN", "ByPosition", "KnownLabels", "Trimmed", "as_known"]
