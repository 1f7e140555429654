"""EM repeated from a start that moves, with every iteration recorded, so that it can be shown at work."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mixtura._support import TINY, Array, Rng, distinct_rows
from mixtura.covariance import DiagonalCovariance
from mixtura.data import Source, as_source
from mixtura.em import Outcome
from mixtura.errors import MixturaWarning
from mixtura.fitting.em import EM
from mixtura.fitting.model import Model
from mixtura.fitting.options import as_masks
from mixtura.fitting.plan import plan_fit, run_plan
from mixtura.fitting.start import Iteration
from mixtura.kernels import summarise
from mixtura.mixture import Mixture, rescale_weights

# Log-likelihoods that differ by less, in nats, are those of one optimum: EM stops where it will rise by 0.005 yet.
SAME_LOGLIK = 0.1

# Starts to try until one ends at the mixture that is looked for: so many from random rows, or fewer of much data, and
# then one from a row of each of its components.
MOST_STARTS, MOST_VALUES = 10, 2e7

# Longer runs show nothing more.
MOST_ITERATIONS = 500

# Names of these starts, as `Fit.start_name`.
RANDOM_ROWS, COMPONENT_ROWS = "random rows", "component rows"

# Distinct rows are looked for among so many.
MOST_SEARCHED = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class RepeatedEM:
    """EM repeated from one start.

    Attributes
    ----------
    history : tuple of Iteration
        The start and every iteration.
    outcome : Outcome
    start_name : str
    target_loglik : float
        Log-likelihood of the mixture whose fit is repeated, on the same rows, as `Fit.trace` counts it.
    """

    history: tuple[Iteration, ...]
    outcome: Outcome
    start_name: str
    target_loglik: float

    @property
    def loglik(self) -> float:
        """Log-likelihood at the end, as `Fit.trace` counts it."""
        return self.history[-1].loglik


def record_from_random_rows(
    target: Mixture,
    model: Model,
    em: EM,
    X: Any,
    *,
    sample_weight: Any = None,
    weights_are: str | None = None,
    seed: int = 0,
) -> RepeatedEM:
    """Fit again without acceleration, from random rows as means, and record every iteration.

    Several random starts are tried until one ends at the log-likelihood of ``target``, or else the highest is kept.
    All components start with the same variances, so large that the start is far from any solution.

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
    >>> again.start_name, abs(again.loglik - solution.loglik) < 0.1
    ('random rows', True)
    """
    source = as_source(X, sample_weight, expected=target, weights_are=weights_are)
    wanted = trace_loglik(target, model, em, source)
    rng = np.random.default_rng(seed)
    runs: list[RepeatedEM] = []
    values = source.n_rows * target.n_components * target.n_features
    tries = int(np.clip(MOST_VALUES / values, 1, MOST_STARTS))
    for name in [*[RANDOM_ROWS] * tries, COMPONENT_ROWS]:
        with warnings.catch_warnings():  # the fit that is shown has given them
            warnings.simplefilter("ignore", MixturaWarning)
            runs.append(_run(target, model, em, source, rng=rng, name=name, wanted=wanted))
        if runs[-1].loglik > wanted - SAME_LOGLIK:
            break
    return max(runs, key=lambda run: run.loglik)


def _run(target: Mixture, model: Model, em: EM, source: Source, *, rng: Rng, name: str, wanted: float) -> RepeatedEM:
    """Fit from one start, and record it."""
    steps = min(em.max_iter, MOST_ITERATIONS)
    options = replace(em, accelerate=False, on_interrupt=None, max_iter=steps)
    plan = plan_fit(source, None, model=model, start=_start(target, model, source, rng, name), em=options)
    runs, histories = run_plan(plan, rng, record=True)
    return RepeatedEM(histories[0], runs[0].outcome, name, wanted)


def trace_loglik(target: Mixture, model: Model, em: EM, source: Source) -> float:
    """Log-likelihood of a mixture on rows as ``Fit.trace`` counts it, with what the model adds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MixturaWarning)
        plan = plan_fit(source, None, model=model, start=target, em=replace(em, max_iter=0))
        return run_plan(plan, np.random.default_rng(0))[0][0].loglik


def _start(target: Mixture, model: Model, source: Source, rng: Rng, name: str) -> Mixture:
    """A start of equal weights, rows as means and common variances; fixed parameters are kept."""
    k, d = target.n_components, target.n_features
    masks = as_masks(model.fixed, k)
    means, weights = _rows_as_means(target, source, rng, name), np.full(k, 1 / k)
    if "means" in masks:
        means = np.where(masks["means"][:, None], target.means, means)
    if "weights" in masks:
        held = masks["weights"]
        rest = (1 - target.weights[held].sum()) / max((~held).sum(), 1)
        weights = rescale_weights(np.where(held, target.weights, rest), 1.0)
    covariances = target.covariances if "covariances" in masks else _common_variances(source, k, d)
    return Mixture(weights, means, covariances)


def _rows_as_means(target: Mixture, source: Source, rng: Rng, name: str) -> Array:
    """Random rows, (k, d): any, or one of each component, by its responsibilities."""
    rows = distinct_rows(source.rows(MOST_SEARCHED, rng).rows)[0].astype(np.float64)
    k = target.n_components
    if name == RANDOM_ROWS:
        return rows[rng.choice(len(rows), size=k, replace=len(rows) < k)]
    shares = target.posterior(rows)[:, :k] + TINY
    return rows[[rng.choice(len(rows), p=shares[:, j] / shares[:, j].sum()) for j in range(k)]]


def _common_variances(source: Source, k: int, d: int) -> DiagonalCovariance:
    """The variances of all rows (`Summary.scale`, never zero), shrunk so that k components have their volume."""
    return DiagonalCovariance(summarise(source).scale[None] / k ** (2 / d), k, d)
