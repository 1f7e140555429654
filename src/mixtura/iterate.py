"""Where EM stands: a mixture, and what the E-step at that mixture left behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixtura.mixture import Mixture
from mixtura.stats import Stats


@dataclass(frozen=True, slots=True, eq=False)
class Iterate:
    """One point on EM's path.

    Attributes
    ----------
    mixture : Mixture
    stats : Stats
        Of the E-step at ``mixture``: it holds the mixture's log-likelihood, and is all the next M-step needs.
    low : ndarray of bool, (k,)
        Which covariances rest on the floor.
    """

    mixture: Mixture
    stats: Stats
    low: NDArray[np.bool_]

    @property
    def loglik(self) -> float:
        """Total weighted log-likelihood of ``mixture``."""
        return self.stats.loglik
