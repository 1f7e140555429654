"""Names of starts, and the callable that a user's ``start`` stands for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from mixtura._support import Rng
from mixtura.em import Problem
from mixtura.errors import ParameterError
from mixtura.mixture import Mixture
from mixtura.starts.hierarchical import from_tree
from mixtura.starts.kmeans import kmeans, kmeans_pp
from mixtura.starts.parameters import FromMixture
from mixtura.starts.partition import Labels, Responsibilities
from mixtura.starts.random import identity, random, random_from_data
from mixtura.starts.small_em import small_em
from mixtura.stats import Stats

Initial: TypeAlias = Callable[[Problem, int, Rng], Stats | Mixture]

# A start that makes statistics of the rows.
Grouping: TypeAlias = Callable[[Problem, int, Rng], Stats]

# Starts of scikit-learn's estimator, under its names.
GROUPINGS: dict[str, Grouping] = {
    "kmeans": kmeans,
    "k-means++": kmeans_pp,
    "random": random,
    "random_from_data": random_from_data,
}

# The default start of `mixtura.fit`.
DEFAULT = "small-em"

STARTS: dict[str, Initial] = {
    DEFAULT: small_em,
    "hierarchical": from_tree,
    **GROUPINGS,
    "identity": identity,
}


def as_initial(start: Any) -> Initial:
    """The start that a user gave, as a function from a problem, k and a random generator.

    Parameters
    ----------
    start : str, Mixture, ClusterTree or other callable, labels of shape (n,), or responsibilities of shape (n, k)

    Examples
    --------
    >>> as_initial("k-mean")
    Traceback (most recent call last):
    mixtura.errors.ParameterError: start is 'k-mean'; expected one of small-em, hierarchical, kmeans, \
k-means++, random, random_from_data, identity, a Mixture, Parameters, labels (n,), or responsibilities (n, k)
    """
    if callable(start):
        return start
    if isinstance(start, Mixture):
        return FromMixture(start)
    if isinstance(start, np.ndarray):
        by_dimension: dict[int, Initial] = {1: Labels(start), 2: Responsibilities(start)}
        found = by_dimension.get(start.ndim)
    else:
        found = STARTS.get(start) if isinstance(start, str) else None
    if found is None:
        given = f"an array of shape {start.shape}" if isinstance(start, np.ndarray) else repr(start)
        raise ParameterError(
            f"start is {given}; expected one of {', '.join(STARTS)}, a Mixture, Parameters, labels (n,), "
            "or responsibilities (n, k)"
        )
    return found
