"""Where EM starts: (task, k, rng) -> Stats or Mixture."""

from __future__ import annotations

from mixtura.initial.given import Labels, Responsibilities
from mixtura.initial.hierarchical import Tree, grow, hierarchical
from mixtura.initial.names import DEFAULT, GROUPINGS, STARTS, Initial, as_initial
from mixtura.initial.parameters import Parameters

__all__ = [
    "DEFAULT",
    "GROUPINGS",
    "STARTS",
    "Initial",
    "Labels",
    "Parameters",
    "Responsibilities",
    "Tree",
    "as_initial",
    "grow",
    "hierarchical",
]
