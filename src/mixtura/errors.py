"""Errors and warnings that Mixtura raises; each message says what was given, what was expected, and what to do."""

from __future__ import annotations

import re

# Control characters, directions of writing, separators of lines, and halves of characters, which are no text.
_NOT_SHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    r"""Text with its control characters as escapes, such as \x1b, so that a terminal shows them and does not obey.

    Examples
    --------
    >>> print(visible("\x1b[2Jage"))
    \x1b[2Jage
    """
    return _NOT_SHOWN.sub(lambda found: ascii(found[0])[1:-1], text)


class MixturaError(Exception):
    """Base of every error that Mixtura raises on purpose."""

    def __str__(self) -> str:
        """The message; names of columns come from files, so that it may have control characters."""
        return visible(super().__str__())


class DataError(MixturaError, ValueError):
    """The rows (or their weights or labels) cannot be used; the message names the row and the column."""


class CellError(DataError, TypeError):
    """A cell of the rows is no number, such as text; the message names the row and the column."""


class ParameterError(MixturaError, ValueError):
    """An argument has a value that is not allowed; the message names the argument and the values allowed."""


class MissingExtraError(MixturaError, ImportError):
    """A call needs an optional package; the message says which extra of Mixtura installs it."""


class MixturaWarning(UserWarning):
    """Base of every warning that Mixtura gives."""

    def __str__(self) -> str:
        """The message, as of a `MixturaError`."""
        return visible(super().__str__())


class ConvergenceWarning(MixturaWarning):
    """EM reached the largest number of iterations before it converged; its last iterate is returned."""


class DegeneracyWarning(MixturaWarning):
    """A component's covariance collapsed; it was raised to the floor, or the component was re-seeded or removed."""


class TiesWarning(MixturaWarning):
    """Many rows coincide, in all columns or in some, so densities there depend on the floor or the rounding unit."""


class ColumnsWarning(MixturaWarning):
    """A column is constant, or depends linearly on others."""


class ParametersWarning(MixturaWarning):
    """A mixture has more free parameters than there are rows to estimate them from."""


class GridEdgeWarning(MixturaWarning):
    """The best cell (model and number of components) is at the edge of the grid: a better one may lie beyond it."""


class StartsDisagreeWarning(MixturaWarning):
    """The two best starts ended in different local maxima, so more starts may find a higher one."""


def missing_extra(package: str, extra: str) -> MissingExtraError:
    """The error for a missing optional package, with the command that installs it.

    Examples
    --------
    >>> print(missing_extra("matplotlib", "plot"))
    this needs the package matplotlib, which is not installed: pip install matplotlib, or Mixtura with its extra plot
    """
    return MissingExtraError(
        f"this needs the package {package}, which is not installed: "
        f"pip install {package}, or Mixtura with its extra {extra}"
    )
