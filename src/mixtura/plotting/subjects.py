"""What a picture can be drawn of: a mixture, or what holds one, such as a fit or a fitted estimator."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixtura.errors import ParameterError
from mixtura.mixture import Mixture

# Names of covariance models in scikit-learn and in mclust whose estimator holds one matrix for all components.
_ONE_MATRIX = ("tied", "EEE")


def as_mixture(what: Any) -> Mixture:
    """The mixture of a fit or of a fitted estimator, or the mixture itself.

    Parameters
    ----------
    what : Mixture, Fit, or fitted estimator
        Anything with an attribute ``mixture`` that is a `mixtura.Mixture`, or with scikit-learn's attributes
        ``weights_``, ``means_`` and ``covariances_``.

    Raises
    ------
    ParameterError
        If it is none of these.

    Examples
    --------
    >>> from sklearn.mixture import GaussianMixture
    >>> as_mixture(GaussianMixture(1).fit([[0.0], [0.2], [5.0], [5.4]])).means.round(2).tolist()
    [[2.65]]
    """
    if isinstance(what, Mixture):
        return what
    for owner in (what, getattr(what, "fit_", None), getattr(what, "discriminant_", None)):
        if isinstance(found := getattr(owner, "mixture", None), Mixture):
            return found
    if all(hasattr(what, name) for name in ("weights_", "means_", "covariances_")):
        return _from_attributes(what)
    unfitted = "; fit it first" if hasattr(what, "fit") else ""
    raise ParameterError(
        f"this is of type {type(what).__name__}; expected a Fit, a Mixture or a fitted GaussianMixture{unfitted}"
    )


def check_recorded(what: Any) -> None:
    """Raise ParameterError unless this is a fit that kept its iterations."""
    if not hasattr(what, "history"):
        raise ParameterError(
            f"this is of type {type(what).__name__}, which keeps no iterations; "
            "expected a Fit of mixtura.fit(..., record=True)"
        )
    if not what.history:
        raise ParameterError("this fit was not recorded; fit again with mixtura.fit(..., record=True)")


def _from_attributes(estimator: Any) -> Mixture:
    """Mixture with the attributes of an estimator that has scikit-learn's names and shapes for them."""
    means = np.asarray(estimator.means_, dtype=np.float64)
    given: Any = np.asarray(estimator.covariances_, dtype=np.float64)
    name = getattr(estimator, "covariance_type_", getattr(estimator, "covariance_type", ""))
    k, d = means.shape
    if given.ndim == 2 and name in _ONE_MATRIX:
        given = np.broadcast_to(given, (k, d, d))
    elif given.ndim == 1:
        given = np.broadcast_to(given[:, None], (k, d))
    weights = np.asarray(estimator.weights_, dtype=np.float64)
    names = getattr(estimator, "feature_names_in_", None)
    columns = None if names is None else tuple(map(str, names))
    return Mixture(weights / weights.sum(), means, given, columns)
