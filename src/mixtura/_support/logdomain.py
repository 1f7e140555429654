"""Probabilities in the log domain, where nothing under- or overflows."""

from __future__ import annotations

import numpy as np

from mixtura._support.types import Array


def log_or_minus_inf(values: Array) -> Array:
    """Logarithm, with minus infinity for zero and no warning."""
    return np.log(values, out=np.full(values.shape, -np.inf), where=values > 0)


def log_sum_exp(joint: Array) -> tuple[Array, Array, Array]:
    """Log of the sum of exponentials over the last axis; also the largest term and the scaled exponentials."""
    largest = joint.max(axis=1)
    with np.errstate(under="ignore"):  # what is far below the largest term is zero
        scaled = np.exp(joint - largest[:, None])
    return largest + np.log(scaled.sum(axis=1)), largest, scaled


def responsibilities(joint: Array) -> tuple[Array, Array, Array]:
    """Bayes' rule in the log domain: responsibilities (n, k), log-density (n,), log of the largest term (n,)."""
    density, largest, scaled = log_sum_exp(joint)
    with np.errstate(under="ignore"):
        scaled /= scaled.sum(axis=1, keepdims=True)
    return scaled, density, largest
