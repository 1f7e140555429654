"""E-steps: how the responsibilities of the rows are computed and summed.

To add one, write a class with the members of `EStep` in a file of its own and export it below.
"""

from __future__ import annotations

from mixtura.em.estep.background import WithBackground
from mixtura.em.estep.base import EStep
from mixtura.em.estep.groups import Groups
from mixtura.em.estep.known_labels import UNKNOWN, KnownLabels, as_known_labels
from mixtura.em.estep.plain import Plain
from mixtura.em.estep.prior_responsibilities import PriorResponsibilities, as_prior_responsibilities
from mixtura.em.estep.trimmed import Trimmed

__all__ = [
    "UNKNOWN",
    "EStep",
    "Groups",
    "KnownLabels",
    "Plain",
    "PriorResponsibilities",
    "Trimmed",
    "WithBackground",
    "as_known_labels",
    "as_prior_responsibilities",
]
