"""The estimator on rows that are not in memory: a `Source`, or a table of Dask or Spark."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from mixtura.data import Source, as_source
from mixtura.errors import ParameterError
from mixtura.fitting import KnownComponents
from mixtura.mixture import Mixture
from mixtura.sklearn.automatic import is_automatic
from mixtura.sklearn.collapse import ILL_DEFINED, collapse_policy
from mixtura.sklearn.em import choose_best, run_starts
from mixtura.sklearn.fitted_attributes import fit_automatically, set_attributes
from mixtura.sklearn.overrides import refuse_overridden
from mixtura.sklearn.parameters import problem_and_start
from mixtura.starts import with_completed_rows


def fit_elsewhere(estimator: Any, X: Any, sample_weight: Any, known: KnownComponents) -> None:
    """Run EM from all starts on rows that are not in memory, and set the attributes."""
    source = as_source(X, sample_weight, estimator.threads)
    _set_features(estimator, source)
    fit_source(estimator, source, "rows that are not in memory", known)


def fit_source(estimator: Any, source: Source, what: str, known: KnownComponents) -> None:
    """Run EM from all starts on rows that scikit-learn's loop cannot have, and set the attributes.

    Raises
    ------
    ParameterError
        If a subclass overrides a method that scikit-learn's loop would call with all rows, or the estimator's
        parameters do not go with how the rows were measured, or with what is known of their components.
    ValueError
        If a component collapses and ``on_collapse`` is "raise".
    """
    refuse_overridden(estimator, f"fit with {what}", "fit_predict", "runs EM of its own")
    source = with_completed_rows(source)
    estimator.__dict__.pop("selection_", None)
    if is_automatic(estimator.n_components, estimator.covariance_type):
        if known.argument:
            raise ParameterError(
                f"{known.argument}: mixtura.select, by which 'auto' chooses, does not take it; give n_components and "
                "covariance_type"
            )
        fit_automatically(estimator, source, None)
        return
    policy = collapse_policy(estimator.on_collapse, known_to_sklearn=False)
    problem, given = problem_and_start(estimator, source, policy, known)
    results = run_starts(estimator, problem, given, policy, check_random_state(estimator.random_state))
    if results is None:
        raise ValueError(ILL_DEFINED)
    set_attributes(estimator, choose_best(results, estimator.max_iter), source.dtype, estimator.covariance_type)


def _set_features(estimator: Any, source: Source) -> None:
    """Set ``n_features_in_`` and, for named columns, ``feature_names_in_``."""
    estimator.n_features_in_ = source.n_features
    estimator.__dict__.pop("feature_names_in_", None)
    columns = getattr(source, "columns", None)
    if columns:
        estimator.feature_names_in_ = np.array(columns, dtype=object)


def mixture_for_rows_elsewhere(estimator: Any, method: str) -> Mixture:
    """The fitted mixture with the names of its columns, by which those of a table are found."""
    check_is_fitted(estimator)
    refuse_overridden(estimator, f"{method} with rows that are not in memory", "criteria", "is computed where they are")
    mixture: Mixture = estimator.mixture_
    names = getattr(estimator, "feature_names_in_", None)
    return mixture.relabelled(None if names is None else names.tolist(), mixture.component_names, mixture.table_kind)
