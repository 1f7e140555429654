"""Rows with missing values: the passes of another kernel, pattern by pattern (Ghahramani & Jordan 1994)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rows, underflow_to_zero
from mixtura.data import Chunk, Patterns
from mixtura.kernels.affine import Density
from mixtura.kernels.base import Kernel
from mixtura.kernels.conditionals import Conditionals, pattern_groups
from mixtura.stats import ScatterKind, Stats


@lru_cache(maxsize=4)
def for_incomplete_rows(kernel: Kernel) -> Kernel:
    """The kernel for rows with missing values, NaN: an engine's own, or one that computes with another kernel."""
    return by_patterns(kernel) if kernel.for_incomplete is None else kernel.for_incomplete()


def by_patterns(kernel: Kernel) -> Kernel:
    """The kernel for rows with missing values that calls another one for the rows of each pattern."""
    return Kernel(
        name=f"{kernel.name}, missing values",
        level=kernel.level,
        estep=lambda density, chunk, scatter_kind: _estep(kernel, density, chunk, scatter_kind),
        moments=_no_moments,
        log_density=lambda density, chunk: _by_pattern(kernel.log_density, density, chunk.rows),
        posterior=lambda density, chunk: _by_pattern(kernel.posterior, density, chunk.rows),
        labels=lambda density, chunk: _by_pattern(kernel.labels, density, chunk.rows),
        agglomerate=kernel.agglomerate,
    )


def _no_moments(chunk: Chunk) -> Stats:
    raise NotImplementedError("moments are those of completed rows")


def _filled(rows: Rows, shift: Array) -> Rows:
    """The rows with missing values replaced by the shift, where factors are zero."""
    return np.where(np.isnan(rows), shift.astype(rows.dtype), rows)


def _by_pattern(f: Callable[[Density, Chunk], NDArray[Any]], density: Density, rows: Rows) -> NDArray[Any]:
    """A function of rows, computed from the marginal density of each pattern."""
    patterns, results = Patterns.of(rows), []
    filled = _filled(rows, density.affine.shift)[patterns.order]
    starts = np.append(0, patterns.ends[:-1])
    for group in pattern_groups(len(patterns.ends), density):
        conditionals = Conditionals.of(density.affine, patterns.seen[group])
        for pattern, (start, end) in enumerate(zip(starts[group], patterns.ends[group], strict=True)):
            results.append(f(conditionals.density(pattern), Chunk(filled[start:end])))
    joined = np.concatenate(results)
    values = np.empty_like(joined)
    values[patterns.order] = joined
    return values


@underflow_to_zero
def _estep(kernel: Kernel, density: Density, chunk: Chunk, scatter_kind: ScatterKind) -> Stats:
    """The E-step: statistics of the completed rows, as each component expects them, with what it does not know."""
    if not len(chunk.rows):
        return kernel.estep(density, chunk, scatter_kind)
    patterns = Patterns.of(chunk.rows)
    if len(patterns.ends) == 1 and patterns.seen.all():
        return kernel.estep(density, chunk, scatter_kind)
    affine = density.affine
    rows = _filled(chunk.rows, affine.shift)[patterns.order]
    weight = None if chunk.sample_weight is None else chunk.sample_weight[patterns.order]
    ordered = Chunk(rows, weight)
    inner: ScatterKind = "diagonal" if affine.form == "diagonal" and scatter_kind == "diagonal" else "full"
    starts = np.append(0, patterns.ends[:-1])
    parts = []
    for group in pattern_groups(len(patterns.ends), density):
        conditionals = Conditionals.of(affine, patterns.seen[group])
        ends = zip(starts[group], patterns.ends[group], strict=True)
        found = [
            kernel.estep(conditionals.density(p), ordered.take(slice(start, end)), inner)
            for p, (start, end) in enumerate(ends)
        ]
        parts.append(_completed(conditionals, found))
    return reduce(add, parts).reduced(scatter_kind)


def _completed(conditionals: Conditionals, found: list[Stats]) -> Stats:
    """Statistics of completed rows from those of the values that the rows of each pattern have."""
    weight = np.array([stats.weight for stats in found])
    means = conditionals.expected(np.arange(len(found)), np.array([stats.mean for stats in found]))
    scatter = conditionals.spread(np.array([stats.scatter for stats in found]))
    rest = conditionals.rest
    if rest.ndim < scatter.ndim:
        rest = rest[..., None] * np.eye(rest.shape[-1])
    scatter = (scatter + weight.reshape(*weight.shape, *(1,) * (rest.ndim - 2)) * rest).sum(axis=0)
    own = np.array([stats.moment_weight for stats in found])  # that of the rest is the same for t components, too
    total = own.sum(axis=0)
    zero, positive = np.zeros_like(means[0]), total[:, None] > 0
    mean = np.divide((own[..., None] * means).sum(axis=0), total[:, None], where=positive, out=zero)
    deviations = means - mean
    if scatter.ndim == 3:
        scatter = scatter + np.einsum("pk,pki,pkj->kij", own, deviations, deviations)
    else:
        scatter = scatter + np.einsum("pk,pki->ki", own, deviations**2)
    loglik, assignment = (sum(getattr(stats, name) for stats in found) for name in ("loglik", "assignment_logprob"))
    scales = reduce(add, [stats.scales for stats in found]) if found[0].scales else None
    return Stats(weight.sum(axis=0), mean, scatter, loglik, assignment, scales=scales)
