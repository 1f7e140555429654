"""Labels of rows, some of which may be missing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support.device_arrays import from_device


def without_missing(labels: Any) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Labels as an array, and which of them are missing: NaN, None, pandas.NA, NaT, or masked.

    Examples
    --------
    >>> values, missing = without_missing(["a", None, float("nan"), "b"])
    >>> missing.tolist(), values[~missing].tolist()
    ([False, True, True, False], ['a', 'b'])
    """
    labels = from_device(labels)
    values = np.asarray(labels, dtype=None if not _mixed(labels) else object)
    if isinstance(labels, np.ma.MaskedArray):
        own, missing = without_missing(values)
        return own, missing | np.ma.getmaskarray(labels)
    if values.dtype.kind in "fmM":
        return values, np.isnan(values)
    if values.dtype.kind != "O":
        return values, np.zeros(values.shape, dtype=bool)
    missing = np.array([is_missing(label) for label in values.ravel()], dtype=bool).reshape(values.shape)
    if missing.any() or len({isinstance(label, str) for label in values.ravel()}) > 1:
        return values, missing
    typed = np.array(values.tolist())  # an array of strings or numbers, which can be sorted
    return (typed if typed.dtype.kind not in "OV" and typed.shape == values.shape else values), missing


def _mixed(labels: Any) -> bool:
    """Whether a list holds text, so that NumPy would turn its other values into text, too."""
    return isinstance(labels, list | tuple) and any(isinstance(label, str) for label in labels)


def is_missing(label: Any) -> bool:
    """Whether a label is missing: None, NaN, pandas.NA or NaT."""
    if label is None or type(label).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(label, float | np.floating) and bool(np.isnan(label))
