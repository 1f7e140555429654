"""Which of several starts scikit-learn keeps where they end at one log-likelihood but for rounding.

k-means often finds one partition again with its clusters in another order. EM from there ends at the same mixture with
its components in another order, and the last digits of the log-likelihoods decide which is kept.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from mixtura._support import Rows
from mixtura.sklearn.em import StartResult
from mixtura.sklearn.twin import as_twin

# Lower bounds of one mixture with its components in another order differ by less than this part of themselves.
TIE = 1e-10

# Rows times components up to which ties are settled; with more, scikit-learn would take seconds for its last digits.
LARGEST = 50_000


def settle_ties(
    estimator: Any, rows: Rows, rng: np.random.RandomState, results: list[StartResult]
) -> list[StartResult]:
    """The results, or that one alone which scikit-learn keeps of several whose log-likelihoods tie.

    Those in question are fitted once more by scikit-learn's class; ``rng`` is left as it is.
    """
    tied = _tied(results)
    if len(tied) < 2 or len(rows) * int(estimator.n_components) > LARGEST:
        return results
    end, bounds = rng.get_state(legacy=False), []
    twin = as_twin(estimator).set_params(random_state=rng, n_init=1, warm_start=False, verbose=0)
    for result in tied:
        rng.set_state(result.state)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                bounds.append(float(twin.fit(rows).lower_bound_))
            except ValueError:  # a collapse that is one but for rounding, which ours does not see
                bounds.append(-np.inf)
    rng.set_state(end)
    return [tied[int(np.argmax(bounds))]]


def _tied(results: list[StartResult]) -> list[StartResult]:
    """The results of the highest lower bound but for rounding, without those that are another one to the bit."""
    highest = max(result.lower_bound for result in results)
    if not np.isfinite(highest):
        return []
    found: dict[bytes, StartResult] = {}
    for result in results:
        if highest - result.lower_bound <= TIE * (1 + abs(highest)):
            found.setdefault(result.mixture.means.tobytes(), result)
    return list(found.values())
