"""The result of a fit: the mixture, how EM ended, the trace of log-likelihoods, and a summary of each start."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, as_column_like, as_columns_like, as_table, format_count, from_device, write_text
from mixtura.data import MissingCounts
from mixtura.em import Outcome
from mixtura.fitting import reporting
from mixtura.fitting.em import EM
from mixtura.fitting.fit_file import fit_fields, fit_to_dict
from mixtura.fitting.fitted_data import FittedData
from mixtura.fitting.model import Model
from mixtura.fitting.model_file import read_part
from mixtura.fitting.start import Iteration, PointMass, Start
from mixtura.fitting.summary import summarise_fit
from mixtura.mixture import (
    Assessment,
    Mixture,
    component_html,
    component_records,
    has_t_components,
    model_to_json,
    row_labels,
)
from mixtura.plotting import plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """The result of a fit.

    Attributes
    ----------
    mixture : Mixture
    outcome : Outcome
        ``outcome.value`` is a sentence.
    trace : tuple of float
        Log-likelihood plus ``log_prior`` at the start, or the last repair, and after each EM iteration; it never falls.
    starts : tuple of Start
        Summary of each start.
    best_start : int
        Position in ``starts`` of the start that gave this result.
    model : Model
        The statistical model; `mixtura.bootstrap` and others fit the same one.
    em : EM
        Options of EM.
    sizes : ndarray of shape (k,)
        Number of rows of each component: the sum of its responsibilities. Other rows are noise.
    n_rows : float
        Number of rows that were not trimmed; with weights, the sum of counts, or the effective number of rows
        for sampling weights. The log-likelihood refers to this number.
    weights_are : {"counts", "sampling"} or None
        Meaning of the sample weights; None without weights.
    assignment_logprob : float
        Sum over rows of log max_k r_k, r the responsibilities: log-probability of the most probable assignment.
    history : tuple of Iteration
        Every iteration of the best start, if ``record=True``.
    cutoff : float
        Rows of lower log-density were trimmed: ``fit.mixture.logpdf(X) < fit.cutoff``.
    log_prior : float
        What EM adds to the log-likelihood: the log-density that the model gives the parameters, up to a constant; 0 for
        maximum likelihood.
    point_masses : tuple of PointMass
        Components at the floor whose many rows coincide in some direction.
    start_name : str
        Name of the start; empty where it was given by values.
    seed : int, or None
        Seed of the random numbers, if it was given as a number.
    data : FittedData or None
        Number, file and fingerprint of the rows, and when they were fitted.

    Examples
    --------
    >>> import mixtura
    >>> fit = mixtura.fit([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], 2, seed=0)
    >>> fit.outcome.name, fit.n_parameters, round(fit.loglik, 3), fit.loglik == fit.trace[-1]
    ('CONVERGED', 5, -1.799, True)
    """

    mixture: Mixture
    outcome: Outcome
    trace: tuple[float, ...]
    starts: tuple[Start, ...]
    best_start: int
    model: Model
    em: EM
    sizes: Array
    n_rows: float
    assignment_logprob: float
    history: tuple[Iteration, ...] = ()
    cutoff: float = -math.inf
    log_prior: float = 0.0
    weights_are: str | None = None
    point_masses: tuple[PointMass, ...] = ()
    start_name: str = ""
    seed: int | None = None
    data: FittedData | None = None

    def __repr__(self) -> str:
        k, d = self.mixture.n_components, self.mixture.n_features
        noise = " and noise" if self.mixture.noise else ""
        kind = "t component" if has_t_components(self.mixture) else "component"
        return (
            f"<Fit of {format_count(k, f'{self.model} {kind}')}{noise} to {self.n_rows:g} rows in "
            f"{format_count(d, 'dimension')}: "
            f"log-likelihood {self.loglik:.6g} after {format_count(self.iterations, 'iteration')}, BIC {self.bic:.6g}. "
            f"{self.outcome.value}>"
        )

    def _repr_html_(self) -> str:
        return component_html(repr(self).strip("<>"), self.records())

    def table(self) -> Any:
        """Weight, size, means and standard deviations of the components, a row for each; the last is noise, if any.

        It is a pandas or polars DataFrame if the rows were one; otherwise it is the list `records`.

        Examples
        --------
        >>> import mixtura
        >>> import pandas as pd
        >>> rows = pd.DataFrame({"width": [0.0, 0.2, 0.4, 5.0, 5.2, 5.4]})
        >>> mixtura.fit(rows, 2, start=[0, 0, 0, 1, 1, 1]).table().round(2)
           component  weight  size  mean width  sd width
        0          0     0.5   3.0         0.2      0.16
        1          1     0.5   3.0         5.2      0.16
        """
        return as_table(self.records(), self.mixture.table_kind)

    @property
    def missing(self) -> MissingCounts | None:
        """How many values of the rows are missing, by column and pattern; None if none are."""
        return self.data.missing if self.data else None

    def records(self) -> list[dict[str, Any]]:
        """The rows of `table` as dictionaries."""
        noise = [self.n_rows - float(self.sizes.sum())] if self.mixture.noise else []
        return component_records(self.mixture, size=[*self.sizes.tolist(), *noise])

    def predict(self, X: Any) -> NDArray[np.int64]:
        """The number of the most probable component of each row, (n,); -1 for noise. `labels` gives names."""
        return self.mixture.predict(X)

    def labels(self, X: Any) -> Any:
        """The most probable component of each row: its name, or its number from 0 where components have no names.

        Noise is "noise" or -1. A pandas or polars DataFrame gives a Series, in pandas with the same index; anything
        else gives an array, (n,).

        Examples
        --------
        >>> import mixtura
        >>> import pandas as pd
        >>> rows = pd.DataFrame({"width": [0.0, 0.2, 0.4, 5.0, 5.2, 5.4]}, index=list("abcdef"))
        >>> fit = mixtura.fit(rows, 2, start=[0, 0, 0, 1, 1, 1])
        >>> fit.labels(rows.loc[["c", "f"]])
        c    0
        f    1
        Name: component, dtype: int64
        """
        found = from_device(self.mixture.predict(X))
        return as_column_like(X, np.array(row_labels(self.mixture))[found], "component")

    def posterior(self, X: Any) -> Any:
        """The probability of each component given the row, a column for each, labelled as in `labels`.

        A pandas or polars DataFrame gives a DataFrame, in pandas with the same index; anything else gives an array,
        (n, k), with one more column for noise, if there is any.

        Examples
        --------
        >>> import mixtura
        >>> import polars as pl
        >>> rows = pl.DataFrame({"width": [0.0, 0.2, 0.4, 5.0, 5.2, 5.4]})
        >>> mixtura.fit(rows, 2, start=[0, 0, 0, 1, 1, 1]).posterior(rows).columns
        ['0', '1']
        """
        return as_columns_like(X, self.mixture.posterior(X), row_labels(self.mixture))

    def plot(self, X: Any = None, **options: Any) -> Figure:
        """Draw the mixture, and its data if given; ``options`` are those of `mixtura.plot`.

        Examples
        --------
        >>> import mixtura
        >>> X = [0.0, 0.2, 0.4, 5.0, 5.2, 5.4]
        >>> mixtura.fit(X, 2, seed=0).plot(X, title="Two groups").axes[0].get_title(loc="left")
        'Two groups'
        """
        return plot(self, X, **options)

    def to_json(self) -> str:
        """A model file: the mixture, the `Model` and the options of `EM` as JSON.

        `Mixture.from_json`, `Model.from_json` and `EM.from_json` read their parts of it; the options
        ``--start`` and ``--model`` of the commands read all of it.

        Examples
        --------
        >>> import mixtura
        >>> rows = [0.0, 0.2, 0.4, 5.0, 5.2, 5.4]
        >>> text = mixtura.fit(rows, 2, model=mixtura.Model(equal_weights=True)).to_json()
        >>> start, model = mixtura.Mixture.from_json(text), mixtura.Model.from_json(text)
        >>> mixtura.fit(rows, model=model, start=start, em=mixtura.EM.from_json(text)).model
        Model(name='V', equal_weights=True)
        """
        em = replace(self.em, on_interrupt=None)  # which says nothing about the result
        parts = {"model": self.model.to_dict(), "em": em.to_dict(), "fit": fit_to_dict(self)}
        return model_to_json(self.mixture, **parts)

    @staticmethod
    def from_json(text: str) -> Fit:
        """The fit from which `to_json` made the text, without the iterations in ``history``.

        Raises
        ------
        DataError
            If the text is no model file, or is one that `Mixture.to_json` wrote.

        Examples
        --------
        >>> import mixtura
        >>> fit = mixtura.fit([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], 2)
        >>> mixtura.Fit.from_json(fit.to_json()).bic == fit.bic
        True
        """
        parts = (Mixture.from_json(text), Model.from_json(text), EM.from_json(text))
        return Fit(**read_part(text, "fit", lambda plain: fit_fields(plain, *parts)))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a model file, which `mixtura.load` and the commands read; see `to_json`."""
        write_text(os.fspath(path), f"{self.to_json()}\n")

    def named(self, *names: str) -> Fit:
        """The fit with names for its components, the largest first as they are, which tables and pictures show.

        Examples
        --------
        >>> import mixtura
        >>> fit = mixtura.fit([0.0, 0.2, 0.4, 5.0, 5.2], 2).named("low", "high")
        >>> fit.labels([0.1, 6.0]).tolist()
        ['low', 'high']
        """
        return replace(self, mixture=self.mixture.named(*names))

    summary = summarise_fit
    recorded = reporting.record_again
    report = reporting.write_report

    @property
    def loglik(self) -> float:
        """Total (weighted) log-likelihood, without ``log_prior``."""
        return self.trace[-1] - self.log_prior

    @property
    def iterations(self) -> int:
        """EM iterations of the best start."""
        return self.starts[self.best_start].iterations

    @property
    def n_parameters(self) -> int:
        """Number of free parameters."""
        return self.mixture.n_parameters

    @property
    def assessment(self) -> Assessment:
        """Log-likelihood and criteria of the mixture on the rows to which it was fitted."""
        measured = (self.loglik, self.assignment_logprob, self.n_rows, self.n_parameters)
        return Assessment(*measured, self.mixture.table_kind)

    @property
    def bic(self) -> float:
        """Bayesian information criterion, -2 loglik + p log n: lower is better."""
        return self.assessment.bic

    @property
    def aic(self) -> float:
        """Akaike information criterion, -2 loglik + 2 p: lower is better."""
        return self.assessment.aic

    @property
    def aicc(self) -> float:
        """AIC corrected for few rows: lower is better."""
        return self.assessment.aicc

    @property
    def icl(self) -> float:
        """Integrated completed likelihood, BIC - 2 ``assignment_logprob``: lower is better."""
        return self.assessment.icl
