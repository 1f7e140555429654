"""The report of a mixture that was read from a model file, which says what was fitted but not how the fit ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mixtura.data import given_weights
from mixtura.fitting.em import EM
from mixtura.fitting.model import Model
from mixtura.fitting.recording import record_from_random_rows
from mixtura.fitting.result import Fit
from mixtura.fitting.same_rows import may_have_rows
from mixtura.mixture import Mixture, assess, model_to_json
from mixtura.report import (
    DrawnRows,
    Recording,
    Report,
    ReportOptions,
    Subject,
    as_recording,
    fit_report,
    named_mixture,
    report_subject,
)


def report_mixture(
    mixture: Mixture,
    X: Any,
    path: str | Path,
    *,
    fit: Fit | None = None,
    model: Model | None = None,
    em: EM | None = None,
    sample_weight: Any = None,
    weights_are: str | None = None,
    options: ReportOptions | None = None,
) -> Report:
    """Write the report of a mixture on rows; EM is replayed if it is known what was fitted.

    Parameters
    ----------
    mixture : Mixture
    X : array-like or table of shape (n, d), or a Source
    path : str or Path
    fit : Fit, optional
        The fit that found the mixture; the report tells of it if these may be its rows.
    model, em : optional
        What was fitted, and how.
    sample_weight, weights_are : optional
        As in `mixtura.fit`.
    options : ReportOptions, optional

    Examples
    --------
    >>> import tempfile
    >>> mixture = Mixture([1.0], [[0.5]], [[[1.0]]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report_mixture(mixture, [0.0, 1.0], Path(folder, "a.html")).html[:15]
    '<!doctype html>'
    """
    sample_weight = given_weights(X, sample_weight)
    measured = assess(mixture, X, sample_weight, weights_are=weights_are)
    if fit is not None and may_have_rows(fit, measured.n_rows):
        return fit_report(fit, X, path, sample_weight=sample_weight, options=options)
    named, drawn = named_mixture(mixture, X)
    recording = None
    if model is not None and em is not None:
        weights = {"sample_weight": sample_weight, "weights_are": weights_are}
        recording = _recording(named, model, em, X, drawn=drawn, weights=weights)
    plain = model_to_json(mixture, **({"model": model.to_dict(), "em": em.to_dict()} if model and em else {}))
    report = report_subject(Subject(named, measured, plain, model, em), drawn, recording, options or ReportOptions())
    report.save(path)
    return report


def _recording(
    mixture: Mixture, model: Model, em: EM, X: Any, *, drawn: DrawnRows, weights: dict[str, Any]
) -> Recording:
    """EM run again, on the rows that are drawn if these are a sample."""
    if drawn.is_sample:
        X, weights = drawn.rows, weights | {"sample_weight": drawn.weights_of(weights["sample_weight"])}
    again = record_from_random_rows(mixture, model, em, X, **weights)
    return as_recording(mixture, again, drawn, again.target_loglik)
