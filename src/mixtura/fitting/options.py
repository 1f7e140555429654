"""Check arguments of `mixtura.fit`: the data and the start, and fixed parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import (
    MOST_COMPONENTS,
    as_count,
    as_mask,
    as_names,
    column_names,
    format_list,
    thread_count,
    without_missing,
)
from mixtura.covariance.models import Mask
from mixtura.data import Source, as_source, given_weights, is_source, plain_rows
from mixtura.em import Problem
from mixtura.em.estep import UNKNOWN
from mixtura.em.mstep import EqualWeights
from mixtura.errors import DataError, ParameterError
from mixtura.mixture import Mixture
from mixtura.starts import Initial, Parameters
from mixtura.stats import Stats


def as_data_and_start(
    X: Any, sample_weight: Any, weights_are: str | None, start: Any, threads: int | None
) -> tuple[Source, Any]:
    """Check the data and the start."""
    source = as_source(X, sample_weight, thread_count(threads), weights_are=weights_are)
    table = plain_rows(X)
    return source, as_start(start, table, given_weights(table, sample_weight), source.n_features)


def as_start(start: Any, X: Any, sample_weight: Any, n_features: int) -> Any:
    """A start for data: labels and responsibilities become arrays, and a mixture's columns are aligned."""
    if hasattr(start, "__array__") or (isinstance(start, Sequence) and not isinstance(start, str)):
        weights = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        start = _as_array(start, None if weights is None else weights == 0)
    if is_source(X):
        return start
    # Checked here, so that names that a mixture cannot have are an error before EM, and not after it.
    return _aligned(start, as_names(column_names(X), n_features, "columns"), n_features)


def _as_array(start: Any, absent: NDArray[np.bool_] | None) -> NDArray[Any]:
    """Labels or responsibilities that were given as a list, an array or a table's column.

    Those of ``absent`` rows, of weight zero, may be anything, and are replaced by some that are in use.
    """
    try:
        values, missing = without_missing(start)
    except ValueError:
        raise ParameterError("start is a ragged list; expected labels (n,) or responsibilities (n, k)") from None
    if absent is None or absent.shape != values.shape[:1]:
        absent = np.zeros(values.shape[:1], dtype=bool)
    if absent.any() and values.ndim in (1, 2):
        values, missing = _with_replaced(values, missing, absent), (missing.T & ~absent).T
    unknown = missing
    if values.ndim == 1 and values.dtype.kind in "if" and (values == 0).any():
        unknown = missing | ((values == UNKNOWN) & ~absent)  # -1 marks noise in DBSCAN and in predictions
    if values.ndim == 1 and unknown.any():
        row = int(unknown.argmax())
        label = "a masked label" if np.ma.is_masked(start) else f"label {values[row : row + 1].tolist()[0]!r}"
        raise DataError(
            f"start, row {row}: {label}, which marks noise or an unknown component; start from labels of all "
            "rows, or give known_labels=, or noise="
        )
    return values


def _with_replaced(values: NDArray[Any], missing: NDArray[np.bool_], absent: NDArray[np.bool_]) -> NDArray[Any]:
    """Labels or responsibilities with those of absent rows replaced, by a known label or the first component."""
    replaced = values.copy()
    if values.ndim == 2:
        replaced[absent] = np.arange(values.shape[1]) == 0
        return replaced
    known = values[~absent & ~missing]
    replaced[absent] = known[0] if len(known) else values[~absent][0]
    return without_missing(replaced)[0]  # which may have a type now that none is missing


def _aligned(start: Any, columns: tuple[str, ...] | None, n_features: int) -> Any:
    """A starting mixture with its columns in the order of the data's."""
    if not isinstance(start, Mixture):
        return start
    if columns and start.columns and set(columns) == set(start.columns):
        return replace(start.marginal(columns), n_parameters=start.n_parameters)
    if start.n_features != n_features or (columns and start.columns):
        ours = format_list(start.columns or ()) or f"{start.n_features} columns"
        theirs = format_list(columns or ()) or f"{n_features} columns"
        raise ParameterError(f"the start describes {ours}; the data has {theirs}")
    return start


def as_n_components(k: int | None, start: Any) -> int:
    """The number of components, as given or as the start implies."""
    implied = None
    if isinstance(start, Mixture | Parameters):
        implied = start.n_components
    elif isinstance(start, np.ndarray) and start.ndim in (1, 2):
        implied = len(set(start.tolist())) if start.ndim == 1 else start.shape[1]
    if k is None and implied is None:
        raise ParameterError("n_components is missing; give the number of components")
    count = as_count(implied if k is None else k, "n_components", most=MOST_COMPONENTS)
    if implied is not None and implied != count and not isinstance(start, Parameters):  # they say what is wrong
        raise ParameterError(f"n_components is {count}, but the start has {implied} components")
    return count


PARAMETERS = ("weights", "means", "covariances")

EXPECTED = (
    "expected some of 'weights', 'means' and 'covariances', or a dictionary from these to True, to booleans (k,), or "
    "to numbers of components"
)


def as_masks(fixed: Any, k: int) -> dict[str, Mask]:
    """Check the argument ``fixed``: for each kind of parameter, the components whose parameter is fixed, (k,).

    Examples
    --------
    >>> {name: mask.tolist() for name, mask in as_masks({"means": [0], "weights": True}, 2).items()}
    {'means': [True, False], 'weights': [True, True]}
    >>> as_masks("mean", 2)
    Traceback (most recent call last):
    mixtura.errors.ParameterError: fixed is 'mean'; expected some of 'weights', 'means' and 'covariances', or a \
dictionary from these to True, to booleans (k,), or to numbers of components
    """
    many = {fixed: True} if isinstance(fixed, str) else fixed or {}
    try:
        named = dict(many) if isinstance(many, Mapping) else dict.fromkeys(many, True)
    except TypeError:
        raise ParameterError(f"fixed is {fixed!r}; {EXPECTED}") from None
    if not set(named) <= set(PARAMETERS):
        raise ParameterError(f"fixed is {fixed!r}; {EXPECTED}")
    masks = {name: _as_components(components, k, name) for name, components in named.items()}
    if "weights" in masks and (~masks["weights"]).sum() == 1:  # the sum of the weights determines the last one
        masks["weights"] = np.ones(k, dtype=bool)
    return {name: mask for name, mask in masks.items() if mask.any()}


def _as_components(components: Any, k: int, name: str) -> Mask:
    """Mask of components that are given as booleans, by number, or by True or False for all."""
    if isinstance(components, bool | np.bool_):
        return np.full(k, bool(components))
    mask = as_mask(components, k)
    if mask is None:
        raise ParameterError(f"fixed: {name} is {components!r}; expected {k} booleans, or numbers from 0 to {k - 1}")
    return mask


def with_fixed_parameters(problem: Problem, k: int, fixed: Any, *, start: Any, initial: Initial) -> Problem:
    """The problem with an M-step that keeps some parameters at the values of the start.

    Raises
    ------
    ParameterError
        If the start does not give a parameter to fix, or no parameter is left to estimate.
    """
    masks = as_masks(fixed, k)
    return fix_parameters(problem, masks, _start_mixture(problem, k, masks, start, initial)) if masks else problem


def fix_parameters(problem: Problem, masks: Mapping[str, Mask], given: Mixture) -> Problem:
    """The problem with an M-step that keeps some parameters at the values of a mixture."""
    if "weights" in masks and isinstance(problem.mstep.weights, EqualWeights):
        raise ParameterError("fixed: weights are fixed, but equal_weights makes them equal; leave one of them out")
    mstep = problem.mstep.with_fixed(given, masks)
    if not (mstep.background or mstep.n_free(*given.means.shape)):
        raise ParameterError("fixed: all parameters are fixed, so there is nothing to fit; see mixtura.assess")
    return replace(problem, mstep=mstep)


def _start_mixture(problem: Problem, k: int, masks: Mapping[str, Mask], start: Any, initial: Initial) -> Mixture:
    """The mixture whose parameters are fixed."""
    missing = set(masks) if isinstance(start, str) else set()
    if isinstance(start, Parameters):
        missing = set(masks) - set(start.present(k))
    if missing:
        raise ParameterError(
            f"fixed: {', '.join(sorted(missing))} are fixed, but the start does not give them; "
            "start from a Mixture, Parameters, labels or responsibilities"
        )
    first = initial(problem, k, np.random.default_rng(0))
    mixture = problem.mstep(first)[0] if isinstance(first, Stats) else first
    return mixture.without_noise()
