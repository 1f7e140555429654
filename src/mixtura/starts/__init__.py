"""Starts of EM: statistics or a mixture for the first iteration, and the search among several of them.

To add a start, write a function from a `Problem`, k and a random generator, and register it in ``names.py``.
"""

from __future__ import annotations

from mixtura.starts.completion import FromCompletedRows, with_completed_rows
from mixtura.starts.find_noise import find_noise
from mixtura.starts.hierarchical import ClusterTree, default_tree, hierarchical
from mixtura.starts.known_labels import FromKnownLabels
from mixtura.starts.names import DEFAULT, GROUPINGS, STARTS, Grouping, Initial, as_initial
from mixtura.starts.parameters import Parameters
from mixtura.starts.partition import Labels, Responsibilities
from mixtura.starts.prior_responsibilities import FromPriorResponsibilities
from mixtura.starts.refined import refined
from mixtura.starts.scikit_learn import SCIKIT_LEARN_STARTS
from mixtura.starts.search import Limits, Ranking, successive_halving, with_repairs

__all__ = [
    "DEFAULT",
    "GROUPINGS",
    "SCIKIT_LEARN_STARTS",
    "STARTS",
    "ClusterTree",
    "FromCompletedRows",
    "FromKnownLabels",
    "FromPriorResponsibilities",
    "Grouping",
    "Initial",
    "Labels",
    "Limits",
    "Parameters",
    "Ranking",
    "Responsibilities",
    "as_initial",
    "default_tree",
    "find_noise",
    "hierarchical",
    "refined",
    "successive_halving",
    "with_completed_rows",
    "with_repairs",
]
