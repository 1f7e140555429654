"""Cross-validation of a discriminant: `mixtura.cross_validate_classes`."""

from __future__ import annotations

import warnings
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Rng, as_count, as_matching_incomplete_rows, as_rng, as_sample_weight, table_kind
from mixtura.analysis.class_mixtures import weight_options
from mixtura.analysis.classes import as_classes
from mixtura.analysis.classification import Discriminant
from mixtura.analysis.confusion import Confusion
from mixtura.analysis.discriminant import discriminant
from mixtura.data import given_weights
from mixtura.errors import DataError, MixturaWarning
from mixtura.fitting import EM


def cross_validate_classes(
    found: Discriminant,
    X: Any,
    y: Any,
    folds: int = 10,
    *,
    sample_weight: Any = None,
    weights_are: str | None = None,
    seed: int | Rng | None = 0,
    threads: int | None = None,
) -> Confusion:
    """Classify each row by a discriminant that was fitted without it, for an error rate on new rows.

    The rows of each class are dealt to the folds at random. For each fold, the covariance models, numbers of components
    and the floor of ``found`` are fitted to the rows of the other folds, as mclust's ``cvMclustDA`` does.

    Parameters
    ----------
    found : Discriminant
    X : array-like or table of shape (n, d)
        Its rows.
    y : array-like of shape (n,)
        Class of each row; rows whose class is missing, or is none of ``found``, do not count.
    folds : int
        Number of folds, at least 2; no more than the smallest class has rows.
    sample_weight, weights_are, seed, threads
        As in `mixtura.fit`.

    Returns
    -------
    Confusion

    Raises
    ------
    DataError
        If a class of ``found`` has no row or a single one.

    Examples
    --------
    >>> import mixtura
    >>> rows, classes = [0.0, 0.2, 0.4, 5.0, 5.2, 5.4], ["a", "a", "a", "b", "b", "b"]
    >>> found = mixtura.discriminant(rows, classes, models=["E"])
    >>> mixtura.cross_validate_classes(found, rows, classes, 3).counts.tolist()
    [[3.0, 0.0], [0.0, 3.0]]
    """
    rows, _ = as_matching_incomplete_rows(X, found.columns, found.mixtures[0].n_features)
    labels, missing = as_classes(y, len(rows))
    kept = np.flatnonzero(~missing & np.isin(labels, found.classes))
    rows, labels = rows[kept], labels[kept].astype(found.classes.dtype)
    absent = np.setdiff1d(found.classes, labels)
    if len(absent):
        raise DataError(f"y has no row of class {str(absent[0])!r}; pass the rows of all classes of the discriminant")
    weight = as_sample_weight(given_weights(X, sample_weight), len(missing), weights_are)
    weight = None if weight is None else weight[kept]
    fold = _deal(labels, as_count(folds, "folds", least=2), as_rng(seed))
    parts = []
    for number in range(fold.max() + 1):
        train, test = fold != number, fold == number
        how = {**weight_options(weight, train), "seed": seed, "threads": threads}
        again = _refit(found, rows[train], labels[train], **how)
        own = None if weight is None else weight[test]
        parts.append(Confusion.of(found.classes, labels[test], again.predict(rows[test]), own, table_kind(X)))
    return reduce(add, parts)


def _deal(labels: NDArray[Any], folds: int, rng: Rng) -> NDArray[np.int64]:
    """The fold of each row, (n,): rows of each class in random order, dealt one by one."""
    classes, positions, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if counts.min() < 2:
        name = str(classes[counts.argmin()])
        raise DataError(f"class {name!r} has one row; cross-validation needs at least two of each class")
    fold = np.empty(len(labels), dtype=np.int64)
    for c in range(len(classes)):
        own = rng.permutation(np.flatnonzero(positions == c))
        fold[own] = np.arange(len(own)) % min(folds, int(counts.min()))
    return fold


def _refit(found: Discriminant, rows: Any, labels: NDArray[Any], **options: Any) -> Discriminant:
    """The models of a discriminant fitted to other rows."""
    single = all(mixture.n_components == 1 for mixture in found.mixtures) and len(set(found.models)) == 1
    names = found.classes.tolist()
    numbers = {name: [mixture.n_components] for name, mixture in zip(names, found.mixtures, strict=True)}
    models = {name: [model] for name, model in zip(names, found.models, strict=True)}
    how: dict[str, Any] = (
        {"n_components": 1, "models": [found.models[0]]} if single else {"n_components": numbers, "models": models}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MixturaWarning)
        return discriminant(rows, labels, **how, em=EM(floor=found.floor), priors=found.priors, **options)
