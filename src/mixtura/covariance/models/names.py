"""Names of covariance models, and the models that they stand for."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from mixtura.covariance.models.eigen import EigenModel
from mixtura.covariance.models.ratios import Constraint
from mixtura.errors import ParameterError

if TYPE_CHECKING:
    from mixtura.covariance.models.base import CovarianceModel


# In mclust's order: from one variance for all components to one matrix for each component.
FOURTEEN = ("EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV")

MODELS: dict[str, CovarianceModel] = {name: EigenModel(name) for name in FOURTEEN}

# scikit-learn's names, and mclust's names for one dimension.
ALIASES = {"full": "VVV", "tied": "EEE", "diag": "VVI", "spherical": "VII", "V": "VVV", "E": "EEE"}


# How much each letter leaves free: I is a case of E, and E of V.
_FREEDOM = "IEV"


class Letters(NamedTuple):
    """The three letters of a covariance model: E for equal in all components, V for variable, I for the identity."""

    volume: str
    shape: str
    axes: str


def letters(name: str) -> Letters | None:
    """Letters of a covariance model's name, E and V of one dimension read as EEE and VVV; None for any other name.

    Examples
    --------
    >>> letters("VEI")
    Letters(volume='V', shape='E', axes='I')
    >>> letters("E")
    Letters(volume='E', shape='E', axes='E')
    """
    full = ALIASES.get(name, name)
    return Letters(*full) if full in FOURTEEN else None


@cache
def contains(larger: str, smaller: str) -> bool:
    """Whether one covariance model is a special case of another, different one; both are given by name.

    Examples
    --------
    >>> contains("VEV", "EEE"), contains("VEV", "EVE"), contains("VVV", "VVV")
    (True, False, False)
    """
    free, restricted = letters(larger), letters(smaller)
    if free is None or restricted is None or free == restricted:
        return False
    return all(_FREEDOM.index(a) >= _FREEDOM.index(b) for a, b in zip(free, restricted, strict=True))


def as_covariance_model(name: str) -> CovarianceModel:
    """The covariance model of an mclust or scikit-learn name.

    Examples
    --------
    >>> as_covariance_model("tied").name
    'EEE'
    >>> as_covariance_model("round")
    Traceback (most recent call last):
    mixtura.errors.ParameterError: model is 'round'; expected one of EII, VII, ...
    """
    model = MODELS.get(ALIASES.get(name, name)) if isinstance(name, str) else None
    if model is None:
        raise ParameterError(f"model is {name!r}; expected one of {', '.join([*MODELS, *ALIASES])}")
    return model


def with_constraint(model: CovarianceModel, constraint: Constraint | None) -> CovarianceModel:
    """The covariance model under a constraint; the model itself where that is None.

    Examples
    --------
    >>> from mixtura.covariance.models.ratios import as_constraint
    >>> with_constraint(as_covariance_model("VEV"), as_constraint(12, None, None))
    Traceback (most recent call last):
    mixtura.errors.ParameterError: model VEV has no exact M-step within this bound; expected one of EII, VII, ...
    """
    if constraint is None:
        return model
    if model.name not in constraint.models:
        raise ParameterError(
            f"model {model.name} has no exact M-step within this bound; expected one of {', '.join(constraint.models)}"
        )
    return EigenModel(model.name, constraint)
