"""Numbers at logarithmic axes: 20, 50 and 100, not 2 x 10^1."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from mixtura.plotting import style

# Beyond these a number is written as a power of ten.
LEAST_PLAIN, MOST_PLAIN = 1e-4, 1e6

# First digits that have numbers besides the powers of ten, over at least so many decades.
DIGITS = ((3.0, ()), (0.6, (2, 5)), (0.0, (2, 3, 4, 5, 6, 8)))


def write_log_numbers(axis: Any) -> None:
    """Write the numbers of a logarithmic axis as they are read.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axes = Figure().add_subplot()
    >>> axes.set_xscale("log")
    >>> _ = axes.set_xlim(20, 120)
    >>> write_log_numbers(axes.xaxis)
    >>> [axes.xaxis.get_minor_formatter()(value) for value in (20.0, 30.0, 50.0)]
    ['20', '', '50']
    """
    ticker = style.require("matplotlib.ticker")
    axis.set_major_formatter(ticker.FuncFormatter(_format_number))
    axis.set_minor_formatter(ticker.FuncFormatter(partial(_format_some, axis)))


def _format_number(value: float, _position: object = None) -> str:
    """A number, as a power of ten if it is very large or small."""
    if LEAST_PLAIN <= value < MOST_PLAIN:
        return f"{value:,.10g}"
    exponent = int(np.floor(np.log10(value) + 1e-9))
    digit = round(value / 10.0**exponent)
    times = "" if digit == 1 else rf"{digit} \times "
    return f"${times}10^{{{exponent}}}$"


def _format_some(axis: Any, value: float, _position: object = None) -> str:
    """The number between powers of ten, if those with its first digit are written."""
    low, high = axis.get_view_interval()
    digits = next(digits for decades, digits in DIGITS if np.log10(high / low) >= decades)
    digit = round(value / 10.0 ** np.floor(np.log10(value) + 1e-9))
    return _format_number(value) if digit in digits else ""
