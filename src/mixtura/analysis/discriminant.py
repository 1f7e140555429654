"""Discriminant analysis: one mixture for each class, and Bayes' rule (Fraley & Raftery 2002, section 4.3)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rng, Rows, as_matching_rows, as_sample_weight, column_names, log_sum_exp
from mixtura.analysis.classification import Discriminant, as_classes
from mixtura.covariance.models import as_covariance_model
from mixtura.data import ArraySource
from mixtura.em import Problem, ReseedThenRemove
from mixtura.em.estep import UNKNOWN, Plain
from mixtura.em.mstep import MStep, as_floor, floor_variances
from mixtura.errors import DataError, ParameterError
from mixtura.fitting import fit
from mixtura.kernels import summarise
from mixtura.mixture import Mixture, ranks
from mixtura.selection import as_models, select
from mixtura.starts import Labels

EACH = range(1, 6)  # numbers of components to choose from, for each class


def discriminant(
    X: Any,
    y: Any,
    components: Any = 1,
    *,
    models: Any = "all",
    unlabelled: Any = None,
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
    components : int, iterable of int, or dict
        1: a Gaussian for each class, with one covariance model over all classes, whose letters say what they share
        (EDDA, Bensmail & Celeux 1996). Otherwise each class has a mixture of its own, with the number of components
        and the model that BIC chooses (Hastie & Tibshirani 1996; mclust's MclustDA). A dictionary from classes to
        numbers says it for each.
    models : str, sequence of str, or dict
        Covariance models to choose from by BIC; where each class has a mixture, a dictionary from classes to models
        says it for each.
    unlabelled : scalar, optional
        The value of ``y`` where the class is not known, such as -1 or "?": such rows help to find the Gaussians by EM
        (semi-supervised; only with ``components=1``). The log-likelihood is then that of rows and known classes, and
        the priors are parameters.
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
    classes, codes = classes_of(y, len(rows), weight, unlabelled)
    options = {"floor": as_floor(floor), "seed": seed, "threads": threads}
    describe = _description(components, bool((codes < 0).any()), classes, models)
    found = describe(rows, codes, weight, options)
    return Discriminant(
        classes,
        as_priors(priors, found.shares),
        found.mixtures,
        found.models,
        found.loglik,
        found.n_parameters,
        float(len(rows) if weight is None else weight.sum()),
        column_names(X),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """The classes' mixtures, however they were found."""

    mixtures: tuple[Mixture, ...]
    models: tuple[str, ...]
    shares: Array
    loglik: float
    n_parameters: int


def _description(components: Any, partly: bool, classes: NDArray[Any], models: Any) -> Callable[..., _Found]:
    """How classes are described."""
    one = isinstance(components, int | np.integer) and components == 1 and not isinstance(models, Mapping)
    if partly and not one:
        raise ParameterError(f"components is {components!r}; with unlabelled rows it must be 1, and models for all")
    if one:
        return partial(_inferred if partly else _gaussians, models=models)
    own = for_each(components, list(classes), "components"), for_each(models, list(classes), "models")
    return partial(_mixtures, components=own[0], models=own[1])


def _total(values: Array, weight: Array | None, own: Any = slice(None)) -> float:
    """Weighted sum over some rows."""
    return float(values.sum() if weight is None else weight[own] @ values)


def _gaussians(
    rows: Rows, codes: NDArray[np.int64], weight: Array | None, options: dict[str, Any], *, models: Any
) -> _Found:
    """A Gaussian for each class: one M-step from the known classes, by the model with the lowest BIC."""
    source = ArraySource.of(rows, weight, options["threads"])
    summary = summarise(source)
    floor = floor_variances(summary.scale, options["floor"])
    k, d = int(codes.max()) + 1, rows.shape[1]
    own = [codes == c for c in range(k)]
    msteps = [MStep(as_covariance_model(model), floor) for model in as_models(models, d)]
    problems = [Problem(source, Plain(), mstep, ReseedThenRemove(), summary) for mstep in msteps]
    sums = {problem.mstep.scatter_kind: problem for problem in problems}  # one pass for each kind of scatter
    stats = {
        scatter_kind: Labels(codes)(problem, k, np.random.default_rng(0)) for scatter_kind, problem in sums.items()
    }

    def ranked(problem: Problem) -> tuple[bool, float, Mixture, int]:
        mixture, low = problem.mstep(stats[problem.mstep.scatter_kind])
        given = sum(_total(part.logpdf(rows[own[c]]), weight, own[c]) for c, part in enumerate(_parts(mixture)))
        count = k * d + problem.mstep.covariances.n_parameters(k, d)
        return bool(low.any()), -2 * given + count * math.log(summary.weight), mixture, count

    found = [ranked(problem) for problem in problems]
    order = ranks([criterion for _, criterion, _, _ in found])
    best = min(range(len(found)), key=lambda number: (found[number][0], order[number]))
    _, _, mixture, count = found[best]
    loglik = _total(mixture.logpdf(rows), weight)
    return _Found(_parts(mixture), (msteps[best].covariances.name,) * k, mixture.weights, loglik, count)


def _parts(mixture: Mixture) -> tuple[Mixture, ...]:
    """Each component as a mixture of its own."""
    return tuple(mixture.select(np.array([c])) for c in range(mixture.n_components))


def _inferred(
    rows: Rows, codes: NDArray[np.int64], weight: Array | None, options: dict[str, Any], *, models: Any
) -> _Found:
    """The same where not all classes are known: by EM."""
    k = int(codes.max()) + 1
    every = as_models(models, rows.shape[1])
    fits = [fit(rows, k, model=model, known=codes, sample_weight=weight, **options) for model in every]
    order = zip(ranks([one.bic for one in fits]), fits, strict=True)
    _, best = min(
        order, key=lambda pair: (pair[1].mixture.n_components < k or bool(pair[1].starts[0].floored), pair[0])
    )
    if best.mixture.n_components < k:
        raise DataError(f"no covariance model could tell {k} classes apart; label more rows, or set models")
    return _Found(_parts(best.mixture), (best.model,) * k, best.mixture.weights, best.loglik, best.n_parameters)


def _mixtures(
    rows: Rows,
    codes: NDArray[np.int64],
    weight: Array | None,
    options: dict[str, Any],
    *,
    components: Sequence[Any],
    models: Sequence[Any],
) -> _Found:
    """A mixture for each class, chosen by BIC."""
    found = [
        select(
            rows[codes == c],
            components[c],
            models=models[c],
            start="hierarchical",  # with few rows a class, a wider search finds peaks that only noise has made
            sample_weight=None if weight is None else weight[codes == c],
            **options,
        ).best
        for c in range(int(codes.max()) + 1)
    ]
    mixtures = tuple(each.mixture for each in found)
    shares = shares_of(codes, weight)
    joint = np.stack([mixture.logpdf(rows) for mixture in mixtures], axis=1) + np.log(shares)
    loglik = _total(log_sum_exp(joint)[0], weight)
    count = sum(each.n_parameters for each in found)
    return _Found(mixtures, tuple(each.model for each in found), shares, loglik, count)


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
