"""Classes of rows: which there are, how many rows each has, and what is asked for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array
from mixtura.em.estep import UNKNOWN
from mixtura.errors import DataError, ParameterError


def classes_of(y: Any, n: int, weight: Array | None, unlabelled: Any) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The sorted classes, and which each row has; -1 where it is not known."""
    labels = as_classes(y, n)
    known = np.ones(n, dtype=bool) if unlabelled is None else labels != unlabelled
    classes, own = np.unique(labels[known], return_inverse=True)
    if len(classes) < 2:
        raise DataError(f"y has {len(classes)} classes, {classes.tolist()}; expected at least two")
    codes = np.full(n, UNKNOWN)
    codes[known] = own
    held = shares_of(codes, weight)
    if not held.all():
        raise DataError(f"all rows of class {str(classes[held.argmin()])!r} have weight zero; leave the class out")
    return classes, codes


def as_classes(y: Any, n: int) -> NDArray[Any]:
    """One class for each of n rows."""
    labels = np.asarray(y)
    if labels.shape != (n,):
        raise DataError(f"y has shape {labels.shape}; expected one class for each row, ({n},)")
    return labels


def shares_of(codes: NDArray[np.int64], weight: Array | None) -> Array:
    """The classes' shares of the rows whose class is known."""
    known = codes >= 0
    held = np.bincount(codes[known], None if weight is None else weight[known]).astype(np.float64)
    return held / held.sum() if held.any() else held


def as_priors(priors: Any, shares: Array) -> Array:
    """Checked class probabilities."""
    given = shares if priors is None else np.asarray(priors, dtype=np.float64)
    if given.shape != shares.shape or not (given >= 0).all() or abs(given.sum() - 1) > 1e-6:
        raise ParameterError(f"priors are {priors!r}; expected {len(shares)} probabilities that sum to one")
    return given


def for_each(asked: Any, classes: Sequence[Any], name: str) -> list[Any]:
    """What is asked for each class: its own where there is a dictionary, else the same for all.

    Examples
    --------
    >>> for_each({"b": 2, "a": 1}, ["a", "b"], "components"), for_each(3, ["a", "b"], "components")
    ([1, 2], [3, 3])
    >>> for_each({"a": 1}, ["a", "b"], "components")
    Traceback (most recent call last):
    mixtura.errors.ParameterError: components is for ['a']; expected each of the classes ['a', 'b']
    """
    if not isinstance(asked, Mapping):
        return [asked] * len(classes)
    plain = {getattr(key, "item", lambda key=key: key)(): value for key, value in asked.items()}
    wanted = [getattr(each, "item", lambda each=each: each)() for each in classes]
    if set(plain) != set(wanted):
        raise ParameterError(f"{name} is for {sorted(plain, key=str)}; expected each of the classes {wanted}")
    return [plain[each] for each in wanted]
