"""Discriminant analysis with a mixture for each class (Fraley & Raftery 2002, section 4.3): `mixtura.discriminant`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import (
    Array,
    Rng,
    Rows,
    as_matching_incomplete_rows,
    as_sample_weight,
    column_names,
    format_list,
    log_sum_exp,
    table_kind,
    underflow_to_zero,
)
from mixtura.analysis.class_gaussians import fit_gaussians
from mixtura.analysis.class_mixtures import ClassMixtures, split_components, weight_options, weighted_sum
from mixtura.analysis.classes import as_priors, class_proportions, encode_classes, value_per_class
from mixtura.analysis.classification import Discriminant
from mixtura.data import ArraySource, ColumnValues, given_weights
from mixtura.errors import (
    ColumnsWarning,
    DataError,
    DegeneracyWarning,
    GridEdgeWarning,
    ParameterError,
    ParametersWarning,
    TiesWarning,
)
from mixtura.fitting import EM, as_em, fit, warn_of_columns
from mixtura.mixture import ranks
from mixtura.selection import as_models, select

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
    weights_are: str | None = None,
    em: EM | None = None,
    seed: int | Rng | None = 0,
    threads: int | None = None,
) -> Discriminant:
    """Fit a mixture to the rows of each class, for classification by Bayes' rule.

    Parameters
    ----------
    X : array-like or table of shape (n, d)
        Missing values are modelled.
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
        Value of ``y`` of rows without a class, such as -1 or "?"; missing values (NaN, None, pandas.NA) always are.
        Semi-supervised EM fits the Gaussians to them, too; only with ``n_components=1``. The log-likelihood is then
        that of rows and known classes, and the priors are free parameters.
    priors : array-like of shape (c,), optional
        Prior probabilities, in the order of the sorted classes; default: the proportions of the classes.
    sample_weight, weights_are, em, seed, threads
        As in `mixtura.fit`. Where Gaussians of classes rest on the default floor of the variances, the floor decides
        BIC; the model and the floor are then those with the fewest errors in cross-validation.

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
    rows, incomplete = as_matching_incomplete_rows(X, None, np.shape(X)[-1] if np.ndim(X) > 1 else 1)
    weight = as_sample_weight(given_weights(X, sample_weight), len(rows), weights_are)
    classes, codes = encode_classes(y, len(rows), weight, unlabelled)
    options = {"em": as_em(em), "seed": seed, "threads": threads}
    fit_classes = _choose_fitter(
        n_components, classes, models, some_unlabelled=bool((codes < 0).any()), incomplete=incomplete
    )
    with warnings.catch_warnings():  # warnings about all rows are given once, below
        for category in (ColumnsWarning, GridEdgeWarning, ParametersWarning, TiesWarning):
            warnings.simplefilter("ignore", category)
        found = fit_classes(rows, codes, weight, options)
    warn_of_columns(ColumnValues.of(ArraySource(rows, weight)), column_names(X), stacklevel=2)
    if found.floored:
        warnings.warn(_floor_message(found, classes), DegeneracyWarning, stacklevel=2)
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
        found.floor,
    )


def _floor_message(found: ClassMixtures, classes: NDArray[Any]) -> str:
    """Warning text for classes that have a covariance at the floor."""
    names = format_list([repr(classes[c].item()) for c in found.floored], most=3, longest=30)
    floor = f"a covariance of class {names} is at the floor, {found.floor:g} of the data's variances"
    if found.chosen:
        return f"{floor}, which {found.chosen} chose; set em=EM(floor=) to choose it yourself"
    return (
        f"{floor}, so the log-likelihood depends on it: leave out columns that do not vary within a class, or try "
        "em=EM(floor=) or other models"
    )


def _choose_fitter(
    components: Any, classes: NDArray[Any], models: Any, *, some_unlabelled: bool, incomplete: bool
) -> Callable[..., ClassMixtures]:
    """Function that fits the classes: Gaussians of one model, by EM if rows lack classes or values, or mixtures."""
    gaussians = isinstance(components, int | np.integer) and components == 1 and not isinstance(models, Mapping)
    if some_unlabelled and not gaussians:
        raise ParameterError(f"n_components is {components!r}; with unlabelled rows it must be 1, and models for all")
    if gaussians:
        return partial(_fit_by_em if some_unlabelled or incomplete else fit_gaussians, models=models)
    names = list(classes)
    numbers, models = value_per_class(components, names, "n_components"), value_per_class(models, names, "models")
    return partial(_fit_mixtures, components=numbers, models=models)


@underflow_to_zero
def _fit_by_em(
    rows: Rows, codes: NDArray[np.int64], weight: Array | None, options: dict[str, Any], *, models: Any
) -> ClassMixtures:
    """Fit a Gaussian to each class by EM with known labels, with the covariance model of lowest BIC.

    The log-likelihood is that of the rows, and, where some lack a class, of the known classes.
    """
    k = int(codes.max()) + 1
    every = as_models(models, rows.shape[1])
    fits = [fit(rows, k, model=model, known_labels=codes, **weight_options(weight), **options) for model in every]
    order = zip(ranks([one.bic for one in fits]), fits, strict=True)
    _, best = min(
        order, key=lambda pair: (pair[1].mixture.n_components < k or bool(pair[1].starts[0].spurious), pair[0])
    )
    if best.mixture.n_components < k:
        raise DataError(f"with no covariance model all {k} classes kept a component; label more rows, or set models")
    names, loglik, count = (best.model.name,) * k, best.loglik, best.n_parameters
    if (codes >= 0).all():  # as where all values are known
        loglik, count = weighted_sum(best.mixture.logpdf(rows), weight), count - (k - 1)
    return ClassMixtures(
        split_components(best.mixture),
        names,
        best.mixture.weights,
        loglik,
        count,
        best.starts[0].floored,
        options["em"].floor,
    )


@underflow_to_zero
def _fit_mixtures(
    rows: Rows,
    codes: NDArray[np.int64],
    weight: Array | None,
    options: dict[str, Any],
    *,
    components: Sequence[Any],
    models: Sequence[Any],
) -> ClassMixtures:
    """Fit a mixture to each class, with the number of components and the covariance model of lowest BIC."""
    found = [
        select(
            rows[codes == c],
            components[c],
            models=models[c],
            start="hierarchical",  # with few rows per class, a wider search finds spurious maxima
            **weight_options(weight, codes == c),
            **options,
        ).best
        for c in range(int(codes.max()) + 1)
    ]
    mixtures = tuple(each.mixture for each in found)
    proportions = class_proportions(codes, weight)
    joint = np.stack([mixture.logpdf(rows) for mixture in mixtures], axis=1) + np.log(proportions)
    loglik = weighted_sum(log_sum_exp(joint)[0], weight)
    count = sum(each.n_parameters for each in found)
    floored = [c for c, each in enumerate(found) if each.starts[each.best_start].floored]
    names = tuple(each.model.name for each in found)
    return ClassMixtures(mixtures, names, proportions, loglik, count, floored, options["em"].floor)
