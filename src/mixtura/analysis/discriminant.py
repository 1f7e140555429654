"""Discriminant analysis with a mixture for each class (Fraley & Raftery 2002, section 4.3): `mixtura.discriminant`."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rng, Rows, as_matching_rows, as_sample_weight, column_names, log_sum_exp, table_kind
from mixtura.analysis.classification import Discriminant, as_classes
from mixtura.data import ArraySource, ColumnValues
from mixtura.em import Problem
from mixtura.em.estep import UNKNOWN
from mixtura.errors import (
    ColumnsWarning,
    DataError,
    GridEdgeWarning,
    ParameterError,
    ParametersWarning,
    TiesWarning,
)
from mixtura.fitting import EM, Model, as_em, fit, warn_of_columns
from mixtura.kernels import summarise
from mixtura.mixture import Mixture, ranks
from mixtura.selection import as_models, select
from mixtura.starts import Labels

COMPONENTS_PER_CLASS = range(1, 6)  # numbers of components that "auto" chooses from


def discriminant(
    X: Any,
    y: Any,
    n_components: Any = 1,
    *,
    models: Any = "all",
    unlabelled: Any = None,
    priors: Any = None,
    sample_weight: Any = None,
    em: EM | None = None,
    seed: int | Rng | None = None,
    threads: int | None = None,
) -> Discriminant:
    """Fit a mixture to the rows of each class, for classification by Bayes' rule.

    Parameters
    ----------
    X : array-like or table of shape (n, d)
    y : array-like of shape (n,)
        Class of each row.
    n_components : int, iterable of int, or dict
        1: a Gaussian for each class, with one covariance model over all classes (EDDA, Bensmail & Celeux 1996).
        Otherwise a mixture for each class, with the number of components and the covariance model of lowest BIC
        (Hastie & Tibshirani 1996; mclust's MclustDA). A dictionary maps each class to its own numbers.
    models : str, sequence of str, or dict
        Covariance models to choose from by BIC. Where each class has a mixture of its own, a dictionary may map each
        class to its own models.
    unlabelled : scalar, optional
        Value of ``y`` of rows without a class, such as -1 or "?". Semi-supervised EM fits the Gaussians to them, too;
        only with ``n_components=1``. The log-likelihood is then that of rows and known classes, and the priors are free
        parameters.
    priors : array-like of shape (c,), optional
        Prior probabilities, in the order of the sorted classes; default: the proportions of the classes.
    sample_weight : array-like of shape (n,), optional
        Weights of the rows.
    em, seed, threads
        As in `mixtura.fit`.

    Returns
    -------
    Discriminant

    Raises
    ------
    DataError
        If there is not one class for each row, or there are fewer than two classes.
    ParameterError
        If priors, n_components or models do not match the classes.

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
    classes, codes = encode_classes(y, len(rows), weight, unlabelled)
    options = {"em": as_em(em), "seed": seed, "threads": threads}
    describe = _choose_fitter(n_components, bool((codes < 0).any()), classes, models)
    with warnings.catch_warnings():  # what holds of all rows is said once, below
        for category in (ColumnsWarning, GridEdgeWarning, ParametersWarning, TiesWarning):
            warnings.simplefilter("ignore", category)
        found = describe(rows, codes, weight, options)
    warn_of_columns(ColumnValues.of(ArraySource(rows, weight)), column_names(X), stacklevel=2)
    return Discriminant(
        classes,
        as_priors(priors, found.proportions),
        found.mixtures,
        found.models,
        found.loglik,
        found.n_parameters,
        float(len(rows) if weight is None else weight.sum()),
        column_names(X),
        table_kind(X),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _ClassMixtures:
    """Mixtures of the classes, their covariance models, the proportions of the classes, and the log-likelihood."""

    mixtures: tuple[Mixture, ...]
    models: tuple[str, ...]
    proportions: Array
    loglik: float
    n_parameters: int


def _choose_fitter(components: Any, partly: bool, classes: NDArray[Any], models: Any) -> Callable[..., _ClassMixtures]:
    """Function that fits the classes: Gaussians of one model, by EM if some rows are unlabelled, or mixtures."""
    one = isinstance(components, int | np.integer) and components == 1 and not isinstance(models, Mapping)
    if partly and not one:
        raise ParameterError(f"n_components is {components!r}; with unlabelled rows it must be 1, and models for all")
    if one:
        return partial(_fit_partly_labelled if partly else _fit_gaussians, models=models)
    own = value_per_class(components, list(classes), "n_components"), value_per_class(models, list(classes), "models")
    return partial(_fit_mixtures, components=own[0], models=own[1])


def _weighted_sum(values: Array, weight: Array | None, own: Any = slice(None)) -> float:
    """Sum of values of some rows (``own``), times the rows' weights."""
    return float(values.sum() if weight is None else weight[own] @ values)


def _fit_gaussians(
    rows: Rows, codes: NDArray[np.int64], weight: Array | None, options: dict[str, Any], *, models: Any
) -> _ClassMixtures:
    """Fit a Gaussian to each class by one M-step, with the covariance model of lowest BIC."""
    source = ArraySource.of(rows, weight, options["threads"])
    summary = summarise(source)
    k, d = int(codes.max()) + 1, rows.shape[1]
    every = as_models(models, d)
    own = [codes == c for c in range(k)]
    floor = options["em"].floor_variances(summary, ColumnValues.of(source))
    problems = [Model(model).problem(source, summary, floor) for model in every]
    sums = {problem.mstep.scatter_kind: problem for problem in problems}  # one pass for each kind of scatter
    stats = {
        scatter_kind: Labels(codes)(problem, k, np.random.default_rng(0)) for scatter_kind, problem in sums.items()
    }

    def fit_model(problem: Problem) -> tuple[bool, float, Mixture, int]:
        mixture, at_floor = problem.mstep(stats[problem.mstep.scatter_kind])
        given = sum(
            _weighted_sum(part.logpdf(rows[own[c]]), weight, own[c])
            for c, part in enumerate(_split_components(mixture))
        )
        count = k * d + problem.mstep.covariances.n_parameters(k, d)
        return bool(at_floor.any()), -2 * given + count * math.log(summary.weight), mixture, count

    found = [fit_model(problem) for problem in problems]
    order = ranks([criterion for _, criterion, _, _ in found])
    best = min(range(len(found)), key=lambda number: (found[number][0], order[number]))
    _, _, mixture, count = found[best]
    loglik = _weighted_sum(mixture.logpdf(rows), weight)
    return _ClassMixtures(_split_components(mixture), (every[best],) * k, mixture.weights, loglik, count)


def _split_components(mixture: Mixture) -> tuple[Mixture, ...]:
    """Split a mixture into one mixture for each component."""
    return tuple(mixture.select(np.array([c])) for c in range(mixture.n_components))


def _fit_partly_labelled(
    rows: Rows, codes: NDArray[np.int64], weight: Array | None, options: dict[str, Any], *, models: Any
) -> _ClassMixtures:
    """Fit a Gaussian to each class by semi-supervised EM, with the covariance model of lowest BIC."""
    k = int(codes.max()) + 1
    every = as_models(models, rows.shape[1])
    fits = [fit(rows, k, model=model, known_labels=codes, sample_weight=weight, **options) for model in every]
    order = zip(ranks([one.bic for one in fits]), fits, strict=True)
    _, best = min(
        order, key=lambda pair: (pair[1].mixture.n_components < k or bool(pair[1].starts[0].spurious), pair[0])
    )
    if best.mixture.n_components < k:
        raise DataError(f"no covariance model could tell {k} classes apart; label more rows, or set models")
    return _ClassMixtures(
        _split_components(best.mixture), (best.model.name,) * k, best.mixture.weights, best.loglik, best.n_parameters
    )


def _fit_mixtures(
    rows: Rows,
    codes: NDArray[np.int64],
    weight: Array | None,
    options: dict[str, Any],
    *,
    components: Sequence[Any],
    models: Sequence[Any],
) -> _ClassMixtures:
    """Fit a mixture to each class, with the number of components and the covariance model of lowest BIC."""
    found = [
        select(
            rows[codes == c],
            components[c],
            models=models[c],
            start="hierarchical",  # with few rows per class, a wider search finds spurious maxima
            sample_weight=None if weight is None else weight[codes == c],
            **options,
        ).best
        for c in range(int(codes.max()) + 1)
    ]
    mixtures = tuple(each.mixture for each in found)
    proportions = class_proportions(codes, weight)
    joint = np.stack([mixture.logpdf(rows) for mixture in mixtures], axis=1) + np.log(proportions)
    loglik = _weighted_sum(log_sum_exp(joint)[0], weight)
    count = sum(each.n_parameters for each in found)
    return _ClassMixtures(mixtures, tuple(each.model.name for each in found), proportions, loglik, count)


def encode_classes(y: Any, n: int, weight: Array | None, unlabelled: Any) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Sorted classes, (c,), and the position of each row's class among them, (n,); -1 where it is unknown."""
    labels = as_classes(y, n)
    known = np.ones(n, dtype=bool) if unlabelled is None else labels != unlabelled
    classes, own = np.unique(labels[known], return_inverse=True)
    if len(classes) < 2:
        raise DataError(f"y has {len(classes)} classes, {classes.tolist()}; expected at least two")
    codes = np.full(n, UNKNOWN)
    codes[known] = own
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
    given = proportions if priors is None else np.asarray(priors, dtype=np.float64)
    if given.shape != proportions.shape or not (given >= 0).all() or abs(given.sum() - 1) > 1e-6:
        raise ParameterError(f"priors are {priors!r}; expected {len(proportions)} probabilities that sum to one")
    return given


def value_per_class(asked: Any, classes: Sequence[Any], name: str) -> list[Any]:
    """List of an argument's value for each class: a dictionary's entries, or the same value for all.

    Examples
    --------
    >>> value_per_class({"b": 2, "a": 1}, ["a", "b"], "components"), value_per_class(3, ["a", "b"], "components")
    ([1, 2], [3, 3])
    >>> value_per_class({"a": 1}, ["a", "b"], "components")
    Traceback (most recent call last):
    mixtura.errors.ParameterError: components is for ['a']; expected each of the classes ['a', 'b']
    """
    if not isinstance(asked, Mapping):
        return [asked] * len(classes)
    given = {getattr(key, "item", lambda key=key: key)(): value for key, value in asked.items()}
    wanted = [getattr(each, "item", lambda each=each: each)() for each in classes]
    if set(given) != set(wanted):
        raise ParameterError(f"{name} is for {sorted(given, key=str)}; expected each of the classes {wanted}")
    return [given[each] for each in wanted]
