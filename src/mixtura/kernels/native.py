"""The kernel in C++ (src/native), behind the same functions as `mixtura.kernels.numpy`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rows
from mixtura.data import Chunk
from mixtura.kernels import row_errors_native
from mixtura.kernels.affine import Affine, Density
from mixtura.kernels.base import Kernel, RowErrorFunctions
from mixtura.kernels.fused import FusedRuns
from mixtura.kernels.native_predictions import NativePredictions, readable
from mixtura.kernels.simd import level
from mixtura.stats import ScatterKind, Stats

_native: Any = import_module("mixtura._native")  # missing where there was no compiler

_FORMS = {form.name.lower(): form for form in _native.Form}


def as_native_density(affine: Affine, *, single: bool = False) -> Any:
    """The C++ object for a mixture; its variance inflation is computed for float32 rows (``single``) alone."""
    if affine.tails is not None:
        raise NotImplementedError("this kernel has no t components; see kernel_of and kernel_for")
    return as_native_maps(affine, affine.inflation if single else 1.0)


def as_native_maps(affine: Affine, inflation: float = 1.0) -> Any:
    """The C++ object for a mixture whose components are taken for Gaussian ones."""
    arrays = (affine.shift, affine.constants, affine.factors, affine.offsets)
    return _native.Density(_FORMS[affine.form], *map(np.ascontiguousarray, arrays), inflation)


def estep(mixture: Density, chunk: Chunk, scatter_kind: ScatterKind) -> Stats:
    """The E-step: sufficient statistics of a chunk's rows under a mixture, in one pass over the rows.

    Examples
    --------
    >>> from mixtura import DenseCovariance, Mixture
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [4.0]], DenseCovariance(np.ones((1, 1, 1)), 2))
    >>> estep(mixture, Chunk(np.array([[2.0]])), "full").weight.tolist()
    [0.5, 0.5]
    """
    return estep_by_threads(mixture, chunk, scatter_kind, (), 1)


def estep_by_threads(
    mixture: Density, chunk: Chunk, scatter_kind: ScatterKind, ends: Sequence[int], threads: int
) -> Stats:
    """The E-step by several threads; parts of the chunk end at the indices ``ends``, and are added in their order.

    Examples
    --------
    >>> from mixtura import DenseCovariance, Mixture
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [4.0]], DenseCovariance(np.ones((1, 1, 1)), 2))
    >>> estep_by_threads(mixture, Chunk(np.array([[0.0], [4.0]])), "full", [1, 2], 2).weight.tolist()
    [1.0, 1.0]
    """
    affine = mixture.affine
    k, d = affine.means.shape
    total, mean, scatter = np.empty(k), np.empty((k, d)), Stats.empty(k, d, scatter_kind).scatter
    density = as_native_density(affine, single=chunk.rows.dtype == np.float32)
    sums = _native.Sums(total, mean, scatter)
    loglik, assignment_logprob = _native.estep(level(), *weighted(chunk), density, affine.means, sums, ends, threads)
    return Stats(total, mean, scatter, loglik, assignment_logprob)


def moments(chunk: Chunk) -> Stats:
    """Weight, mean and diagonal scatter of a chunk's rows, as statistics of one component."""
    return moments_by_threads(chunk, (), 1)


def moments_by_threads(chunk: Chunk, ends: Sequence[int], threads: int) -> Stats:
    """Weight, mean and diagonal scatter of a chunk's rows by several threads; ``ends`` is as in `estep_by_threads`."""
    d = chunk.rows.shape[1]
    total, mean, scatter = np.empty(1), np.empty((1, d)), np.empty((1, d))
    shift, sums = chunk.rows[0].astype(np.float64), _native.Sums(total, mean, scatter)
    _native.moments(level(), *weighted(chunk), shift, sums, ends, threads)
    return Stats(total, mean, scatter, 0.0, 0.0)


def weighted(chunk: Chunk) -> tuple[Rows, Array | None]:
    """A chunk's rows and weights in a layout that C++ can read."""
    weight = chunk.sample_weight
    return readable(chunk.rows), None if weight is None else np.ascontiguousarray(weight)


_PREDICTIONS = NativePredictions(_native.predict, lambda affine: (as_native_density(affine),))
log_density, posterior, labels = _PREDICTIONS.log_density, _PREDICTIONS.posterior, _PREDICTIONS.labels


def agglomerate(rows: Array, weight: Array, criterion: str, alpha: float) -> tuple[NDArray[np.int64], Array]:
    """Model-based hierarchical clustering, the same as `mixtura.kernels.agglomeration.agglomerate`."""
    merges, heights = np.empty((len(rows) - 1, 2), dtype=np.int64), np.empty(len(rows) - 1)
    _native.agglomerate(rows, weight, _native.Criterion[criterion], alpha, merges, heights)
    return merges, heights


def _for_incomplete() -> Kernel:
    """The kernel in C++ for rows with missing values."""
    from mixtura.kernels.native_incomplete import NATIVE_INCOMPLETE  # noqa: PLC0415 that file imports this one

    return NATIVE_INCOMPLETE


def _for_tails() -> Kernel:
    """The kernel in C++ for mixtures with t components."""
    from mixtura.kernels.native_student import NATIVE_STUDENT  # noqa: PLC0415 that file imports this one

    return NATIVE_STUDENT


NATIVE = Kernel(
    name="native",
    level=level,
    estep=estep,
    moments=moments,
    log_density=log_density,
    posterior=posterior,
    labels=labels,
    agglomerate=agglomerate,
    row_errors=RowErrorFunctions(row_errors_native.row_sums, row_errors_native.log_joint),
    estep_of_whole=estep_by_threads,
    moments_of_whole=moments_by_threads,
    begin_runs=FusedRuns.begin,
    for_incomplete=_for_incomplete,
    for_tails=_for_tails,
)
