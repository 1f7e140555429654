"""Methods of a `Fit` that show it: EM run again with every iteration recorded, and the report."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixtura.data import given_weights
from mixtura.data.files import read_or_choose
from mixtura.fitting.recording import RepeatedEM, record_from_random_rows
from mixtura.fitting.same_rows import check_rows_of_fit
from mixtura.report import Report, ReportOptions, file_name, fit_report

if TYPE_CHECKING:
    from mixtura.fitting.result import Fit


def record_again(fit: Fit, X: Any, *, sample_weight: Any = None, seed: int = 0) -> RepeatedEM:
    """Fit the same model again from random rows as means, without acceleration, and record every iteration.

    Several starts are tried until one ends at this fit's log-likelihood; otherwise the highest is kept. X and
    ``sample_weight`` are the rows that were fitted and their weights.

    Examples
    --------
    >>> import mixtura
    >>> rows = [0.0, 0.2, 0.4, 5.0, 5.2, 5.4]
    >>> again = mixtura.fit(rows, 2, seed=0).recorded(rows)
    >>> again.outcome.value
    'Converged.'
    """
    sample_weight = given_weights(X, sample_weight)
    weights = {"sample_weight": sample_weight, "weights_are": None if sample_weight is None else fit.weights_are}
    return record_from_random_rows(fit.mixture, fit.model, fit.em, X, **weights, seed=seed)


def write_report(
    fit: Fit, X: Any, path: str | Path | None = None, *, sample_weight: Any = None, title: str = "", lang: str = "en"
) -> Report:
    """Make a report: one HTML file that needs no network, with EM's iterations to play.

    Parameters
    ----------
    X : array-like or table of shape (n, d), a file's path, or a Source
        The rows that were fitted; of more than 100,000 a random sample is drawn.
    path : str or Path, optional
        Write the report to this .html file, too.
    sample_weight : array-like of shape (n,), optional
        The weights of the fit.
    title : str
        Title; by default what was fitted.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    Report
        A notebook shows it.

    Raises
    ------
    DataError
        If X does not fit the mixture, or has another number of rows, or sum of weights, than the fit.
    ParameterError
        If the path or the language cannot be used.
    MissingExtraError
        If Jinja2 is not installed.

    Examples
    --------
    >>> import mixtura
    >>> rows = [0.0, 0.2, 0.4, 5.0, 5.2, 5.4]
    >>> "Converged." in mixtura.fit(rows, 2, seed=0).report(rows).html
    True
    """
    X = read_or_choose(X, fit.mixture.columns) if isinstance(X, str | os.PathLike) else X
    check_rows_of_fit(fit, X, sample_weight)
    options = ReportOptions(lang, title, file_name(fit.data))
    return fit_report(fit, X, path, sample_weight=sample_weight, options=options)
