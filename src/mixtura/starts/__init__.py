"""Where EM begins."""

from __future__ import annotations

from mixtura.starts.denoise import denoise
from mixtura.starts.hierarchical import Tree, grow, hierarchical
from mixtura.starts.known_labels import FromKnown
from mixtura.starts.names import DEFAULT, GROUPINGS, STARTS, Initial, as_initial
from mixtura.starts.onward import onward
from mixtura.starts.parameters import Parameters
from mixtura.starts.partition import Labels, Responsibilities
from mixtura.starts.search import in_kernel

__all__ = [
    "DEFAULT",
    "GROUPINGS",
    "STARTS",
    "FromKnown",
    "Initial",
    "Labels",
    "Parameters",
    "Responsibilities",
    "Tree",
    "as_initial",
    "denoise",
    "grow",
    "hierarchical",
    "in_kernel",
    "onward",
]
