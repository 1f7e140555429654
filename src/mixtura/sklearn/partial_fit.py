"""The method ``partial_fit`` of `GaussianMixture`: stepwise EM, a batch of rows at a time."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import _fit_context

from mixtura._support import Array, Rows, as_rows
from mixtura.data import ArraySource
from mixtura.em import (
    Problem,
    StepSchedule,
    StepwiseState,
    begin_stepwise,
    estimated_mixture,
    state_of_stats,
    take_step,
)
from mixtura.em.mstep import as_tails, covariances_for
from mixtura.errors import ParameterError
from mixtura.fitting import BATCH_ROWS, STEP_EXPONENT, Model, WaitingRows, usual_start_rows
from mixtura.sklearn.attributes import check_enough_rows, check_fit_rows, check_sample_weight, validate_rows
from mixtura.sklearn.automatic import is_automatic
from mixtura.sklearn.collapse import collapse_policy
from mixtura.sklearn.em import StartResult, problem_of
from mixtura.sklearn.fit_rows import fit_starts
from mixtura.sklearn.fitted_attributes import fit_automatically, set_attributes
from mixtura.sklearn.overrides import is_other_array, refuse_overridden
from mixtura.sklearn.parameters import problem_and_start
from mixtura.sklearn.sklearn_estimator import unknown_to_sklearn
from mixtura.sklearn.threaded import use_threads
from mixtura.stats import Stats, as_scatter


@dataclass(frozen=True, eq=False)
class PartialFit:
    """What an estimator remembers between calls of ``partial_fit``.

    Attributes
    ----------
    problem : Problem
        The problem without its rows.
    step : StepwiseState
    kept : WaitingRows
        All rows so far, while they are fewer than the start needs.
    fitted_rows : int
        Number of these at the last fit to all of them.
    start_rows : float
        Number of rows for the step sizes.
    """

    problem: Problem
    step: StepwiseState
    kept: WaitingRows
    fitted_rows: int
    start_rows: float

    @property
    def schedule(self) -> StepSchedule:
        """The step sizes."""
        return StepSchedule(self.start_rows, STEP_EXPONENT)

    def after(self, rows: Rows, weight: Array | None) -> PartialFit:
        """After more rows, a batch at a time."""
        step = self.step
        for first in range(0, len(rows), BATCH_ROWS):
            part = slice(first, first + BATCH_ROWS)
            source = ArraySource(rows[part], None if weight is None else weight[part])
            step = take_step(replace(self.problem, source=source), step, self.schedule)
        return replace(self, step=step)


@_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
@use_threads
def partial_fit(self: Any, X: Any, y: Any = None, sample_weight: Any = None) -> Any:  # noqa: ARG001 scikit-learn's
    """Update the parameters with more rows, by stepwise EM (Cappé & Moulines 2009).

    The first rows, up to 5,000 or 200 for each component and feature, are kept, and EM is run anew on all of them when
    their number has doubled. From then on each call changes the statistics by its rows alone, with step sizes that
    fall, and the parameters are those of averaged statistics; so all rows are to be draws from one distribution:
    `mixtura.OnlineMixture` follows one that changes. After ``fit``, the calls continue from its parameters.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        The first call needs as many rows as components, and no fewer than two.
    y : ignored
    sample_weight : array-like of shape (n_samples,), optional
        A weight of 3 counts a row three times, a weight of 0 leaves it out.

    Returns
    -------
    self
        ``lower_bound_`` is the mean log-likelihood of the latest rows before they were used, ``n_iter_`` the number of
        batches since EM was run, and ``converged_`` False from then on.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura import GaussianMixture
    >>> model, rng = GaussianMixture(n_components=2, random_state=0), np.random.default_rng(0)
    >>> for _ in range(20):
    ...     model = model.partial_fit(np.concatenate([rng.normal(0, 1, (60, 1)), rng.normal(6, 1, (40, 1))]))
    >>> sorted(model.means_.ravel().round().tolist())
    [0.0, 6.0]
    """
    _check_estimator(self, X)
    stream: PartialFit | None = getattr(self, "_stream", None)
    fitted = hasattr(self, "n_features_in_") and hasattr(self, "weights_")
    rows = as_rows(validate_rows(self, X, reset=False) if fitted else check_fit_rows(self, X)[0])
    weight = check_sample_weight(sample_weight, rows, X)
    if weight is not None:
        rows, weight = rows[weight > 0], weight[weight > 0]
    if stream is None and fitted:
        stream = _continued(self, rows, weight)
    if stream is None:
        self._stream = _fitted(self, WaitingRows().extended(rows.copy(), weight))
        return self
    kept = stream.kept.extended(rows.copy(), weight) if stream.kept.n_rows else stream.kept
    if kept.n_rows >= 2 * stream.fitted_rows > 0:
        with suppress(ValueError):  # a component collapsed: the parameters so far are gone on with
            self._stream = _fitted(self, kept)
            return self
        kept = WaitingRows() if kept.n_rows >= stream.start_rows else kept
        stream = replace(stream, fitted_rows=kept.n_rows)
    self._stream = replace(stream.after(rows, weight), kept=kept)
    _set_attributes(self, rows)
    return self


def _check_estimator(estimator: Any, X: Any) -> None:
    """Raise an error if an estimator's parameters or rows are not for stepwise EM."""
    refuse_overridden(estimator, "partial_fit", "fit_predict", "runs stepwise EM")
    if is_other_array(X):
        raise ParameterError(f"partial_fit: X is an array of {type(X).__module__}; expected one of NumPy")
    if as_tails(estimator.tails) != "normal" or hasattr(estimator, "degrees_of_freedom_"):
        raise ParameterError(
            f"partial_fit: stepwise EM has Gaussian components alone, and tails is {estimator.tails!r}, or was not "
            "'normal' in the last fit; call fit, or fit with tails='normal' first"
        )


def _problem(self: Any, rows: Rows, weight: Array | None) -> Problem:
    """The problem that EM solves for some rows."""
    source, options = ArraySource(rows, weight), self._model_options
    if is_automatic(self.n_components, self.covariance_type):
        policy = collapse_policy("repair", known_to_sklearn=False)
        return problem_of(source, Model(self.covariance_type_, **options), 0.0, policy)
    unknown = unknown_to_sklearn(self, options, sample_weight=weight)
    policy = collapse_policy(self.on_collapse, known_to_sklearn=not unknown)
    return problem_and_start(self, source, policy)[0]


def _fitted(self: Any, kept: WaitingRows) -> PartialFit:
    """Run EM on all rows so far, and begin stepwise EM there."""
    rows, weight = kept.joined()
    if is_automatic(self.n_components, self.covariance_type):
        fit_automatically(self, rows, weight)
    else:
        check_enough_rows(rows, self.n_components)
        fit_starts(self, rows, weight)
    mixture, problem = self.mixture_, _problem(self, rows, weight)
    step = begin_stepwise(problem, mixture)
    usual = usual_start_rows(mixture.n_components, rows.shape[1])
    still = WaitingRows() if len(rows) >= usual else kept
    return PartialFit(_without_rows(problem), step, still, len(rows), max(float(usual), step.seen))


def _continued(self: Any, rows: Rows, weight: Array | None) -> PartialFit:
    """Stepwise EM from the parameters that ``fit`` has found, as if for the usual number of rows."""
    mixture, problem = self.mixture_, _problem(self, rows, weight)
    usual = float(usual_start_rows(mixture.n_components, rows.shape[1]))
    kind, shares = problem.mstep.scatter_kind, mixture.weights * usual
    scatter = as_scatter(shares, covariances_for(mixture.covariances, kind), kind)
    stats = Stats(shares, mixture.means, scatter, self.lower_bound_ * usual, 0.0)
    return PartialFit(_without_rows(problem), state_of_stats(problem.mstep, stats, mixture), WaitingRows(), 0, usual)


def _without_rows(problem: Problem) -> Problem:
    """The problem without its rows, so that an estimator does not keep them."""
    return replace(problem, source=ArraySource(np.zeros((1, problem.source.n_features))))


def _set_attributes(self: Any, rows: Rows) -> None:
    """Set the fitted attributes after steps."""
    stream = self._stream
    mixture = estimated_mixture(stream.problem.mstep, stream.step, stream.schedule)
    found = StartResult(mixture, (stream.step.stats.loglik,))
    set_attributes(self, found, rows.dtype, self.covariance_type_)
    self.n_iter_ = stream.step.n_updates
