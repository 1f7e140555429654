"""Discriminant analysis: one mixture for each class, and Bayes' rule (Fraley & Raftery 2002, section 4.3)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura.adjust import floor_variances, moments, scales
from mixtura.arrays import as_amount, as_matching_rows, as_sample_weight, column_names
from mixtura.data import Array, Rng, Rows
from mixtura.em import Task
from mixtura.errors import DataError, ParameterError
from mixtura.families import family_named
from mixtura.fitting import LEAST_FLOOR
from mixtura.initial import Labels
from mixtura.logdomain import log_or_minus_inf, log_sum_exp, responsibilities
from mixtura.mixture import Mixture
from mixtura.selection import select
from mixtura.selection.grid import as_models
from mixtura.sources import ArraySource

EACH = range(1, 6)  # numbers of components to choose from, for each class


@dataclass(frozen=True, slots=True, eq=False)
class Discriminant:
    """One mixture for each class.

    Attributes
    ----------
    classes : ndarray of shape (c,)
    priors : ndarray of shape (c,)
        How probable each class is before a row is seen.
    mixtures : tuple of Mixture
    models : tuple of str
        The covariance model of each.
    loglik : float
        Of the rows, given their classes.
    n_parameters : int
        Of all mixtures; the priors do not count.
    n_rows : float
        Number of rows, or the sum of their weights.
    columns : tuple of str, optional

    Examples
    --------
    >>> import mixtura
    >>> found = mixtura.discriminant([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], [1, 1, 1, 2, 2, 2], models=["E"])
    >>> found.posterior([[2.7]]).round(6).tolist()
    [[0.5, 0.5]]
    """

    classes: NDArray[Any]
    priors: Array
    mixtures: tuple[Mixture, ...]
    models: tuple[str, ...]
    loglik: float
    n_parameters: int
    n_rows: float
    columns: tuple[str, ...] | None

    @property
    def bic(self) -> float:
        """Bayesian information criterion, -2 loglik + p log n: lower is better."""
        return -2 * self.loglik + self.n_parameters * math.log(self.n_rows)

    def log_joint(self, X: Any) -> Array:
        """Log of prior times density of each class, (n, c)."""
        rows = as_matching_rows(X, self.columns, self.mixtures[0].n_features)
        return np.stack([mixture.logpdf(rows) for mixture in self.mixtures], axis=1) + log_or_minus_inf(self.priors)

    def log_posterior(self, X: Any) -> Array:
        """Log-probability of each class given the row, (n, c)."""
        joint = self.log_joint(X)
        return joint - log_sum_exp(joint)[0][:, None]

    def posterior(self, X: Any) -> Array:
        """Probability of each class given the row, (n, c)."""
        return responsibilities(self.log_joint(X))[0]

    def predict(self, X: Any) -> NDArray[Any]:
        """Most probable class of each row, (n,)."""
        return self.classes[self.log_joint(X).argmax(axis=1)]


def discriminant(
    X: Any,
    y: Any,
    components: Any = 1,
    *,
    models: str | Sequence[str] = "all",
    priors: Any = None,
    sample_weight: Any = None,
    floor: float = 1e-10,
    seed: int | Rng | None = None,
    threads: int | None = None,
) -> Discriminant:
    """Describe each class of rows by a mixture.

    Parameters
    ----------
    X : array-like or table of shape (n, d)
    y : array-like of shape (n,)
        The class of each row.
    components : int, or iterable of int
        1: a Gaussian for each class, with one covariance model over all classes, whose letters say what they share
        (EDDA, Bensmail & Celeux 1996). Otherwise each class has a mixture of its own, with the number of components
        and the model that BIC chooses (Hastie & Tibshirani 1996; mclust's MclustDA).
    models : str or sequence of str
        Covariance models to choose from by BIC.
    priors : array-like of shape (c,), optional
        Class probabilities, in the order of the sorted classes; the classes' shares of the rows unless given.
    sample_weight : array-like of shape (n,), optional
    floor, seed, threads
        As in `mixtura.fit`.

    Returns
    -------
    Discriminant

    Raises
    ------
    DataError
        If there is not one label for each row, or fewer than two classes.

    References
    ----------
    Bensmail & Celeux (1996), J. Am. Stat. Assoc. 91, 1743-1748. Hastie & Tibshirani (1996), J. R. Stat. Soc. B 58,
    155-176. Fraley & Raftery (2002), J. Am. Stat. Assoc. 97, 611-631.

    Examples
    --------
    >>> import mixtura
    >>> rows = np.random.default_rng(0).normal(size=(40, 2)) + np.repeat([[0, 0], [9, 9]], 20, axis=0)
    >>> found = mixtura.discriminant(rows, ["near"] * 20 + ["far"] * 20)
    >>> found.predict([[0.0, 1.0], [8.0, 9.0]]).tolist()
    ['near', 'far']
    """
    rows = as_matching_rows(X, None, np.shape(X)[-1] if np.ndim(X) > 1 else 1)
    weight = as_sample_weight(sample_weight, len(rows))
    classes, codes = _classes(y, len(rows), weight)
    held = np.bincount(codes, weight, minlength=len(classes)).astype(np.float64)
    wanted = as_models(models, rows.shape[1])
    options = {"floor": max(as_amount(floor, "floor"), LEAST_FLOOR), "seed": seed, "threads": threads}
    one = isinstance(components, int | np.integer) and components == 1
    described = _gaussians if one else partial(_mixtures, components=components)
    mixtures, chosen, count = described(rows, codes, weight, wanted, options)
    loglik = sum(_loglik(mixture, rows, weight, codes == c) for c, mixture in enumerate(mixtures))
    return Discriminant(
        classes, _priors(priors, held), mixtures, chosen, loglik, count, float(held.sum()), column_names(X)
    )


def _classes(y: Any, n: int, weight: Array | None) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The sorted classes, and which each row has."""
    labels = np.asarray(y)
    if labels.shape != (n,):
        raise DataError(f"y has shape {labels.shape}; expected one class for each row, ({n},)")
    classes, codes = np.unique(labels, return_inverse=True)
    held = np.bincount(codes, weight, minlength=len(classes))
    if len(classes) < 2:
        raise DataError(f"y has one class, {str(classes[0])!r}; expected at least two")
    if not held.all():
        raise DataError(f"all rows of class {str(classes[held.argmin()])!r} have weight zero; leave the class out")
    return classes, codes.astype(np.int64)


def _priors(priors: Any, held: Array) -> Array:
    """Checked class probabilities."""
    given = held / held.sum() if priors is None else np.asarray(priors, dtype=np.float64)
    if given.shape != held.shape or not (given >= 0).all() or abs(given.sum() - 1) > 1e-6:
        raise ParameterError(f"priors are {priors!r}; expected {len(held)} probabilities that sum to one")
    return given


def _loglik(mixture: Mixture, rows: Rows, weight: Array | None, own: NDArray[np.bool_]) -> float:
    """Log-likelihood of one class's rows."""
    density = mixture.logpdf(rows[own])
    return float(density.sum() if weight is None else weight[own] @ density)


Found = tuple[tuple[Mixture, ...], tuple[str, ...], int]


def _gaussians(
    rows: Rows, codes: NDArray[np.int64], weight: Array | None, models: Sequence[str], options: dict[str, Any]
) -> Found:
    """A Gaussian for each class: one M-step from the known classes, by the model with the lowest BIC."""
    source = ArraySource.of(rows, weight, options["threads"])
    data = moments(source)
    scale = scales(data)
    floor = floor_variances(scale, options["floor"])
    k, d = int(codes.max()) + 1, rows.shape[1]

    def found(model: str) -> tuple[bool, float, Found]:
        family = family_named(model)
        task = Task(source, family, scale, floor)
        mixture, low = task.mstep(Labels(codes)(task, k, np.random.default_rng(0)))
        parts = tuple(mixture.select(np.array([c])) for c in range(k))
        loglik = sum(_loglik(part, rows, weight, codes == c) for c, part in enumerate(parts))
        count = k * d + family.n_parameters(k, d)
        return bool(low.any()), -2 * loglik + count * math.log(data.total), (parts, (family.name,) * k, count)

    return min((found(model) for model in models), key=lambda each: each[:2])[2]


def _mixtures(
    rows: Rows,
    codes: NDArray[np.int64],
    weight: Array | None,
    models: Sequence[str],
    options: dict[str, Any],
    *,
    components: Any,
) -> Found:
    """A mixture for each class, chosen by BIC."""
    selections = [
        select(
            rows[codes == c],
            components,
            models=models,
            sample_weight=None if weight is None else weight[codes == c],
            **options,
        )
        for c in range(int(codes.max()) + 1)
    ]
    fits = [selection.best for selection in selections]
    return (
        tuple(fit.mixture for fit in fits),
        tuple(fit.model for fit in fits),
        sum(fit.n_parameters for fit in fits),
    )
