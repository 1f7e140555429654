"""Rows with values known by intervals, or recorded within limits: the passes of another kernel.

Lee & Scott (2012), Comput. Stat. Data Anal. 56, 2816-2829; McLachlan & Jones (1988), Biometrics 44, 571-578.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, underflow_to_zero
from mixtura.data import Chunk, Intervals
from mixtura.errors import ParameterError
from mixtura.kernels.affine import Density
from mixtura.kernels.base import Kernel
from mixtura.kernels.conditional_rows import ConditionalRows, conditional_rows
from mixtura.kernels.unseen_rows import Unseen
from mixtura.stats import ScatterKind, Stats


@lru_cache(maxsize=4)
def for_intervals(kernel: Kernel) -> Kernel:
    """The kernel for rows with intervals or limits (`mixtura.data.Intervals`) that computes with another kernel."""
    return Kernel(
        name=f"{kernel.name}, intervals",
        level=kernel.level,
        estep=lambda density, chunk, scatter_kind: _estep(kernel, density, chunk, scatter_kind),
        moments=_no_moments,
        log_density=lambda density, chunk: _log_density(kernel, density, chunk),
        posterior=lambda density, chunk: _by_row(kernel.posterior, _posterior, density, chunk),
        labels=lambda density, chunk: _by_row(kernel.labels, lambda joint: joint.argmax(axis=1), density, chunk),
        agglomerate=kernel.agglomerate,
    )


def _no_moments(chunk: Chunk) -> Stats:
    raise NotImplementedError("moments are those of completed rows")


def _measured(density: Density, chunk: Chunk) -> tuple[Intervals, NDArray[np.bool_]]:
    """How the rows of a chunk were measured, and which have exact values alone, (n,)."""
    affine = density.affine
    measurement: Any = chunk.measurement  # an Intervals, for which this kernel is
    if not affine.factors.reshape(len(affine.factors), -1).any(axis=1).all():
        raise ParameterError(
            "noise: the mixture has a noise component, for which censored values, limits and bins are not possible; "
            "leave noise out"
        )
    exact: NDArray[np.bool_] = np.logical_not(np.isnan(chunk.rows).any(axis=1))
    return measurement, exact if measurement.outside is None else np.logical_and(exact, ~measurement.outside)


def _softmax(joint: Array) -> tuple[Array, Array, Array]:
    """Responsibilities (n, k), log-densities (n,) and the largest log-joints (n,) from log-joints (n, k)."""
    largest = joint.max(axis=1)
    resp = np.exp(joint - largest[:, None])
    total = resp.sum(axis=1)
    return resp / total[:, None], largest + np.log(total), largest


def _posterior(joint: Array) -> Array:
    return _softmax(joint)[0]


@underflow_to_zero
def _by_row(
    of_exact: Callable[[Density, Chunk], NDArray[Any]],
    of_joint: Callable[[Array], NDArray[Any]],
    density: Density,
    chunk: Chunk,
) -> NDArray[Any]:
    """A value of each row: by another kernel where all values are exact, else from the log-joints."""
    measurement, exact = _measured(density, chunk)
    parts, numbers = [of_exact(density, Chunk(chunk.rows[exact]))], [np.flatnonzero(exact)]
    others = np.flatnonzero(~exact)
    for part in conditional_rows(density, chunk.rows[others], measurement.take(others)):
        parts.append(of_joint(part.joint))
        numbers.append(others[part.numbers])
    joined = np.concatenate(parts)
    values = np.empty_like(joined)
    values[np.concatenate(numbers)] = joined
    return values


def _log_density(kernel: Kernel, density: Density, chunk: Chunk) -> Array:
    """Log-density, or log-probability of the intervals, of each row among those that can be recorded, (n,)."""
    found = _by_row(kernel.log_density, lambda joint: _softmax(joint)[1], density, chunk)
    window = _measured(density, chunk)[0].window
    return found if window is None else found - Unseen.beyond(density, window).log_seen


@underflow_to_zero
def _estep(kernel: Kernel, density: Density, chunk: Chunk, scatter_kind: ScatterKind) -> Stats:
    """The E-step: statistics of the rows as each component expects them, and of those that were never recorded."""
    measurement, exact = _measured(density, chunk)
    numbers, others = np.flatnonzero(exact), np.flatnonzero(~exact)
    weight = chunk.sample_weight
    own = Chunk(chunk.rows[numbers], None if weight is None else weight[numbers])
    # A pooled scatter would lose what the parts' means differ by.
    inner: ScatterKind = "full" if scatter_kind == "pooled" else scatter_kind
    parts = [kernel.estep(density, own, inner)]
    for part in conditional_rows(density, chunk.rows[others], measurement.take(others)):
        each = np.ones(len(part.numbers)) if weight is None else weight[others[part.numbers]]
        parts.append(_stats(part, each, inner))
    total = reduce(add, parts)
    if measurement.window is not None:
        total = total + Unseen.beyond(density, measurement.window).stats(chunk.total_weight, inner)
    return total.reduced(scatter_kind)


def _stats(part: ConditionalRows, weight: Array, scatter_kind: ScatterKind) -> Stats:
    """Statistics of rows with weights (n,) as each component expects them."""
    resp, logs, largest = _softmax(part.joint)
    loglik, assignment = float(weight @ logs), float(weight @ (largest - logs))
    resp *= weight[:, None]
    total = resp.sum(axis=0)
    positive = np.where(total > 0, total, 1.0)
    mean = np.einsum("nk,nkd->kd", resp, part.mean) / positive[:, None]
    deviations = part.mean - mean
    rest = part.scatter(resp)
    if scatter_kind == "diagonal":
        scatter = np.einsum("nk,nkd->kd", resp, deviations**2) + (
            np.diagonal(rest, axis1=1, axis2=2) if rest.ndim == 3 else rest
        )
    else:
        by_component = deviations.transpose(1, 0, 2)
        scatter = (resp.T[:, :, None] * by_component).swapaxes(1, 2) @ by_component
        scatter += rest if rest.ndim == 3 else rest[:, :, None] * np.eye(rest.shape[1])
    return Stats(total, mean, scatter, loglik, assignment)
