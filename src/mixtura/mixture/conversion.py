"""The mixture in what a function is given: a mixture itself, a fit, a selection, or a fitted estimator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mixtura._support import Array, shortened
from mixtura.errors import ParameterError
from mixtura.mixture.assembly import as_covariances
from mixtura.mixture.mixture import Mixture

# Covariance matrices (k, d, d) from those of each type of scikit-learn's GaussianMixture, for means (k, d).
AS_MATRICES: dict[str, Callable[[Array, Array], Array]] = {
    "full": lambda given, _: given,
    "tied": lambda given, means: np.broadcast_to(given, (len(means), *given.shape)),
    "diag": lambda given, means: given[:, :, None] * np.eye(means.shape[1]),
    "spherical": lambda given, means: given[:, None, None] * np.eye(means.shape[1]),
}


def as_mixture(model: Any, name: str = "model") -> Mixture:
    """The mixture of a Mixture, Fit, Selection (its best), or fitted estimator, scikit-learn's included.

    Raises
    ------
    ParameterError
        If it is something else, or an estimator that is not fitted; ``name`` is what the message calls it.

    Examples
    --------
    >>> import mixtura
    >>> fit = mixtura.fit([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], 2)
    >>> as_mixture(fit) is fit.mixture
    True
    >>> as_mixture([0.5, 0.5])
    Traceback (most recent call last):
    mixtura.errors.ParameterError: model is [0.5, 0.5]; expected a Fit, a Mixture, a Selection or a fitted estimator
    """
    found = getattr(model, "best", model)
    for attribute in ("mixture", "mixture_"):
        found = getattr(found, attribute, found)
    if isinstance(found, Mixture):
        return found
    if hasattr(found, "covariance_type") and hasattr(found, "means_"):
        given, means = (np.asarray(each, dtype=np.float64) for each in (found.covariances_, found.means_))
        columns = getattr(found, "feature_names_in_", None)
        matrices = AS_MATRICES[found.covariance_type](given, means)
        return Mixture(
            found.weights_, means, as_covariances(matrices), columns=None if columns is None else tuple(columns)
        )
    shown = f"an estimator that is not fitted ({model!r})" if hasattr(model, "get_params") else shortened(model)
    raise ParameterError(f"{name} is {shown}; expected a Fit, a Mixture, a Selection or a fitted estimator")
