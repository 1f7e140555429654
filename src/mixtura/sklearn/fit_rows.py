"""Fit the estimator to rows: by EM of our own, by a selection, or by scikit-learn's loop, as rows and options ask."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from mixtura._support import Array, Rows
from mixtura.data import ArraySource, Chunk, Histogram, Measured, as_source
from mixtura.errors import ParameterError
from mixtura.fitting import KnownComponents
from mixtura.sklearn.attributes import check_enough_rows, check_fit_rows, check_sample_weight
from mixtura.sklearn.automatic import is_automatic
from mixtura.sklearn.collapse import ILL_DEFINED, collapse_policy
from mixtura.sklearn.elsewhere import fit_elsewhere, fit_source
from mixtura.sklearn.em import choose_best, run_starts
from mixtura.sklearn.fitted_attributes import fit_automatically, forget, set_attributes, set_own_attributes
from mixtura.sklearn.overrides import fit_by_sklearn_loop, is_for_sources, is_other_array, overridden
from mixtura.sklearn.parameters import problem_and_start
from mixtura.sklearn.sklearn_estimator import fit_with_sklearn, unknown_to_sklearn
from mixtura.sklearn.threaded import use_threads
from mixtura.sklearn.ties import settle_ties


@use_threads
def fit_rows(estimator: Any, X: Any, sample_weight: Any, known: KnownComponents) -> NDArray[np.int64] | None:
    """Run EM from all starts and set the attributes; return the labels if scikit-learn's loop computed them."""
    if is_for_sources(X):
        fit_elsewhere(estimator, X, sample_weight, known)
        forget(estimator, "_stream")
        return None
    names = overridden(estimator, "fit_predict")
    if names or is_other_array(X):
        options = estimator._model_options  # noqa: SLF001 of the estimator itself
        unknown = unknown_to_sklearn(estimator, options, sample_weight=sample_weight, **known.given)
        forget(estimator, "degrees_of_freedom_")
        labels: NDArray[np.int64] = fit_by_sklearn_loop(estimator, X, names, unknown)
        set_own_attributes(estimator)
        return labels
    rows, incomplete = check_fit_rows(estimator, X)
    weight = check_sample_weight(sample_weight, rows, X)
    forget(estimator, "selection_", "_stream")
    automatic = is_automatic(estimator.n_components, estimator.covariance_type)
    if not automatic:
        check_enough_rows(rows, estimator.n_components)
    if incomplete or known.argument:
        what = known.argument or "missing values"
        fit_source(estimator, as_source(rows, weight, estimator.threads), what, known)
    elif automatic:
        fit_automatically(estimator, rows, weight)
    else:
        fit_starts(estimator, rows, weight)
    return None


def fit_starts(estimator: Any, rows: Rows, weight: Array | None) -> None:
    """Run EM from all starts; if a component collapses, scikit-learn's class fits instead, if it can."""
    options = estimator._model_options  # noqa: SLF001 of the estimator itself
    known_to_sklearn = not unknown_to_sklearn(estimator, options, sample_weight=weight)
    policy = collapse_policy(estimator.on_collapse, known_to_sklearn=known_to_sklearn)
    problem, given = problem_and_start(estimator, ArraySource(rows, weight), policy)
    seed = estimator.random_state
    rng = check_random_state(seed)
    # Not where it is not needed, since to copy the state of a generator takes a while.
    state = None if isinstance(seed, Integral) or given.is_complete else rng.get_state(legacy=False)
    results = run_starts(estimator, problem, given, policy, rng)
    if results is not None:
        results = settle_ties(estimator, rows, rng, results) if known_to_sklearn and len(results) > 1 else results
        best = choose_best(results, estimator.max_iter)
        set_attributes(estimator, best, rows.dtype, estimator.covariance_type)
    elif known_to_sklearn:
        fit_with_sklearn(estimator, rows, rng, state)
        set_own_attributes(estimator)
    else:
        raise ValueError(ILL_DEFINED)


def labels_by_known_components(estimator: Any, X: Any, known: KnownComponents) -> NDArray[np.int64]:
    """Most probable component of each row of a fit, (n_samples,), given what was known of it.

    Raises
    ------
    ParameterError
        If the rows are not in memory.
    """
    if is_for_sources(X) and not isinstance(X, Measured | Histogram):
        raise ParameterError(
            f"{known.argument}: fit_predict needs rows in memory; call fit, and then predict, which does not know them"
        )
    mixture = estimator.mixture_
    rows, measurement = mixture.measured_rows(X)
    estep, _ = known.estep_and_start(len(rows), mixture.n_components)
    responsibilities, _ = estep.responsibilities(Chunk(rows, measurement=measurement), mixture)
    labels: NDArray[np.int64] = responsibilities.argmax(axis=1)
    return labels
