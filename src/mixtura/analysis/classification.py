"""Classify rows by Bayes' rule with a mixture for each class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import (
    Array,
    TableKind,
    as_column_like,
    as_columns_like,
    as_matching_incomplete_rows,
    as_sample_weight,
    as_table,
    format_count,
    html_table,
    log_or_minus_inf,
    log_sum_exp,
    responsibilities,
    table_kind,
    write_text,
)
from mixtura.analysis.classes import as_classes
from mixtura.analysis.confusion import Confusion
from mixtura.analysis.discriminant_file import discriminant_fields, discriminant_to_json
from mixtura.covariance import DenseCovariance
from mixtura.data import given_weights
from mixtura.errors import DataError
from mixtura.mixture import Mixture
from mixtura.plotting import MAX_DRAWN_COLUMNS, MAX_DRAWN_ROWS, View, draw_view, format_number

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Discriminant:
    """Discriminant rule: a mixture and a prior probability for each of c classes.

    Attributes
    ----------
    classes : ndarray of shape (c,)
        The classes, sorted.
    priors : ndarray of shape (c,)
        Prior probabilities of the classes.
    mixtures : tuple of Mixture
        Distribution of the rows of each class.
    models : tuple of str
        Covariance model of each mixture.
    loglik : float
        Log-likelihood of the rows without their classes; with unlabelled rows, of the rows and the known classes.
    n_parameters : int
        Number of free parameters of all mixtures; with unlabelled rows also of the priors.
    n_rows : float
        Number of rows, or the sum of their weights.
    columns : tuple of str, optional
        Names of the columns.
    table_kind : {"records", "pandas", "polars"}
        Kind of table that `table` returns: that of the rows.
    floor : float
        Least variance of a mixture in each column, as a fraction of the variance of all rows.

    Examples
    --------
    >>> import mixtura
    >>> found = mixtura.discriminant([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], [1, 1, 1, 2, 2, 2], models=["E"])
    >>> found.posterior([[2.7]]).round(6).tolist()
    [[0.5, 0.5]]
    """

    classes: NDArray[Any]
    priors: Array
    mixtures: tuple[Mixture, ...]
    models: tuple[str, ...]
    loglik: float
    n_parameters: int
    n_rows: float
    columns: tuple[str, ...] | None
    table_kind: TableKind = "records"
    floor: float = 0.0

    def __repr__(self) -> str:
        names = ", ".join(dict.fromkeys(self.models))
        dimensions = format_count(self.mixtures[0].n_features, "dimension")
        return (
            f"<Discriminant of {len(self.classes)} classes in {dimensions} ({names}): "
            f"log-likelihood {self.loglik:.6g}, BIC {self.bic:.6g}>"
        )

    def _repr_html_(self) -> str:
        return html_table(repr(self).strip("<>"), self.records())

    def table(self) -> Any:
        """A row for each class: its prior probability, its covariance model and its number of components.

        It is a pandas or polars DataFrame if the rows were one; otherwise it is the list `records`.
        """
        return as_table(self.records(), self.table_kind)

    def records(self) -> list[dict[str, Any]]:
        """The rows of `table` as dictionaries."""
        parts = zip(self.classes.tolist(), self.priors.tolist(), self.models, self.mixtures, strict=True)
        return [
            {"class": name, "prior": probability, "model": model, "n_components": mixture.n_components}
            for name, probability, model, mixture in parts
        ]

    @property
    def bic(self) -> float:
        """Bayesian information criterion, -2 loglik + p log n: lower is better."""
        return -2 * self.loglik + self.n_parameters * math.log(self.n_rows)

    def log_joint(self, X: Any) -> Array:
        """Log of each class's prior probability times its density, (n, c)."""
        rows, _ = as_matching_incomplete_rows(X, self.columns, self.mixtures[0].n_features)
        return np.stack([mixture.logpdf(rows) for mixture in self.mixtures], axis=1) + log_or_minus_inf(self.priors)

    def log_posterior(self, X: Any) -> Array:
        """Log-probability of each class given the row, (n, c)."""
        joint = self.log_joint(X)
        return joint - log_sum_exp(joint)[0][:, None]

    def posterior(self, X: Any) -> Any:
        """Probability of each class given the row, (n, c).

        It is a DataFrame, with the index of X and the classes as columns, if X is a DataFrame.
        """
        return as_columns_like(X, responsibilities(self.log_joint(X))[0], self.classes.tolist())

    def predict(self, X: Any) -> Any:
        """Most probable class of each row, (n,).

        It is a Series "class", with the index of X, if X is a DataFrame.

        Examples
        --------
        >>> import mixtura
        >>> import pandas as pd
        >>> rows = pd.DataFrame({"width": [0.0, 0.2, 0.4, 5.0, 5.2, 5.4]}, index=list("abcdef"))
        >>> found = mixtura.discriminant(rows, ["low", "low", "low", "high", "high", "high"], models=["E"])
        >>> found.predict(rows.loc[["c", "f"]])
        c     low
        f    high
        Name: class, dtype: str
        """
        return as_column_like(X, self.classes[self.log_joint(X).argmax(axis=1)], "class")

    def error(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Error rate: the fraction of the rows, or of their weight, whose predicted class is not their class ``y``.

        Rows whose class is missing do not count.

        Examples
        --------
        >>> import mixtura
        >>> found = mixtura.discriminant([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], [1, 1, 1, 2, 2, 2], models=["E"])
        >>> found.error([[0.1], [5.1], [5.3], [5.5]], [1, 1, 2, 2])
        0.25
        """
        found = self.confusion(X, y, sample_weight)
        if not found.n_rows:
            raise DataError("y: all classes are missing; give those of some rows")
        return found.error

    def confusion(self, X: Any, y: Any, sample_weight: Any = None) -> Confusion:
        """Rows counted by their class ``y`` and predicted class; rows without a class do not count."""
        predicted = np.asarray(self.predict(X))
        classes, missing = as_classes(y, len(predicted))
        weight, known = as_sample_weight(given_weights(X, sample_weight), len(predicted)), ~missing
        own = None if weight is None else weight[known]
        return Confusion.of(self.classes, classes[known], predicted[known], own, table_kind(X))

    def to_json(self) -> str:
        """The discriminant as JSON text, which `from_json` reads back."""
        return discriminant_to_json(self)

    @staticmethod
    def from_json(text: str) -> Discriminant:
        """The discriminant from which `to_json` made the text.

        Raises
        ------
        DataError
            If the text is something else.

        Examples
        --------
        >>> import mixtura
        >>> found = mixtura.discriminant([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], [1, 1, 1, 2, 2, 2], models=["E"])
        >>> Discriminant.from_json(found.to_json()).predict([[0.3], [4.9]]).tolist()
        [1, 2]
        """
        return Discriminant(**discriminant_fields(text))

    def save(self, path: str | Path) -> None:
        """Write a file that `mixtura.load` and ``mixtura predict`` read."""
        write_text(str(path), f"{self.to_json()}\n")

    @cached_property
    def mixture(self) -> Mixture:
        """Mixture of all classes, with components named after their class and numbered where it has several.

        Examples
        --------
        >>> import mixtura
        >>> found = mixtura.discriminant([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], ["a", "a", "a", "b", "b", "b"], models=["E"])
        >>> found.mixture.component_names, found.mixture.weights.tolist()
        (('a', 'b'), [0.5, 0.5])
        """
        parts = zip(self.priors, self.mixtures, strict=True)
        matrices = np.concatenate([mixture.covariances.dense() for mixture in self.mixtures])
        return Mixture(
            np.concatenate([probability * mixture.weights for probability, mixture in parts]),
            np.concatenate([mixture.means for mixture in self.mixtures]),
            DenseCovariance(matrices, len(matrices)),
            self.columns,
            tuple(name for pair in zip(self.classes, self.mixtures, strict=True) for name in _component_names(*pair)),
            table_kind=self.table_kind,
        )

    def plot(
        self,
        X: Any = None,
        *,
        kind: str = "boundaries",
        columns: Sequence[int | str] | None = None,
        probabilities: Sequence[float] = (0.5, 0.75, 0.95),
        **options: Any,
    ) -> Figure:
        """Draw the components of all classes, and the rows, coloured by their most probable component.

        Parameters
        ----------
        X, kind, columns, probabilities, **options
            As in `mixtura.plot`.

        Examples
        --------
        >>> import mixtura
        >>> found = mixtura.discriminant([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], ["a", "a", "a", "b", "b", "b"], models=["E"])
        >>> found.plot().axes[0].get_title(loc="left")
        '2 classes, 2 components, BIC 9.0'
        """
        view = View.from_data(self.mixture, X, columns, max_columns=MAX_DRAWN_COLUMNS, max_rows=MAX_DRAWN_ROWS)
        k = self.mixture.n_components
        title = f"{len(self.classes)} classes, {k} components, BIC {format_number(self.bic)}"
        return draw_view(view, view.labels(self.mixture), title, kind=kind, probabilities=probabilities, **options)


def _component_names(name: Any, mixture: Mixture) -> list[str]:
    """Names of a class's components: its own, with numbers from 1 if there are several."""
    k = mixture.n_components
    return [str(name)] if k == 1 else [f"{name} {j + 1}" for j in range(k)]
