"""Log-likelihood of a mixture on rows, and information criteria: BIC, ICL, AIC and AICc."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mixtura._support import TableKind, as_table, html_table, table_kind
from mixtura.data import as_source
from mixtura.kernels import kernel_of
from mixtura.mixture.conversion import as_mixture

# Values of a criterion with a smaller relative difference are ties: they differ by rounding alone.
TIE_TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True)
class Assessment:
    """Log-likelihood and information criteria of a mixture on rows.

    Attributes
    ----------
    loglik : float
        Total weighted log-likelihood.
    assignment_logprob : float
        Weighted sum over rows of log max_k r_k, the largest responsibility: 0 when every row belongs to one component
        for certain.
    n_rows : float
        Number of rows n in the criteria: with weights, what these count in all (`mixtura.fit`).
    n_parameters : int
        Free parameters of the mixture.
    table_kind : {"records", "pandas", "polars"}
        Kind of table that `table` returns: that of the rows.

    Examples
    --------
    >>> Assessment(loglik=-10.0, assignment_logprob=-0.5, n_rows=1.0, n_parameters=2).icl
    21.0
    """

    loglik: float
    assignment_logprob: float
    n_rows: float
    n_parameters: int
    table_kind: TableKind = field(default="records", compare=False)

    def _repr_html_(self) -> str:
        return html_table(f"Log-likelihood and criteria on {self.n_rows:g} rows", self.records())

    def table(self) -> Any:
        """Log-likelihood and all criteria, in one row, as a DataFrame of ``table_kind`` or the list `records`."""
        return as_table(self.records(), self.table_kind)

    def records(self) -> list[dict[str, Any]]:
        """The row of `table` as a dictionary."""
        names = ("loglik", "n_parameters", "n_rows", "bic", "icl", "aic", "aicc")
        return [{name: getattr(self, name) for name in names}]

    @property
    def mean(self) -> float:
        """Mean log-likelihood per row."""
        return self.loglik / self.n_rows

    @property
    def bic(self) -> float:
        """Bayesian information criterion (Schwarz 1978), -2 loglik + p log n: lower is better."""
        return -2 * self.loglik + self.n_parameters * math.log(self.n_rows)

    @property
    def aic(self) -> float:
        """Akaike information criterion (1974), -2 loglik + 2 p: lower is better."""
        return -2 * self.loglik + 2 * self.n_parameters

    @property
    def aicc(self) -> float:
        """AIC corrected for few rows (Hurvich & Tsai 1989): lower is better; infinite with n - 1 parameters or more."""
        left = self.n_rows - self.n_parameters - 1
        return self.aic + 2 * self.n_parameters * (self.n_parameters + 1) / left if left > 0 else math.inf

    @property
    def icl(self) -> float:
        """Integrated completed likelihood (Biernacki, Celeux & Govaert 2000): BIC plus a penalty for overlap.

        BIC - 2 sum_i log max_k r_ik: as mclust computes it, but lower is better.
        """
        return self.bic - 2 * self.assignment_logprob


def assess(mixture: Any, X: Any, sample_weight: Any = None, *, weights_are: str | None = None) -> Assessment:
    """Compute the log-likelihood and the information criteria of a mixture on rows.

    Parameters
    ----------
    mixture : Mixture, Fit, Selection or fitted estimator
    X : array-like or table of shape (n, d), or a Source
    sample_weight : array-like of shape (n,), optional
    weights_are : {"counts", "sampling"}, optional
        As in `mixtura.fit`.

    Returns
    -------
    Assessment

    Examples
    --------
    >>> import mixtura
    >>> import numpy as np
    >>> mixture = mixtura.Mixture([1.0], [[0.0]], mixtura.DenseCovariance(np.ones((1, 1, 1)), 1))
    >>> round(mixtura.assess(mixture, [[0.0], [0.0]]).loglik, 4)
    -1.8379
    """
    mixture = as_mixture(mixture, "mixture")
    source = as_source(X, sample_weight, expected=mixture, weights_are=weights_are)
    sums = source.sum(kernel_of(source, mixture).estep_pass(mixture, "diagonal"))
    total = source.sum(lambda chunk: float(chunk.weigh(np.ones(len(chunk.rows))).sum()))
    return Assessment(sums.loglik, sums.assignment_logprob, total, mixture.n_parameters, table_kind(X))


def ranks(values: Sequence[float]) -> list[int]:
    """Rank from 0 of each value of a criterion, the lowest first and NaN last; ties have the same rank.

    Values equal up to rounding are ties: several models coincide if there is one component, and which of them is
    chosen must not depend on the last bit.

    Examples
    --------
    >>> ranks([3.0, 1.0, float("nan"), 1.0 + 1e-14])
    [1, 0, 2, 0]
    """
    known = np.where(np.isnan(values), np.inf, values)
    order = np.argsort(known, kind="stable")
    with np.errstate(invalid="ignore"):  # differences of infinities are NaN, so these have the same, last rank
        different = np.diff(known[order]) > TIE_TOLERANCE * np.maximum(1.0, np.abs(known[order][:-1]))
    found = np.zeros(len(known), dtype=np.int64)
    found[order[1:]] = np.cumsum(different)
    return [int(rank) for rank in found]
