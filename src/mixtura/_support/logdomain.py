"""Arithmetic with logarithms of probabilities, which neither underflow nor overflow."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import numpy as np

from mixtura._support.types import Array

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def underflow_to_zero(f: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Decorator of a function in which numbers next to nothing become zero, whatever `numpy.seterr` says.

    Examples
    --------
    >>> with np.errstate(all="raise"):
    ...     underflow_to_zero(np.exp)(-1000.0).item()
    0.0
    """

    @wraps(f)
    def quiet(*arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
        with np.errstate(under="ignore"):
            return f(*arguments, **options)

    return quiet


def log_or_minus_inf(values: Array) -> Array:
    """Natural logarithm of non-negative values: minus infinity for zero, without a warning."""
    return np.log(values, out=np.full(values.shape, -np.inf), where=values > 0)


def log_sum_exp(joint: Array) -> tuple[Array, Array, Array]:
    """Logarithm of the sum of the exponentials of each row of a matrix (n, k).

    Returns these logarithms (n,), the largest term of each row (n,), and the exponentials divided by that of the
    largest term (n, k).
    """
    largest = joint.max(axis=1)
    with np.errstate(under="ignore"):  # terms far below the largest one become zero, as they should
        scaled = np.exp(joint - largest[:, None])
    return largest + np.log(scaled.sum(axis=1)), largest, scaled


def responsibilities(joint: Array) -> tuple[Array, Array, Array]:
    """Bayes' rule from log w_j p_j(x_i), (n, k).

    Returns responsibilities (n, k), log-densities (n,) and the largest term of each row (n,).
    """
    density, largest, scaled = log_sum_exp(joint)
    with np.errstate(under="ignore"):
        scaled /= scaled.sum(axis=1, keepdims=True)
    return scaled, density, largest
