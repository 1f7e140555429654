"""Compare two models on the same rows: criteria, log-likelihood of rows left out, and agreement of labels."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import TableKind, as_table, from_device, html_table, table_kind
from mixtura.data import Source, as_source
from mixtura.errors import MixturaWarning, ParameterError
from mixtura.fitting import Fit, FittedData, fit
from mixtura.mixture import Assessment, Mixture, as_mixture, assess, row_labels
from mixtura.starts import with_completed_rows

# Number of parts of the rows, each of which is left out once.
FOLDS = 5


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two models on the same rows.

    Attributes
    ----------
    assessments : tuple of two Assessment
        Log-likelihood and criteria of each on the rows.
    held_out : tuple of two float
        Mean log-likelihood of rows that the model was not fitted to: of each fold, by the same model fitted to the
        other rows from its own parameters; of all rows, if the model was fitted to others. NaN for a mixture that is
        no fit, and where one of the five folds would have no row.
    labels : tuple of two lists
        Labels of the components of each.
    counts : ndarray of shape (k1, k2)
        Number of rows with each pair of labels, those of noise last.
    table_kind : {"records", "pandas", "polars"}
        Kind of table that `table` returns.
    """

    assessments: tuple[Assessment, Assessment]
    held_out: tuple[float, float]
    labels: tuple[list[str] | list[int], list[str] | list[int]]
    counts: NDArray[np.int64]
    table_kind: TableKind = "records"

    def __repr__(self) -> str:
        first, second = self.assessments
        return (
            f"<Comparison of {len(self.labels[0])} and {len(self.labels[1])} components: BIC {first.bic:.6g} and "
            f"{second.bic:.6g}, adjusted Rand index {self.adjusted_rand_index:.3f}>"
        )

    def _repr_html_(self) -> str:
        return html_table(repr(self).strip("<>"), self.records())

    @property
    def adjusted_rand_index(self) -> float:
        """Agreement of the labels, 1 if they are the same but for names (Hubert & Arabie 1985, J. Classif. 2, 193-218).

        Examples
        --------
        >>> import mixtura
        >>> rows = [0.0, 0.2, 0.4, 5.0, 5.2, 5.4]
        >>> one = mixtura.fit(rows, 2)
        >>> mixtura.compare(one, one.mixture.select([1, 0]), rows).adjusted_rand_index
        1.0
        """
        pairs = self.counts * (self.counts - 1) / 2
        rows, columns = (_pairs(self.counts.sum(axis=axis)) for axis in (1, 0))
        every = _pairs(self.counts.sum()[None])
        expected = rows * columns / every if every else 0.0
        most = (rows + columns) / 2
        return float((pairs.sum() - expected) / (most - expected)) if most > expected else 1.0

    def records(self) -> list[dict[str, Any]]:
        """The rows of `table` as dictionaries."""
        both = zip(self.assessments, self.held_out, strict=True)
        return [
            {"model": name, **one.records()[0], "held_out": held} for name, (one, held) in zip("12", both, strict=True)
        ]

    def table(self) -> Any:
        """A row for each model: log-likelihood, number of parameters, criteria, mean held-out log-likelihood."""
        return as_table(self.records(), self.table_kind)


def _pairs(counts: NDArray[np.int64]) -> float:
    """Number of pairs of rows with the same label."""
    return float((counts * (counts - 1) / 2).sum())


def compare(first: Any, second: Any, X: Any, sample_weight: Any = None, *, threads: int | None = None) -> Comparison:
    """Compare two models on the same rows.

    Parameters
    ----------
    first, second : Fit, Mixture, Selection or fitted estimator
    X : array-like or table of shape (n, d)
    sample_weight : array-like of shape (n,), optional
    threads : int, optional

    Returns
    -------
    Comparison

    Examples
    --------
    >>> import mixtura
    >>> rows = [0.0, 0.2, 0.4, 5.0, 5.2, 5.4]
    >>> found = mixtura.compare(mixtura.fit(rows, 1), mixtura.fit(rows, 2), rows)
    >>> found.counts.tolist(), found.assessments[0].bic > found.assessments[1].bic
    ([[3, 3]], True)
    """
    mixtures = as_mixture(first, "first"), as_mixture(second, "second")
    if mixtures[0].n_features != mixtures[1].n_features:
        columns = " and ".join(f"{each.n_features}" for each in mixtures)
        raise ParameterError(f"the models have {columns} columns; expected models of the same columns")
    labels = row_labels(mixtures[0]), row_labels(mixtures[1])
    # The label -1, of noise, is the last one.
    predicted = [from_device(each.predict(X)) % len(names) for each, names in zip(mixtures, labels, strict=True)]
    counts = np.zeros([len(names) for names in labels], dtype=np.int64)
    np.add.at(counts, tuple(predicted), 1)
    return Comparison(
        (assess(mixtures[0], X, sample_weight), assess(mixtures[1], X, sample_weight)),
        (_held_out(first, X, sample_weight, threads), _held_out(second, X, sample_weight, threads)),
        labels,
        counts,
        table_kind(X),
    )


def _held_out(model: Any, X: Any, sample_weight: Any, threads: int | None) -> float:
    """Mean log-likelihood of rows to which a model was not fitted; NaN if that cannot be found out.

    It cannot without a fit, where some fold would have no row, or where the fit knew of rows' components, which are not
    known here.
    """
    found = getattr(model, "best", model)
    if not isinstance(found, Fit) or (found.data is not None and found.data.known):
        return math.nan
    source = as_source(X, sample_weight, threads, found.mixture, weights_are=found.weights_are)
    data = FittedData.of(found.model.summary(with_completed_rows(source)))  # completed as for the fit
    if found.data is None or data.fingerprint != found.data.fingerprint:
        return assess(found.mixture, source).mean
    if getattr(getattr(source, "measurement", None), "bin_width", None) is not None:
        return math.nan  # bins are no rows that can be left out
    fold = np.random.default_rng(0).permutation(source.length) % FOLDS
    parts = [
        (source.take(np.flatnonzero(fold != one)), source.take(np.flatnonzero(fold == one))) for one in range(FOLDS)
    ]
    if not all(test.n_rows for _, test in parts):
        return math.nan
    left_out = [assess(_refitted(found, training), test) for training, test in parts]
    return sum(one.loglik for one in left_out) / sum(one.n_rows for one in left_out)


def _refitted(found: Fit, rows: Source) -> Mixture:
    """The mixture of the same model fitted to other rows, from the parameters of a fit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MixturaWarning)
        return fit(rows, model=found.model, start=found.mixture, em=found.em).mixture
