"""Rows with errors of their own: log-densities and sums in C++ (src/native), as in `mixtura.kernels.row_errors`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from mixtura._support import Array
from mixtura.kernels import row_errors
from mixtura.kernels.simd import level
from mixtura.kernels.true_values import RowErrors, RowSums, TrueValues

_native: Any = import_module("mixtura._native")


def _mixture(true: TrueValues) -> Any:
    """The C++ object for the components of a mixture."""
    arrays = (true.log_weights, true.means, true.covariances, true.uniform, true.log_widths)
    return _native.TrueValues(*map(np.ascontiguousarray, arrays))


def _errors(errors: RowErrors) -> tuple[Array, Any]:
    """Covariances of the errors, and which of them is that of each row, in a layout that C++ can read."""
    return np.ascontiguousarray(errors.covariances), np.ascontiguousarray(errors.numbers, dtype=np.int64)


def row_sums(true: TrueValues, errors: RowErrors) -> RowSums:
    """Sums over all rows, register by register; by NumPy where there are projections."""
    if errors.projections is not None:
        return row_errors.row_sums(true, errors)
    k, d = true.means.shape
    apart = true.is_diagonal and errors.covariances.ndim == 2
    total, first, second = np.empty(k + len(true.uniform)), np.empty((k, d)), np.empty((k, d) if apart else (k, d, d))
    weight = None if errors.weight is None else np.ascontiguousarray(errors.weight)
    own = np.ascontiguousarray(errors.rows), weight, *_errors(errors)
    return RowSums(total, first, second, *_native.row_sums(level(), *own, _mixture(true), total, first, second))


def log_joint(true: TrueValues, errors: RowErrors) -> Array:
    """Weighted log-densities of the components at each row, (n, k), and of the noise component, if any."""
    if errors.projections is not None:
        return row_errors.log_joint(true, errors)
    found = np.empty((len(errors.rows), len(true.means) + len(true.uniform)))
    if len(found):
        _native.row_log_joint(level(), np.ascontiguousarray(errors.rows), *_errors(errors), _mixture(true), found)
    return found
