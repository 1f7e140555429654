"""Predictions of the kernels in C++: log-densities, responsibilities and labels of all rows, by several threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rows, chunk_slices, thread_count
from mixtura.data import Chunk
from mixtura.kernels.affine import Affine, Density
from mixtura.kernels.simd import level

_native: Any = import_module("mixtura._native")  # missing where there was no compiler

T = TypeVar("T", np.float64, np.int64)


def readable(rows: Rows) -> Rows:
    """Rows whose strides are whole numbers of elements, as C++ requires; columns of structured arrays are copied."""
    whole = all(stride % rows.itemsize == 0 for stride in rows.strides)
    return rows if whole else cast(Rows, np.ascontiguousarray(rows))


@dataclass(frozen=True, slots=True)
class NativePredictions:
    """What a kernel in C++ predicts of each row.

    Attributes
    ----------
    fill : callable
        The function in C++, which fills an array with a prediction of some kind.
    density : callable
        From affine maps to the objects in C++ that ``fill`` is given for a mixture.
    """

    fill: Callable[..., None]
    density: Callable[[Affine], tuple[Any, ...]]

    def log_density(self, mixture: Density, chunk: Chunk) -> Array:
        """Log-density of each row, (n,), or of the values that it has."""
        return self._filled(mixture, chunk.rows, _native.Prediction.LOG_DENSITY, np.empty(len(chunk.rows)))

    def posterior(self, mixture: Density, chunk: Chunk) -> Array:
        """Responsibilities of the components for each row, (n, k)."""
        result = np.empty((len(chunk.rows), len(mixture.affine.constants)))
        return self._filled(mixture, chunk.rows, _native.Prediction.RESPONSIBILITIES, result)

    def labels(self, mixture: Density, chunk: Chunk) -> NDArray[np.int64]:
        """Most probable component of each row, (n,); the first where several tie."""
        result = np.empty(len(chunk.rows), dtype=np.int64)
        return self._filled(mixture, chunk.rows, _native.Prediction.LABELS, result)

    def _filled(self, mixture: Density, rows: Rows, kind: Any, result: NDArray[T]) -> NDArray[T]:
        """The array ``result``, filled with a prediction of this kind for each row."""
        ends = [part.stop for part in chunk_slices(*rows.shape)]
        threads = thread_count() if len(ends) > 1 else 1
        self.fill(level(), readable(rows), *self.density(mixture.affine), kind, result, ends, threads)
        return result
