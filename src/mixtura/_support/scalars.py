"""Checks of single numbers that a user passes in, of switches, and of seeds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mixtura._support.containers import shortened
from mixtura._support.types import Rng
from mixtura.errors import ParameterError

# The largest count allowed: an array of so many numbers fits no memory, and NumPy can still say so.
LARGEST_COUNT = 1 << 40


def as_rng(seed: int | np.integer[Any] | Rng | None) -> Rng:
    """A random number generator from an int, a Generator, a legacy RandomState, or None (fresh entropy).

    Examples
    --------
    >>> as_rng(0).uniform() == as_rng(0).uniform()
    True
    """
    if isinstance(seed, np.random.Generator | np.random.RandomState):
        return seed
    if seed is None or (isinstance(seed, int | np.integer) and seed >= 0):
        return np.random.default_rng(seed)
    raise ParameterError(f"seed is {seed!r}; expected None, an int that is not negative, or a numpy Generator")


def as_known_seed(seed: object) -> int | None:
    """A seed that was given as a number; None for a generator, whose state is not kept, or without one.

    Examples
    --------
    >>> as_known_seed(np.int64(3)), as_known_seed(np.random.default_rng(3))
    (3, None)
    """
    return int(seed) if isinstance(seed, int | np.integer) else None


def as_count(value: Any, name: str, *, least: int = 1, most: int = LARGEST_COUNT) -> int:
    """Check an argument that must be an integer from ``least`` to ``most``.

    Examples
    --------
    >>> as_count(0, "k")
    Traceback (most recent call last):
    mixtura.errors.ParameterError: k is 0; expected an integer of at least 1
    """
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < least:
        raise ParameterError(f"{name} is {shortened(value)}; expected an integer of at least {least}")
    if value > most:
        given = f"{value:.3g}" if value < 1e300 else "more than 1e300"  # a larger one is no float
        raise ParameterError(f"{name} is {given}; expected an integer from {least} to {most}")
    return int(value)


def as_amount(value: Any, name: str) -> float:
    """Check an argument that must be a finite number and not negative.

    Examples
    --------
    >>> as_amount(-1.0, "tol")
    Traceback (most recent call last):
    mixtura.errors.ParameterError: tol is -1.0; expected a finite number that is not negative
    """
    try:
        number = -1.0 if isinstance(value, str | bytes | bool | np.bool_) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = -1.0
    if not (np.isfinite(number) and number >= 0):
        raise ParameterError(f"{name} is {shortened(value)}; expected a finite number that is not negative")
    return number


def as_real(value: Any) -> float:
    """A value as a number, NaN where it is none, so that every comparison with it is False.

    Examples
    --------
    >>> as_real(0.5), as_real("0.5")
    (0.5, nan)
    """
    try:
        return math.nan if isinstance(value, str | bytes) else float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def as_flag(value: Any, name: str) -> bool:
    """Check an argument that must be True or False.

    Examples
    --------
    >>> as_flag("no", "equal_weights")
    Traceback (most recent call last):
    mixtura.errors.ParameterError: equal_weights is 'no'; expected True or False
    """
    if not isinstance(value, bool | np.bool_):
        raise ParameterError(f"{name} is {shortened(value)}; expected True or False")
    return bool(value)


def as_fraction(value: Any, name: str) -> float:
    """Check an argument that must be a number of at least 0 and below 1."""
    number = as_amount(value, name)
    if number >= 1:
        raise ParameterError(f"{name} is {shortened(value)}; expected a fraction, at least 0 and below 1")
    return number
