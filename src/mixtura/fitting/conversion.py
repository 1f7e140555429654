"""The fit in what a function is given: a fit itself, or the best one of a selection."""

from __future__ import annotations

from typing import Any

from mixtura._support import shortened
from mixtura.errors import ParameterError
from mixtura.fitting.result import Fit


def fit_of(given: Any, name: str) -> Fit:
    """The fit itself, or the best of a selection; ``name`` is what messages call it.

    Raises
    ------
    ParameterError
        If it is something else, such as a mixture, which does not say what was fitted.

    Examples
    --------
    >>> import mixtura
    >>> fit = mixtura.fit([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], 2)
    >>> fit_of(fit, "fitted") is fit
    True
    """
    found = getattr(given, "best", given)
    if not isinstance(found, Fit):
        raise ParameterError(
            f"{name} is {shortened(given)}; expected a Fit, which says what was fitted, or a Selection"
        )
    return found
