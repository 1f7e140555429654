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
MODEL_NAMES = ("EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV")

MODELS: dict[str, CovarianceModel] = {name: EigenModel(name) for name in MODEL_NAMES}

# scikit-learn's names, and mclust's names for one dimension.
ALIASES = {"full": "VVV", "tied": "EEE", "diag": "VVI", "spherical": "VII", "V": "VVV", "E": "EEE"}


# Letters from most to least restricted: I is a special case of E, and E of V.
_LETTERS_BY_FREEDOM = "IEV"


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
    return Letters(*full) if full in MODEL_NAMES else None


@cache
def contains(larger: str, smaller: str) -> bool:
    """Whether the covariance model ``larger`` has ``smaller`` as a special case; False for the same model.

    Examples
    --------
    >>> contains("VEV", "EEE"), contains("VEV", "EVE"), contains("VVV", "VVV")
    (True, False, False)
    """
    free, restricted = letters(larger), letters(smaller)
    if free is None or restricted is None or free == restricted:
        return False
    return all(
        _LETTERS_BY_FREEDOM.index(a) >= _LETTERS_BY_FREEDOM.index(b) for a, b in zip(free, restricted, strict=True)
    )


def as_covariance_model(name: str) -> CovarianceModel:
    """The covariance model with this name, as mclust or scikit-learn writes it.

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


def model_name_in(name: str, n_features: int) -> str:
    """Mclust's name of a covariance model for data with ``n_features`` columns: in one column, E or V.

    Examples
    --------
    >>> model_name_in("VEE", 1), model_name_in("tied", 2), model_name_in("E", 2)
    ('V', 'EEE', 'EEE')
    """
    own = as_covariance_model(name).name
    return own[0] if n_features == 1 else own


def with_constraint(model: CovarianceModel, constraint: Constraint | None) -> CovarianceModel:
    """The covariance model under a constraint; the model itself where that is None.

    Examples
    --------
    >>> from mixtura.covariance.models.ratios import EigenvalueRatio
    >>> with_constraint(as_covariance_model("VEV"), EigenvalueRatio(12))
    Traceback (most recent call last):
    mixtura.errors.ParameterError: model VEV has no exact M-step under this constraint; expected one of EII, VII, ...
    """
    if constraint is None:
        return model
    if model.name not in constraint.models:
        raise ParameterError(
            f"model {model.name} has no exact M-step under this constraint; "
            f"expected one of {', '.join(constraint.models)}"
        )
    return EigenModel(model.name, constraint)
