"""Spectra b_kj = lambda_k A_kj: variances along k components' axes, with volume and shape equal or of their own.

Each function is given the scatter t (k, d) along the axes and the weight n (k,) of the components, and minimises
sum_kj n_k log b_kj + t_kj / b_kj over the b of its kind that are nowhere below 1, the floor. In the logarithms of
b this is convex. What all components share comes back with a length of 1. A search begins at variances ``start``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from mixtura._support import Array

VarianceFit: TypeAlias = Callable[[Array, Array, Array | None], Array]

EPS = float(np.finfo(np.float64).eps)
TINY = float(np.finfo(np.float64).tiny)

# Sweeps end when volumes and shapes change by less than this fraction; what is left to gain is about its square.
SETTLED = 1e-11
SWEEPS = 10_000


def share_of_largest(d: int) -> float:
    """The fraction of its largest variance that a Cholesky factorisation needs of a matrix's smallest one."""
    return 10 * EPS * d**2


def sphere(t: Array, n: Array, _start: Array | None) -> Array:
    """EI: lambda = sum_k tr t_k / (N d)."""
    return np.maximum(t.mean(axis=1, keepdims=True).sum(axis=0, keepdims=True) / max(n.sum(), TINY), 1)


def spheres(t: Array, n: Array, _start: Array | None) -> Array:
    """VI: lambda_k = tr t_k / (n_k d)."""
    return np.maximum(t.mean(axis=1, keepdims=True) / np.maximum(n, TINY)[:, None], 1)


def shared(t: Array, n: Array, _start: Array | None) -> Array:
    """EE: b_j = sum_k t_kj / N."""
    return np.maximum(t.sum(axis=0, keepdims=True) / max(n.sum(), TINY), 1)


def own(t: Array, n: Array, _start: Array | None) -> Array:
    """VV: b_kj = t_kj / n_k."""
    return np.maximum(t / np.maximum(n, TINY)[:, None], 1)


def proportional(t: Array, n: Array, start: Array | None) -> Array:
    """VE: b_kj = lambda_k a_j; either has a closed form for the other, so they take turns.

    The shape a may have any determinant, since lambda_k makes up for it.
    """
    n = np.maximum(n, TINY)
    shape = shared(t, n, None) if start is None else start[:1]
    for _ in range(SWEEPS):
        volume = np.maximum((t / shape).mean(axis=1, keepdims=True) / n[:, None], 1 / shape.min())
        new = np.maximum((t / volume).sum(axis=0, keepdims=True) / n.sum(), 1 / volume.min())
        settled = np.abs(new / shape - 1).max() <= SETTLED
        shape = new
        if settled:
            break
    return volume * shape


def equal_volume(t: Array, n: Array, _start: Array | None, widest: float = 1e10) -> Array:
    """EV: all b_k have the same determinant e^L: b_k is t_k, scaled, and e^(L / d) = sum_k |t_k|^(1/d) / N.

    A component that has no width in some directions would become the wider in others, without limit; so b is also
    nowhere above ``widest``, unless a component is.
    """
    logs, weight = np.log(np.maximum(t, TINY)), np.log(max(n.sum(), TINY))
    size = logs.mean(axis=1, keepdims=True)
    best = logs - size + (np.logaddexp.reduce(size[:, 0]) - weight)
    highest = math.log(widest)
    if best.min() >= 0 and best.max() <= highest:
        return np.exp(best)
    widths = logs.max(axis=1) - np.log(np.maximum(n, TINY))
    return np.exp(equal_volume_within(logs, weight, max(highest, float(widths.max()))))


def equal_volume_within(logs: Array, weight: float, highest: float) -> Array:
    """Logarithms of b_kj in [0, highest] whose sum over j is the same for all k, at least cost, (k, d).

    For a given sum L, log b_kj is log t_kj - q_k, clipped; the higher q_k, the less the sum. The best L is where
    sum_k e^q_k is N. Between the sums at which anything is clipped or set free, the q_k are linear in L; where all of
    a component is clipped, q_k jumps.
    """
    turns = -np.sort(-np.concatenate([logs, logs - highest], axis=1), axis=1)
    sums = np.clip(logs[:, None, :] - turns[:, :, None], 0, highest).sum(axis=2)
    levels = np.unique(sums)
    after = np.array([np.interp(levels, *table) for table in zip(sums, turns, strict=True)])
    before = np.array([np.interp(-levels, *table) for table in zip(-sums[:, ::-1], turns[:, ::-1], strict=True)])
    here = int(np.count_nonzero(np.logaddexp.reduce(after, axis=0) > weight))  # the first level that is too high
    if here == len(levels):
        q = before[:, -1]
    elif here == 0 or np.logaddexp.reduce(before[:, here]) >= weight:
        q = before[:, here]
    else:
        q = volume_root(after[:, here - 1], before[:, here], weight)
    return np.clip(logs - q[:, None], 0, highest)


def volume_root(start: Array, end: Array, weight: float) -> Array:
    """On the way from one q to a lower one, where log sum_k e^q_k is a number: by Newton's method, from above.

    Examples
    --------
    >>> volume_root(np.array([1.0, 1.0]), np.array([-1.0, -1.0]), np.log(2)).round(12) + 0.0
    array([0., 0.])
    """
    way, share = end - start, 0.0
    for _ in range(SWEEPS):
        q = start + share * way
        level = np.logaddexp.reduce(q)
        step = (weight - level) / float(np.exp(q - level) @ way)
        share += step
        if not step > SETTLED:
            break
    return np.asarray(start + share * way)


# By the letters of volume and shape.
SPECTRA: dict[str, VarianceFit] = {
    "EI": sphere,
    "VI": spheres,
    "EE": shared,
    "VE": proportional,
    "EV": equal_volume,
    "VV": own,
}
