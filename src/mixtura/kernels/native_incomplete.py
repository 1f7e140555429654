"""The kernel in C++ for rows with missing values, behind the same functions as `mixtura.kernels.native`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import numpy as np

from mixtura.data import Chunk
from mixtura.kernels import native
from mixtura.kernels.affine import Affine, Density
from mixtura.kernels.base import Kernel
from mixtura.kernels.native import as_native_density, weighted
from mixtura.kernels.native_predictions import NativePredictions
from mixtura.kernels.simd import level
from mixtura.stats import ScatterKind, Stats

_native: Any = import_module("mixtura._native")


def _missing(affine: Affine) -> Any:
    """The C++ object for what a density is not enough for where values are missing."""
    widths = affine.noise_log_widths
    log_widths = np.zeros_like(affine.shift) if widths is None else np.ascontiguousarray(widths)
    return _native.Missing(np.ascontiguousarray(affine.means), log_widths)


def _estep(mixture: Density, chunk: Chunk, scatter_kind: ScatterKind) -> Stats:
    """Statistics of rows completed by what each component expects, with the conditional covariances.

    Examples
    --------
    >>> from mixtura import DenseCovariance, Mixture
    >>> mixture = Mixture([1.0], [[0.0, 5.0]], DenseCovariance(np.eye(2)[None], 1))
    >>> _estep(mixture, Chunk(np.array([[2.0, np.nan]])), "full").mean.tolist()
    [[2.0, 5.0]]
    """
    return _estep_by_threads(mixture, chunk, scatter_kind, (), 1)


def _estep_by_threads(
    mixture: Density, chunk: Chunk, scatter_kind: ScatterKind, ends: Sequence[int], threads: int
) -> Stats:
    """The statistics by several threads; parts of the chunk end at the indices ``ends``, and are added in order.

    Those of rows that lack nothing are, to the last bit, those of the kernel for complete rows.
    """
    affine = mixture.affine
    k, d = affine.means.shape
    inner: ScatterKind = "diagonal" if affine.form == "diagonal" and scatter_kind == "diagonal" else "full"
    total, mean, scatter = np.empty(k), np.empty((k, d)), Stats.empty(k, d, inner).scatter
    sums = _native.Sums(total, mean, scatter)
    density, missing = as_native_density(affine), _missing(affine)
    found = _native.incomplete_estep(level(), *weighted(chunk), density, missing, sums, ends, threads)
    if found is None:
        return native.estep_by_threads(mixture, chunk, scatter_kind, ends, threads)
    return Stats(total, mean, scatter, *found).reduced(scatter_kind)


def _no_moments(chunk: Chunk) -> NoReturn:
    raise NotImplementedError("moments are those of completed rows")


_PREDICTIONS = NativePredictions(
    _native.incomplete_predict, lambda affine: (as_native_density(affine), _missing(affine))
)

NATIVE_INCOMPLETE = Kernel(
    name="native, missing values",
    level=level,
    estep=_estep,
    moments=_no_moments,
    log_density=_PREDICTIONS.log_density,
    posterior=_PREDICTIONS.posterior,
    labels=_PREDICTIONS.labels,
    agglomerate=native.agglomerate,
    estep_of_whole=_estep_by_threads,
)
