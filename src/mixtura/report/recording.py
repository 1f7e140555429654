"""The iterations of EM that a page replays, and where they end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura._support import Index, LazyModule
from mixtura.data import given_weights
from mixtura.em import Outcome
from mixtura.mixture import Mixture
from mixtura.plotting import RecordedIteration
from mixtura.report.drawn_rows import DrawnRows
from mixtura.report.protocols import RepeatedRun, ReportedFit

optimize = LazyModule("scipy.optimize")

# A start moves if the log-likelihood rises by more than this per row; the default start is the end of a search.
LEAST_RISE_PER_ROW = 0.01

# Total log-likelihoods that differ by less are those of one optimum.
SAME_LOGLIK = 0.1

# Two mixtures are near each other if this fraction of the rows has the same component.
SAME_ROWS = 0.99

# Rows on which the components of two mixtures are matched.
MATCHED_ROWS = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Iterations of EM, with their components in the order of the mixture that is shown.

    Attributes
    ----------
    iterations : sequence of RecordedIteration
    order : ndarray of shape (m,)
        For each of the m components of the first iteration, its number in the mixture that is shown, or one beyond.
    start : str
        Name of the start of EM that was run again; empty for the iterations of the fit itself.
    on_sample : bool
        Whether EM was run again on the rows that are drawn, not on all.
    end : {"same", "near", "higher", "elsewhere", "unfinished"}
        Where they end: at the fitted mixture, near it (on a sample of the rows), higher, at a lower local maximum, or
        nowhere.
    agreement : float
        Fraction of the rows that have the same component at the end as under the fitted mixture.
    fitted_loglik : float
        Log-likelihood of the fitted mixture on the rows on which EM was run.
    """

    iterations: Sequence[RecordedIteration]
    order: Index
    start: str
    on_sample: bool
    end: str
    agreement: float
    fitted_loglik: float

    @property
    def last_loglik(self) -> float:
        """Log-likelihood at the end."""
        return self.iterations[-1].loglik


def moves(iterations: Sequence[RecordedIteration], n_rows: float) -> bool:
    """Whether recorded iterations show EM at work: not the last steps after a search, which nobody sees."""
    return len(iterations) > 1 and iterations[-1].loglik - iterations[0].loglik > LEAST_RISE_PER_ROW * n_rows


def recording_of(
    fit: ReportedFit, X: Any, drawn: DrawnRows, *, again: bool = False, sample_weight: Any = None
) -> Recording:
    """The iterations of a fit if it was recorded from a start that moves, or else those of EM from random rows.

    Large data is fitted again on the rows that are drawn; ``again`` does so even if the fit was recorded.
    """
    sample_weight = given_weights(X, sample_weight)
    if not again and moves(fit.history, fit.assessment.n_rows):
        return own_recording(fit.history)
    if drawn.is_sample:
        repeated = fit.recorded(drawn.rows, sample_weight=drawn.weights_of(sample_weight))
        return as_recording(fit.mixture, repeated, drawn, repeated.target_loglik)
    return as_recording(fit.mixture, fit.recorded(X, sample_weight=sample_weight), drawn, fit.trace[-1])


def own_recording(iterations: Sequence[RecordedIteration]) -> Recording:
    """The recording of a fit's own iterations; components that were removed come after those that are left."""
    left = list(iterations[-1].components)
    removed = [component for component in iterations[0].components if component not in left]
    order = np.empty(len(left) + len(removed), dtype=np.intp)
    order[[*left, *removed]] = np.arange(len(order))
    return Recording(iterations, order, "", False, "same", 1.0, iterations[-1].loglik)


def as_recording(mixture: Mixture, again: RepeatedRun, drawn: DrawnRows, loglik: float) -> Recording:
    """The recording of a fit that was repeated on the drawn rows; ``loglik`` is the mixture's on them."""
    rows = drawn.rows[:: max(len(drawn.rows) // MATCHED_ROWS, 1)]
    last = again.history[-1]
    k = mixture.n_components
    found = np.zeros((len(rows), k))
    found[:, list(last.components)] = last.mixture.posterior(rows)[:, : len(last.components)]
    wanted = mixture.posterior(rows)
    order = np.asarray(optimize.linear_sum_assignment(-(found.T @ wanted[:, :k]))[1])
    labels = np.full(k + 1, -1)
    labels[:k] = order
    of_last = np.append(np.array(last.components, dtype=np.intp), k)  # noise is last
    agreement = float((labels[of_last[last.mixture.predict(rows)]] == mixture.predict(rows)).mean())
    end = _end(again, agreement, loglik, on_sample=drawn.is_sample)
    return Recording(again.history, order, again.start_name, drawn.is_sample, end, agreement, loglik)


def _end(again: RepeatedRun, agreement: float, loglik: float, *, on_sample: bool) -> str:
    """Where a repeated fit ends; ``loglik`` as in `as_recording`.

    On a sample, EM fits these rows more closely than a fit of all rows, so that a higher end says nothing.
    """
    rise = again.history[-1].loglik - loglik
    if agreement > SAME_ROWS and on_sample:
        return "near"
    if agreement > SAME_ROWS and abs(rise) < SAME_LOGLIK:
        return "same"
    if rise > SAME_LOGLIK and not on_sample:
        return "higher"
    return "unfinished" if again.outcome is Outcome.OUT_OF_STEPS else "elsewhere"
