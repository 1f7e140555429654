"""The kernel in C++ for mixtures with t components, behind the same functions as `mixtura.kernels.student`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any, cast

import numpy as np

from mixtura.data import Chunk
from mixtura.kernels.affine import Affine, Density
from mixtura.kernels.native import NATIVE, as_native_maps, weighted
from mixtura.kernels.native_predictions import NativePredictions
from mixtura.kernels.simd import level
from mixtura.kernels.tails import Tails
from mixtura.stats import ScatterKind, Stats

_native: Any = import_module("mixtura._native")


def _maps_and_tails(affine: Affine) -> tuple[Any, Any]:
    """The C++ objects for a mixture: the maps, as if all components were Gaussian, and the tails."""
    tails = cast(Tails, affine.tails)
    most = 1.0 + tails.n_columns * tails.inverse
    return as_native_maps(affine), _native.Tails(tails.inverse, tails.half, tails.constants, most)


def _estep(mixture: Density, chunk: Chunk, scatter_kind: ScatterKind) -> Stats:
    """The E-step: statistics of a chunk's rows, with the sums of the scales of the t components.

    Examples
    --------
    >>> from mixtura import Mixture
    >>> mixture = Mixture([1.0], [[0.0]], [[[1.0]]], degrees_of_freedom=[3.0])
    >>> stats = _estep(mixture, Chunk(np.array([[1.0], [5.0]])), "full")
    >>> stats.weight.tolist(), stats.scales.weight.round(6).tolist(), stats.mean.round(6).tolist()
    ([2.0], [1.142857], [[1.5]])
    """
    return _estep_by_threads(mixture, chunk, scatter_kind, (), 1)


def _estep_by_threads(
    mixture: Density, chunk: Chunk, scatter_kind: ScatterKind, ends: Sequence[int], threads: int
) -> Stats:
    """The E-step by several threads; parts of the chunk end at the indices ``ends``, and are added in their order."""
    affine = mixture.affine
    k, d = affine.means.shape
    own, mean, scatter = np.empty(k), np.empty((k, d)), Stats.empty(k, d, scatter_kind).scatter
    weight, logs = scales = np.empty((2, k))
    into = (_native.Sums(own, mean, scatter), scales)
    means = np.ascontiguousarray(affine.means)
    loglik, assignment = _native.t_estep(
        level(), *weighted(chunk), *_maps_and_tails(affine), means, *into, ends, threads
    )
    found = cast(Tails, affine.tails).scale_sums(weight, own, math.log(2) * logs)
    return Stats(weight, mean, scatter, loglik, assignment, scales=found)


_PREDICTIONS = NativePredictions(_native.t_predict, _maps_and_tails)

NATIVE_STUDENT = replace(
    NATIVE,
    name="native with t components",
    estep=_estep,
    log_density=_PREDICTIONS.log_density,
    posterior=_PREDICTIONS.posterior,
    labels=_PREDICTIONS.labels,
    estep_of_whole=_estep_by_threads,
    begin_runs=None,
    for_incomplete=None,
    for_tails=None,
)
