"""What the user passes to a fit, checked once and brought together: rows, weights, start, k."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import as_count, column_names, resolve
from mixtura.data import ArraySource, Source
from mixtura.em import Task
from mixtura.em.estep import Informed, as_known
from mixtura.errors import ParameterError
from mixtura.mixture import Mixture
from mixtura.starts import DEFAULT, FromKnown, Initial, Parameters


def prepare(X: Any, sample_weight: Any, start: Any, threads: int | None) -> tuple[Source, Any]:
    """Check the data, and bring the start into a form that goes with it."""
    if isinstance(start, Sequence) and not isinstance(start, str):
        start = _as_array(start)
    if hasattr(X, "sum") and hasattr(X, "rows") and hasattr(X, "n_rows"):
        if sample_weight is not None:
            raise ParameterError("sample_weight is given beside a Source; give the weights to the Source")
        return X, start
    source = ArraySource.of(X, sample_weight, resolve(threads))
    absent = None if source.sample_weight is None else source.sample_weight == 0
    if absent is not None and isinstance(start, np.ndarray) and start.ndim == 1 and start.shape == absent.shape:
        start = np.where(absent, start[~absent][0], start)  # a label of absent rows alone is no label
    return source, _aligned(start, column_names(X), source.n_features)


def _as_array(start: Sequence[Any]) -> NDArray[Any]:
    """Labels or responsibilities that were given as a list."""
    try:
        return np.asarray(start)
    except ValueError:
        raise ParameterError("start is a ragged list; expected labels (n,) or responsibilities (n, k)") from None


def _aligned(start: Any, columns: tuple[str, ...] | None, n_features: int) -> Any:
    """A starting mixture with its columns in the order of the data's."""
    if not isinstance(start, Mixture):
        return start
    if columns and start.columns and set(columns) == set(start.columns):
        return replace(start.marginal(columns), n_parameters=start.n_parameters)
    if start.n_features != n_features or (columns and start.columns):
        ours = ", ".join(start.columns or ()) or f"{start.n_features} columns"
        theirs = ", ".join(columns or ()) or f"{n_features} columns"
        raise ParameterError(f"the start describes {ours}; the data has {theirs}")
    return start


def component_count(k: int | None, start: Any) -> int:
    """The number of components, as given or as the start implies."""
    implied = None
    if isinstance(start, Mixture | Parameters):
        implied = start.n_components
    elif isinstance(start, np.ndarray) and start.ndim in (1, 2):
        implied = len(set(start.tolist())) if start.ndim == 1 else start.shape[1]
    if k is None and implied is None:
        raise ParameterError("k is missing; give the number of components")
    count = as_count(implied if k is None else k, "k")
    if implied is not None and implied != count and not isinstance(start, Parameters):  # they say what is wrong
        raise ParameterError(f"k is {count}, but the start has {implied} components")
    return count


def knowing(task: Task, known: Any, k: int, start: Any, initial: Initial) -> tuple[Task, Initial]:
    """The task with an E-step that knows, and where it starts unless the start is given."""
    if task.trim:
        raise ParameterError("trim: rows whose component is known cannot be trimmed; leave known out, or trim")
    checked = as_known(known, task.source.length, k)
    if isinstance(start, str) and start == DEFAULT:
        initial = FromKnown(checked)
    elif isinstance(start, str):
        raise ParameterError(
            f"start is {start!r}, which does not know which component is which; with known rows leave start out, or "
            "give a Mixture, Parameters, labels or responsibilities"
        )
    return replace(task, bayes=Informed(checked)), initial
