"""What a picture can be drawn of: a mixture, or what holds one, such as a fit or a fitted estimator."""

from __future__ import annotations

from typing import Any

from mixtura.errors import ParameterError
from mixtura.mixture import Mixture, as_mixture


def drawn_mixture(what: Any) -> Mixture:
    """The mixture of what a picture is drawn of; that of all classes of a classifier.

    Raises
    ------
    ParameterError
        If it is no Mixture, Fit, Selection or fitted estimator.

    Examples
    --------
    >>> from sklearn.mixture import GaussianMixture
    >>> drawn_mixture(GaussianMixture(1).fit([[0.0], [0.2], [5.0], [5.4]])).means.round(2).tolist()
    [[2.65]]
    """
    return as_mixture(getattr(what, "discriminant_", what), "what")


def check_recorded(what: Any) -> None:
    """Raise ParameterError unless this is a fit that kept its iterations."""
    if not hasattr(what, "history"):
        raise ParameterError(
            f"this is of type {type(what).__name__}, which keeps no iterations; "
            "expected a Fit of mixtura.fit(..., record=True)"
        )
    if not what.history:
        raise ParameterError("this fit was not recorded; fit again with mixtura.fit(..., record=True)")
