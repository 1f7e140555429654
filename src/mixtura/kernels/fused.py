"""EM of several starts within the kernel: for problems so small that Python would take most of the time."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np

from mixtura._support import Array
from mixtura.data import Chunk
from mixtura.kernels.simd import level
from mixtura.kernels.summit import Ending, Summit
from mixtura.stats import Stats

_native: Any = import_module("mixtura._native")

# How the C++ side counts the letters of a model: the identity, equal, variable.
LETTERS = "IEV"

Belief: TypeAlias = tuple[float, float, Array, Array]


def race(
    model: str,
    chunk: Chunk,
    starts: Sequence[Stats],
    floor: Array,
    *,
    tol: float,
    max_iter: int,
    least_points: int,
    own_points: int = 1,
    ridge: float = 0.0,
    since: bool = False,
    prior: Belief | None = None,
    plain: int | None = None,
    rounds: Sequence[tuple[int, int]] = (),
    named: Sequence[bool] | None = None,
    ends: Sequence[int] = (),
    threads: int = 1,
) -> list[Summit]:
    """Climb from several starts by EM; after each round only the best go on.

    Parameters
    ----------
    model : str
        Three letters, each E, V or I, for volume, shape and axes.
    chunk : Chunk
        All rows, as contiguous arrays.
    starts : sequence of Stats
        With full scatter, or with diagonal scatter for models without axes, pooled scatter for EEE.
    floor : ndarray of shape (d,)
        Least variances.
    tol : float
        A start rests when its mean log-likelihood per row rises by no more.
    max_iter : int
        Largest number of iterations.
    least_points : int
        A start ends as collapsed where a component on the floor holds fewer rows, or any less than half a row.
    own_points : int
        A start is ranked behind others while a component holds fewer rows.
    ridge : float
        Added to all variances.
    since : bool
        Whether the starts' own log-likelihoods begin their traces, and what comes next is to be higher.
    prior : tuple of float, float, ndarray of shape (d,) and of shape (d, d), optional
        Of a conjugate prior: the weight of the rows that pull at each mean, what each component's weight grows by,
        where the mean is pulled to, and rows whose scatter about zero is added. Log-likelihoods are those plus its
        log-density.
    plain : int, optional
        After so many iterations EM is accelerated (SQUAREM, Varadhan & Roland 2008), and of several starts that have
        come to one place one goes on. Otherwise it stays plain.
    rounds : sequence of (int, int)
        After so many iterations so many starts go on.
    named : sequence of bool, optional
        Starts that go on in any case.
    ends : sequence of int
        Where the chunks end that threads are given; results depend on these, and not on the number of threads.
    threads : int
        How many threads work on a pass.

    Examples
    --------
    >>> rows = np.array([[0.0], [1.0], [8.0], [9.0]])
    >>> start = Stats(np.array([2.0, 2.0]), np.array([[0.5], [8.5]]), np.ones((2, 1, 1)), 0.0, 0.0)
    >>> (top,) = race("VVV", Chunk(rows), [start], np.array([1e-9]), tol=1e-9, max_iter=99, least_points=2)
    >>> top.ending.name, top.means.round(6).tolist()
    ('CONVERGED', [[0.5], [8.5]])
    """
    total = np.array([start.weight for start in starts], dtype=np.float64)
    mean = np.array([start.mean for start in starts], dtype=np.float64)
    scatter = reduced(model, np.array([start.scatter for start in starts], dtype=np.float64))
    shares, means = np.empty(total.shape), np.empty(mean.shape)
    covariances = np.empty(mean.shape if model.endswith("I") else (*mean.shape, mean.shape[-1]))
    low = np.zeros(total.shape)
    weight, count = chunk.sample_weight, len(chunk.rows)
    found = _native.race(
        level(),
        chunk.rows,
        weight,
        tuple(LETTERS.index(letter) for letter in model),
        floor,
        ridge,
        tol,
        1.0 if weight is None else max(1.0, count / float(weight.sum())),
        least_points,
        own_points,
        max_iter if plain is None else plain,
        max_iter,
        list(rounds),
        [False] * len(starts) if named is None else list(named),
        [start.loglik for start in starts] if since else [],
        (0.0, 0.0) if prior is None else prior[:2],
        None if prior is None else np.ascontiguousarray(prior[2]),
        None if prior is None else np.ascontiguousarray(prior[3]),
        list(ends),
        threads,
        _native.Places(total, mean, scatter, shares, means, covariances, low),
    )
    floored, least = (low != 0).any(axis=1).tolist(), total.min(axis=1).tolist()
    places = (total, mean, scatter, shares, means, covariances, low)
    return [
        Summit(Ending(ending), tuple(trace), assignment_logprob, floored[i], least[i], passes, i, places)
        for i, (ending, assignment_logprob, passes, trace) in enumerate(found)
    ]


def reduced(model: str, scatter: Array) -> Array:
    """Of the scatter of several starts what the model reads.

    Examples
    --------
    >>> reduced("VVI", np.ones((5, 3, 2, 2))).shape, reduced("EEE", np.ones((5, 3, 2, 2))).shape
    ((5, 3, 2), (5, 1, 2, 2))
    """
    if model.endswith("I") and scatter.ndim == 4:
        return np.ascontiguousarray(np.einsum("skii->ski", scatter))
    return scatter.sum(axis=1, keepdims=True) if model == "EEE" else scatter
