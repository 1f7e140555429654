"""What an estimator does about a component that collapses: `GaussianMixture`'s parameter ``on_collapse``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura.covariance.models import Mask
from mixtura.em import LEAST_ROWS, Iterate, NoRepair, RepairPolicy, ReseedThenRemove
from mixtura.em.mstep import pull_to_zero
from mixtura.fitting import EM
from mixtura.stats import Stats

ILL_DEFINED = (
    "Fitting the mixture model failed because some components have ill-defined empirical covariance (for instance "
    "caused by singleton or collapsed samples). Try to decrease the number of components, increase reg_covar, or "
    "scale the input data."
)


@dataclass(frozen=True, slots=True)
class CollapsePolicy:
    """When a component counts as collapsed, and whether it is repaired.

    Attributes
    ----------
    floor : float
        Least variance without ``reg_covar``, as a fraction of the data's variance.
    largest_pull : float
        A component of less than half a row has collapsed where its `pull_to_zero` is larger.
    repair : RepairPolicy
    """

    floor: float
    largest_pull: float
    repair: RepairPolicy

    @property
    def repairs(self) -> bool:
        """Whether collapsed components are repaired; otherwise EM stops."""
        return not self.repair.accepts_falls

    def is_empty(self, stats: Stats, reg_covar: float) -> bool:
        """Whether EM stops because a component holds next to no weight."""
        dead = stats.weight < LEAST_ROWS
        return bool(dead.any()) and bool((dead & (pull_to_zero(stats, reg_covar) > self.largest_pull)).any())

    def counts_as_collapse(self, at_floor: Mask) -> bool:
        """Whether EM stops because of covariances at the floor."""
        return not self.repairs and bool(at_floor.any())

    def has_collapsed(self, iterate: Iterate, reg_covar: float) -> bool:
        """Whether EM stops at an iterate."""
        return self.counts_as_collapse(iterate.at_floor) or self.is_empty(iterate.stats, reg_covar)


# Below a variance of 1e-13 of the data's, rounding decides whether scikit-learn's Cholesky factorisation fails; and the
# 10 machine epsilons that it adds to a component's weight tell where that is next to nothing. There its own arithmetic
# takes over.
BY_SCIKIT_LEARN = CollapsePolicy(1e-13, 1e-7, NoRepair())

# Without scikit-learn's arithmetic, below 1e-32 of the data's variance a component is singular up to rounding.
STOP = CollapsePolicy(1e-32, np.inf, NoRepair())

REPAIR = CollapsePolicy(EM().floor, np.inf, ReseedThenRemove())


def collapse_policy(on_collapse: str, *, has_twin: bool) -> CollapsePolicy:
    """The policy of an estimator; ``has_twin`` says whether scikit-learn's class could make the same fit."""
    choices: dict[Any, CollapsePolicy] = {("raise", True): BY_SCIKIT_LEARN, ("raise", False): STOP}
    return choices.get((on_collapse, has_twin), REPAIR)
