"""Treatment of collapsed components: the parameter ``on_collapse`` of `GaussianMixture`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura.covariance.models import Mask
from mixtura.em import LEAST_ROWS, Iterate, NoRepair, RepairPolicy, ReseedThenRemove
from mixtura.em.mstep import MStep, pull_to_zero
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
        A component with a weight below half a row has collapsed if its `pull_to_zero` is larger than this.
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
        """Whether EM stops because a component has almost no weight."""
        empty = stats.weight < LEAST_ROWS
        return bool(empty.any()) and bool((empty & (pull_to_zero(stats, reg_covar) > self.largest_pull)).any())

    def counts_as_collapse(self, at_floor: Mask) -> bool:
        """Whether EM stops because of covariances at the floor."""
        return not self.repairs and bool(at_floor.any())

    def has_collapsed(self, iterate: Iterate, mstep: MStep) -> bool:
        """Whether EM stops at an iterate.

        No M-step comes to a floor below the ridge: there an accelerated step has been raised to it, and EM goes on.
        """
        reachable = bool((mstep.floor >= mstep.ridge).any())
        return (reachable and self.counts_as_collapse(iterate.at_floor)) or self.is_empty(iterate.stats, mstep.ridge)


# Below 1e-13 times the data's variance, rounding decides whether scikit-learn's Cholesky factorisation fails. It also
# adds 10 machine epsilons to each component's weight, which matters if that is almost zero. In both cases
# scikit-learn's class makes the fit.
REFIT_BY_SKLEARN = CollapsePolicy(1e-13, 1e-7, NoRepair())

# Where scikit-learn's class cannot make the fit, a component is singular below 1e-32 times the data's variance.
STOP = CollapsePolicy(1e-32, np.inf, NoRepair())

REPAIR = CollapsePolicy(EM().floor, np.inf, ReseedThenRemove())


def collapse_policy(on_collapse: str, *, known_to_sklearn: bool) -> CollapsePolicy:
    """Policy for ``on_collapse``; ``known_to_sklearn`` says whether scikit-learn's class could make the same fit."""
    choices: dict[Any, CollapsePolicy] = {("raise", True): REFIT_BY_SKLEARN, ("raise", False): STOP}
    return choices.get((on_collapse, known_to_sklearn), REPAIR)
