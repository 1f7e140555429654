"""Names of covariance models, and the models that they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
