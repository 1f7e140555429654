"""Choose, like scikit-learn, among starts whose log-likelihoods are equal up to rounding.

k-means often finds the same partition with its clusters in another order. EM then ends at the same mixture with its
components in another order, and the last digits of the log-likelihoods decide which start scikit-learn keeps.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from mixtura._support import Rows
from mixtura.sklearn.em import StartResult
from mixtura.sklearn.sklearn_estimator import as_sklearn_estimator

# Largest relative difference of lower bounds of the same mixture with its components in another order.
TIE = 1e-10

# Largest number of rows times components for which ties are settled; with more, scikit-learn's fits take seconds.
MAX_SIZE = 50_000


def settle_ties(
    estimator: Any, rows: Rows, rng: np.random.RandomState, results: list[StartResult]
) -> list[StartResult]:
    """The results; of several whose log-likelihoods tie, only the one that scikit-learn keeps.

    Tied ones are fitted again by scikit-learn's class; the state of ``rng`` is restored.
    """
    tied = _tied(results)
    if len(tied) < 2 or len(rows) * int(estimator.n_components) > MAX_SIZE:
        return results
    end, bounds = rng.get_state(legacy=False), []
    theirs = as_sklearn_estimator(estimator).set_params(random_state=rng, n_init=1, warm_start=False, verbose=0)
    for result in tied:
        rng.set_state(result.state)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                bounds.append(float(theirs.fit(rows).lower_bound_))
            except ValueError:  # scikit-learn sees a collapse, by a rounding error
                bounds.append(-np.inf)
    rng.set_state(end)
    return [tied[int(np.argmax(bounds))]]


def _tied(results: list[StartResult]) -> list[StartResult]:
    """The results with the highest lower bound up to rounding, without duplicates."""
    highest = max(result.lower_bound for result in results)
    if not np.isfinite(highest):
        return []
    found: dict[bytes, StartResult] = {}
    for result in results:
        if highest - result.lower_bound <= TIE * (1 + abs(highest)):
            found.setdefault(result.mixture.means.tobytes(), result)
    return list(found.values())
