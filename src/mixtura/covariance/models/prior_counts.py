"""What a conjugate prior adds to each component's statistics under each of the fourteen models.

A normal inverse-Wishart prior with nu degrees of freedom and scale matrix L makes EM maximise the log-likelihood plus
-1/2 sum_k c log|S_k| + tr(s L / S_k), and a term for the means. How c comes from nu, and s, is the model's: what
components share has the prior once. These are the values that mclust's EM adds, as measured (Fraley & Raftery 2007,
J. Classif. 24, 155-181); mclust knows no prior for VEE, EVE, VVE and EVV: there it is an inverse-Wishart density for
each volume, VEE and VVE as VVV, EVE and EVV as EEV.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from mixtura.covariance.models.base import PriorCounts

# From degrees of freedom nu, dimensions d, components k, and whether means are shrunk, too (m, 1 or 0): c and s.
Rule: TypeAlias = Callable[[float, int, int, int], tuple[float, float]]

# mclust adds a scatter for VEV, and no weight; so little keeps the volume of an empty component finite.
KEEP = 1e-6

RULES: dict[str, Rule] = {
    "EII": lambda nu, d, k, m: ((nu + 2) / (d * k) + m, 0),
    "VII": lambda nu, d, _, m: ((nu + 2) / d + m, 1 / d),
    "EEI": lambda nu, _, k, m: ((nu + 1 + m) / k, 1 / k),
    "VEI": lambda nu, d, _, m: ((nu + 2 + m) / d, 1),
    "EVI": lambda nu, _, k, m: ((nu + 1 + m) / k, 1),
    "VVI": lambda nu, _, __, m: (nu + 2 + m, 1),
    "EEE": lambda nu, d, k, m: ((nu + d + 1) / k + m, 1 / k),
    "VEE": lambda nu, d, _, m: (nu + d + 1 + m, 1),
    "EVE": lambda nu, d, k, m: ((nu + d + 1 + m) / k, 1),
    "VVE": lambda nu, d, _, m: (nu + d + 1 + m, 1),
    "EEV": lambda nu, d, k, m: ((nu + d + 1 + m) / k, 1),
    "VEV": lambda _, __, ___, ____: (KEEP, 1),
    "EVV": lambda nu, d, k, m: ((nu + d + 1 + m) / k, 1),
    "VVV": lambda nu, d, _, m: (nu + d + 1 + m, 1),
}


def prior_counts(model: str, dof: float, k: int, d: int, *, shrinks_means: bool) -> PriorCounts:
    """What the prior adds to each of k components in d dimensions.

    Examples
    --------
    >>> prior_counts("VVV", dof=4.0, k=2, d=2, shrinks_means=True)
    PriorCounts(weight=8.0, scale=1, isotropic=False)
    """
    weight, scale = RULES[_distinct(model, d, k)](dof, d, k, int(shrinks_means))
    return PriorCounts(weight, scale, model[2] == "I")


def _distinct(model: str, d: int, k: int) -> str:
    """The model that stands for all that are the same: those of one dimension, and of one component."""
    if d == 1:
        return {"E": "EEE", "V": "VVV"}[model[0]]
    if k == 1:
        return {"I": "VII"}.get(model[1], {"I": "VVI"}.get(model[2], "VVV"))
    return model
