"""EM repeated from a start that moves, with every iteration recorded, so that it can be shown at work."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np

from mixtura._support import Array, Rng, distinct_rows
from mixtura.covariance import DiagonalCovariance
from mixtura.data import Source, as_source
from mixtura.errors import MixturaWarning
from mixtura.fitting.em import EM
from mixtura.fitting.fit import fit
from mixtura.fitting.model import Model
from mixtura.fitting.options import as_masks
from mixtura.fitting.result import Fit
from mixtura.kernels import summarise
from mixtura.mixture import Mixture, rescale_weights

# Log-likelihoods that differ by less, in nats, are those of one optimum: EM stops where it will rise by 0.005 yet.
SAME_LOGLIK = 0.1

# Random starts to try, until one ends at the mixture that is looked for: at most so many, and so many values in all.
MOST_STARTS, MOST_VALUES = 10, 2e7

# Distinct rows are looked for among so many.
MOST_SEARCHED = 10_000


def record_from_random_rows(
    target: Mixture,
    model: Model,
    em: EM,
    X: Any,
    *,
    sample_weight: Any = None,
    weights_are: str | None = None,
    seed: int = 0,
) -> Fit:
    """Fit again without acceleration, from random rows as means, and record every iteration.

    Several random starts are tried until one ends at the log-likelihood of ``target``, or else the highest is kept.
    All components start with the variances of all rows, so that the start is far from any solution.

    Parameters
    ----------
    target : Mixture
        The mixture whose fit is to be shown; its parameters are taken where the model fixes them.
    model, em : Model, EM
        What was fitted, and how.
    X : array-like or table of shape (n, d), or a Source
    sample_weight, weights_are
        As in `mixtura.fit`.
    seed : int

    Examples
    --------
    >>> import mixtura
    >>> rows = [0.0, 0.2, 0.4, 5.0, 5.2, 5.4]
    >>> solution = mixtura.fit(rows, 2, seed=0)
    >>> again = record_from_random_rows(solution.mixture, solution.model, solution.em, rows)
    >>> len(again.history) == again.iterations + 1, abs(again.loglik - solution.loglik) < 0.1
    (True, True)
    """
    source = as_source(X, sample_weight, check=target.check_rows, weights_are=weights_are)
    wanted = _loglik(target, model, em, source)
    rng = np.random.default_rng(seed)
    runs: list[Fit] = []
    values = source.n_rows * target.n_components * target.n_features
    for _ in range(int(np.clip(MOST_VALUES / values, 1, MOST_STARTS))):
        with warnings.catch_warnings():  # the fit that is shown has given them
            warnings.simplefilter("ignore", MixturaWarning)
            start = _random_start(target, model, source, rng)
            options = replace(em, accelerate=False, on_interrupt=None)
            runs.append(fit(source, model=model, start=start, em=options, seed=rng, record=True))
        if runs[-1].trace[-1] > wanted - SAME_LOGLIK:
            break
    return max(runs, key=lambda run: run.trace[-1])


def _loglik(target: Mixture, model: Model, em: EM, source: Source) -> float:
    """Log-likelihood of a mixture as a trace counts it, with what the model adds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MixturaWarning)
        return fit(source, model=model, start=target, em=replace(em, max_iter=0)).trace[-1]


def _random_start(target: Mixture, model: Model, source: Source, rng: Rng) -> Mixture:
    """A start of equal weights, random rows as means and the variances of all rows; fixed parameters are kept."""
    k, d = target.n_components, target.n_features
    fixed = {name: as_masks(model.fixed, k).get(name, np.zeros(k, dtype=bool)) for name in ("weights", "means")}
    fixed_covariances = "covariances" in as_masks(model.fixed, k)
    searched = distinct_rows(source.rows(MOST_SEARCHED, rng).rows)[0].astype(np.float64)
    chosen = rng.choice(len(searched), size=k, replace=len(searched) < k)
    means = np.where(fixed["means"][:, None], target.means, searched[chosen])
    weights = rescale_weights(np.where(fixed["weights"], target.weights, 1 / k), 1.0)
    covariances = target.covariances if fixed_covariances else _total_variances(source, k, d)
    return Mixture(weights, means, covariances)


def _total_variances(source: Source, k: int, d: int) -> DiagonalCovariance:
    """The variances of all rows, for each of k components; one where a column is constant."""
    scale: Array = summarise(source, full=False, extent=False).scale
    return DiagonalCovariance(np.where(scale > 0, scale, 1.0)[None], k, d)
