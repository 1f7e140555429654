"""Errors and warnings that Mixtura raises; each message says what was given, what was expected, and what to do."""

from __future__ import annotations


class MixturaError(Exception):
    """Base of every error that Mixtura raises on purpose."""


class DataError(MixturaError, ValueError):
    """The rows (or weights, or labels) cannot be used; the message names the row and the column."""


class ParameterError(MixturaError, ValueError):
    """An argument is outside what is allowed; the message names it and what is allowed."""


class MissingExtraError(MixturaError, ImportError):
    """A call needs an optional package; the message says which extra brings it."""


class MixturaWarning(UserWarning):
    """Base of every warning that Mixtura gives."""


class ConvergenceWarning(MixturaWarning):
    """EM reached the largest number of iterations before it converged; its last iterate is returned."""


class DegeneracyWarning(MixturaWarning):
    """A component's covariance collapsed; it was raised to the floor, or the component was re-seeded or removed."""


class TiesWarning(MixturaWarning):
    """Many rows coincide, in all columns or in some, so densities there depend on the floor or the rounding unit."""


class ColumnsWarning(MixturaWarning):
    """A column does not vary, or depends linearly on others."""


class ParametersWarning(MixturaWarning):
    """There are more parameters than rows."""


class GridEdgeWarning(MixturaWarning):
    """The best cell of a selection is at the edge of its grid, so a better one may lie beyond it."""


class StartsDisagreeWarning(MixturaWarning):
    """The two best starts ended in different local maxima, so more starts may find a higher one."""


def missing_extra(package: str, extra: str) -> MissingExtraError:
    """The error that says which installation brings a missing optional package.

    Examples
    --------
    >>> print(missing_extra("matplotlib", "plot"))
    this needs the package matplotlib, which is not installed: pip install 'mixtura[plot]'
    """
    return MissingExtraError(
        f"this needs the package {package}, which is not installed: pip install 'mixtura[{extra}]'"
    )
