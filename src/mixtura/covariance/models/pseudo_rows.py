"""Weight and scatter that a conjugate prior adds to each component's statistics, for each covariance model.

A normal inverse-Wishart prior with nu degrees of freedom and scale matrix L makes EM maximise the log-likelihood plus
-1/2 sum_k [c log|S_k| + s tr(L S_k^-1)], and a term for the means. The counts c and s depend on nu and on the model,
since parameters that all components have in common have one prior density, not k. They are those that mclust's EM adds,
found by running it (Fraley & Raftery 2007, J. Classif. 24, 155-181). mclust has no prior for VEE, EVE, VVE and EVV;
here their prior is an inverse-Wishart density for each volume, as that of VVV for VEE and VVE, of EEV for EVE and EVV.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class PseudoRows:
    """Pseudo-observations that a prior adds to each component in the M-step: their weight and scatter.

    Attributes
    ----------
    weight : float
        Added to each component's weight.
    scale : float
        This multiple of a scale matrix is added to each component's scatter.
    isotropic : bool
        Whether the scale matrix is replaced by the mean of its diagonal, times the identity.
    """

    weight: float
    scale: float
    isotropic: bool


# c and s, from degrees of freedom nu, dimensions d, components k, and m, which is 1 where means are shrunk, else 0.
Rule: TypeAlias = Callable[[float, int, int, int], tuple[float, float]]

# mclust adds scatter for VEV, and no weight; this small weight keeps the volume of a component without rows finite.
VEV_WEIGHT = 1e-6

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
    "VEV": lambda _, __, ___, ____: (VEV_WEIGHT, 1),
    "EVV": lambda nu, d, k, m: ((nu + d + 1 + m) / k, 1),
    "VVV": lambda nu, d, _, m: (nu + d + 1 + m, 1),
}


def pseudo_rows(model: str, dof: float, k: int, d: int, *, shrinks_means: bool) -> PseudoRows:
    """What a conjugate prior adds to the statistics of each of k components in d dimensions.

    ``dof`` are its degrees of freedom, and ``shrinks_means`` says whether it also has a density for the means.

    Examples
    --------
    >>> pseudo_rows("VVV", dof=4.0, k=2, d=2, shrinks_means=True)
    PseudoRows(weight=8.0, scale=1, isotropic=False)
    """
    weight, scale = RULES[_equivalent_model(model, d, k)](dof, d, k, int(shrinks_means))
    return PseudoRows(weight, scale, model[2] == "I")


def _equivalent_model(model: str, d: int, k: int) -> str:
    """The model whose rule is used, where several models coincide in one dimension or with one component."""
    if d == 1:
        return {"E": "EEE", "V": "VVV"}[model[0]]
    if k == 1:
        return {"I": "VII"}.get(model[1], {"I": "VVI"}.get(model[2], "VVV"))
    return model
