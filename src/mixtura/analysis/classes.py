"""Check and encode the classes of rows, their prior probabilities, and arguments given for each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, is_missing, without_missing
from mixtura.em.estep import UNKNOWN
from mixtura.errors import DataError, ParameterError


def as_classes(y: Any, n: int) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Check that there is one class for each of n rows; return them, (n,), and which are missing, (n,)."""
    labels, missing = without_missing(y)
    if labels.shape != (n,):
        raise DataError(f"y has shape {labels.shape}; expected one class for each row, ({n},)")
    return labels, missing


def encode_classes(y: Any, n: int, weight: Array | None, unlabelled: Any) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Sorted classes, (c,), and the position of each row's class among them, (n,); -1 where it is unknown."""
    labels, missing = as_classes(y, n)
    known = ~missing
    known[known] = is_missing(unlabelled) or labels[known] != unlabelled
    known_labels = labels[known].tolist()
    try:
        sorted(set(known_labels))  # NumPy would convert numbers among texts to text
        classes, positions = np.unique(np.array(known_labels), return_inverse=True)
    except TypeError:
        raise DataError("y: classes cannot be sorted; pass classes of one type") from None
    if len(classes) < 2:
        raise DataError(f"y has {len(classes)} classes, {classes.tolist()}; expected at least two")
    codes = np.full(n, UNKNOWN)
    codes[known] = positions
    proportions = class_proportions(codes, weight)
    if not proportions.all():
        raise DataError(
            f"all rows of class {str(classes[proportions.argmin()])!r} have weight zero; leave the class out"
        )
    return classes, codes


def class_proportions(codes: NDArray[np.int64], weight: Array | None) -> Array:
    """Proportion of each class among the rows of known class, by weight, (c,)."""
    known = codes >= 0
    totals = np.bincount(codes[known], None if weight is None else weight[known]).astype(np.float64)
    return totals / totals.sum() if totals.any() else totals


def as_priors(priors: Any, proportions: Array) -> Array:
    """Checked prior probabilities of the classes, (c,); their proportions if none are given."""
    try:
        given = proportions if priors is None else np.asarray(priors, dtype=np.float64)
    except (TypeError, ValueError):  # no numbers
        given = np.empty(0)
    if given.shape != proportions.shape or not (given >= 0).all() or abs(given.sum() - 1) > 1e-6:
        raise ParameterError(f"priors are {priors!r}; expected {len(proportions)} probabilities that sum to one")
    return given


def value_per_class(value: Any, classes: Sequence[Any], name: str) -> list[Any]:
    """List of an argument's value for each class: a dictionary's entries, or the same value for all.

    Examples
    --------
    >>> value_per_class({"b": 2, "a": 1}, ["a", "b"], "components"), value_per_class(3, ["a", "b"], "components")
    ([1, 2], [3, 3])
    >>> value_per_class({"a": 1}, ["a", "b"], "components")
    Traceback (most recent call last):
    mixtura.errors.ParameterError: components is for ['a']; expected each of the classes ['a', 'b']
    """
    if not isinstance(value, Mapping):
        return [value] * len(classes)
    given = {getattr(key, "item", lambda key=key: key)(): entry for key, entry in value.items()}
    expected = [getattr(each, "item", lambda each=each: each)() for each in classes]
    if set(given) != set(expected):
        raise ParameterError(f"{name} is for {sorted(given, key=str)}; expected each of the classes {expected}")
    return [given[each] for each in expected]
