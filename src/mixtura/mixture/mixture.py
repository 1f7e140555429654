"""The Gaussian mixture: an immutable distribution that knows nothing about how it was fitted."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura import kernels
from mixtura._support import (
    Array,
    Rows,
    TableKind,
    as_count,
    as_matching_incomplete_rows,
    as_matching_rows,
    as_names,
    as_table,
    format_count,
)
from mixtura.covariance import Covariance
from mixtura.data import Chunk
from mixtura.errors import ParameterError
from mixtura.kernels import MAX_DISTANCE, Affine
from mixtura.mixture import assembly, deconvolution, distribution, hdr, marginals, model_file
from mixtura.mixture.anywhere import for_rows_anywhere, number_of_weights
from mixtura.mixture.component_table import component_html, component_records
from mixtura.mixture.impute import impute
from mixtura.mixture.measured_rows import measured_rows
from mixtura.mixture.noise import NOISE_LABEL, Noise


@dataclass(frozen=True, eq=False)
class Mixture:
    """A Gaussian mixture: p(x) = sum_j w_j N(x | m_j, S_j), plus w_0 / V where there is noise in a region of volume V.

    Parameters
    ----------
    weights : array-like of shape (k,)
        Not negative; they sum to one, together with that of the noise.
    means : array-like of shape (k, d)
    covariances : array-like of shape (k, d, d) or (k, d), or Covariance
        Matrices, or the variances of the columns where they are diagonal. They are stored as
        `mixtura.DenseCovariance` or `mixtura.DiagonalCovariance`: ``covariances[j]`` is component j's matrix,
        ``covariances.dense()`` returns all of them.
    columns : sequence of str, optional
        Names of the d dimensions.
    component_names : sequence of str, optional
        Names of the k components.
    n_parameters : int, optional
        Number of free parameters of weights, means, covariances and noise, which has two, its weight and its volume.
        Counted from what is stored unless given; a model with constraints, such as equal axes, has fewer.
    noise : Noise, optional
        The uniform distribution of rows that belong to no component, with its weight w_0.
    table_kind : {"records", "pandas", "polars"}
        Kind of table that `table` returns; a fit sets it to that of its rows.

    Raises
    ------
    DataError
        If shapes do not fit, weights are no probabilities, or a covariance matrix is not positive definite.

    Examples
    --------
    >>> from mixtura import Mixture
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [4.0]], [[[1.0]], [[1.0]]])
    >>> mixture.logpdf([[0.0], [2.0]]).round(4).tolist()
    [-1.6118, -2.9189]
    >>> mixture.predict([[-1.0], [3.0]]).tolist()
    [0, 1]
    """

    weights: Array
    means: Array
    covariances: Covariance
    columns: tuple[str, ...] | None = None
    component_names: tuple[str, ...] | None = None
    n_parameters: int = 0
    noise: Noise | None = None
    table_kind: TableKind = "records"

    def __post_init__(self) -> None:
        object.__setattr__(self, "covariances", assembly.as_covariances(self.covariances))
        weights, means = assembly.check_parameters(self.weights, self.means, self.covariances, self.noise)
        k, d = means.shape
        stored = k - 1 + k * d + self.covariances.n_parameters + (2 if self.noise else 0)
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "means", means)
        object.__setattr__(self, "columns", as_names(self.columns, d, "columns"))
        object.__setattr__(self, "component_names", as_names(self.component_names, k, "component_names"))
        object.__setattr__(self, "n_parameters", as_count(self.n_parameters, "n_parameters", least=0) or stored)

    def __repr__(self) -> str:
        noise = " and noise" if self.noise else ""
        shape = f"{format_count(self.n_components, 'component')}{noise} in {format_count(self.n_features, 'dimension')}"
        return f"<Mixture of {shape}, {self.affine.form} covariances>"

    def _repr_html_(self) -> str:
        return component_html(repr(self).strip("<>"), self.records())

    def table(self) -> Any:
        """Weight, means and standard deviations: a row for each component, and a last one for noise, if any.

        It is a DataFrame of ``table_kind``, or the list `records`.

        Examples
        --------
        >>> from mixtura import Mixture
        >>> Mixture([1.0], [[2.0]], [[[9.0]]], table_kind="pandas").table()
           component  weight  mean x1  sd x1
        0          0     1.0      2.0    3.0
        """
        return as_table(self.records(), self.table_kind)

    def records(self) -> list[dict[str, Any]]:
        """The rows of `table` as dictionaries."""
        return component_records(self)

    @property
    def n_components(self) -> int:
        """Number of components, k."""
        return len(self.means)

    @property
    def n_features(self) -> int:
        """Number of dimensions, d."""
        return len(self.means[0])

    @cached_property
    def all_weights(self) -> Array:
        """Weights of the components, (k,), or of the components and the noise, which is last, (k + 1,)."""
        return self.weights if self.noise is None else np.append(self.weights, self.noise.weight)

    @property
    def mean(self) -> Array:
        """Mean of the mixture, (d,)."""
        return assembly.mixture_mean(self.weights, self.means, self.noise)

    @property
    def covariance(self) -> Array:
        """Covariance matrix of the mixture, (d, d): within plus between components."""
        return assembly.mixture_covariance(self.weights, self.means, self.covariances, self.noise)

    @cached_property
    def affine(self) -> Affine:
        """Weighted log-densities of the components, as kernels read them; accurate far from the origin, too."""
        return assembly.affine_maps(self.weights, self.means, self.covariances, self.noise)

    @for_rows_anywhere("log_joint", float, number_of_weights)
    def log_joint(self, X: Any) -> Array:
        """Log of w_j N(x | m_j, S_j) for each row x and component j, (n, k); noise has one more column, the last.

        Examples
        --------
        >>> from mixtura import Mixture
        >>> Mixture([0.5, 0.5], [[0.0], [4.0]], [[[1.0]], [[1.0]]]).log_joint([0.0, 2.0]).round(2).tolist()
        [[-1.61, -9.61], [-3.61, -3.61]]
        """
        rows = self.check_rows(X)
        affine, result = self.affine, np.empty((len(rows), len(self.all_weights)))
        shifted = rows - affine.shift  # float64, whatever the rows' dtype
        for j in range(self.n_components):
            with np.errstate(over="ignore", under="ignore", invalid="ignore"):
                white = self.covariances.whiten(j, shifted) - affine.offsets[j]
                distance = np.einsum("ij,ij->i", white, white)
            # fmin also replaces NaN, the difference of two infinities
            result[:, j] = affine.constants[j] - 0.5 * np.fmin(distance, MAX_DISTANCE)
        result[:, self.n_components :] = affine.constants[self.n_components :]
        return result

    @for_rows_anywhere("logpdf", float)
    def logpdf(self, X: Any, *, noise_covariance: Any = None) -> Array:
        """Log-density of each row, (n,); with ``noise_covariance``, of rows with errors: see `mixtura.Measured`.

        Examples
        --------
        >>> from mixtura import DenseCovariance, Mixture
        >>> Mixture([1.0], [[0.0]], DenseCovariance(np.ones((1, 1, 1)), 1)).logpdf([[0.0]]).round(4).tolist()
        [-0.9189]
        """
        rows, measurement = self.measured_rows(X, noise_covariance)
        return kernels.kernel_for(measurement).log_density(self, Chunk(rows, measurement=measurement))

    @for_rows_anywhere("posterior", float, number_of_weights)
    def posterior(self, X: Any, *, noise_covariance: Any = None) -> Array:
        """Responsibilities: the probability of each component given the row, by Bayes' rule, (n, k).

        The probability of noise, if any, is in one more column, the last. With ``noise_covariance`` the rows have
        errors of this covariance: see `mixtura.Measured`.

        Examples
        --------
        >>> from mixtura import DenseCovariance, Mixture
        >>> mixture = Mixture([0.5, 0.5], [[0.0], [4.0]], DenseCovariance(np.ones((1, 1, 1)), 2))
        >>> mixture.posterior([[2.0]]).tolist()
        [[0.5, 0.5]]
        """
        rows, measurement = self.measured_rows(X, noise_covariance)
        return kernels.kernel_for(measurement).posterior(self, Chunk(rows, measurement=measurement))

    @for_rows_anywhere("label", int)
    def predict(self, X: Any, *, noise_covariance: Any = None) -> NDArray[np.int64]:
        """The most probable component of each row, (n,), the first of several that tie; -1 for noise.

        With ``noise_covariance`` the rows have errors of this covariance: see `mixtura.Measured`.
        """
        rows, measurement = self.measured_rows(X, noise_covariance)
        labels = kernels.kernel_for(measurement).labels(self, Chunk(rows, measurement=measurement))
        return labels if self.noise is None else np.where(labels < self.n_components, labels, NOISE_LABEL)

    cdf = distribution.cdf
    deconvolve = deconvolution.deconvolve
    impute = impute
    quantile = distribution.quantile
    probability = distribution.probability
    measured_rows = measured_rows
    sample = distribution.sample
    uncertainty = distribution.uncertainty
    hdr_levels = hdr.hdr_levels
    marginal = marginals.marginal
    condition = marginals.condition

    def check_rows(self, X: Any) -> Rows:
        """Check rows against the mixture's columns, and return them, (n, d); a table's columns are matched by name.

        Raises
        ------
        DataError
            If a column is missing, their number differs, or a value is not finite.
        """
        return as_matching_rows(X, self.columns, self.n_features)

    def check_incomplete_rows(self, X: Any) -> tuple[Rows, bool]:
        """Check rows like `check_rows`, with NaN for values that are missing, and whether there are any."""
        return as_matching_incomplete_rows(X, self.columns, self.n_features)

    def select(self, components: NDArray[Any]) -> Mixture:
        """The mixture of some components (indices or a mask), their weights rescaled; noise keeps its weight."""
        kept = np.arange(self.n_components)[components]
        if not len(kept):
            raise ParameterError("components is empty; name at least one component to keep")
        total = 1 - self.noise.weight if self.noise else 1.0
        weights = assembly.rescale_weights(self.weights[kept], total)
        names = tuple(self.component_names[j] for j in kept) if self.component_names else None
        parts = {"weights": weights, "means": self.means[kept], "covariances": self.covariances.select(kept)}
        return replace(self, **parts, component_names=names, n_parameters=0)

    def named(self, *names: str) -> Mixture:
        """The mixture with names for its components, one for each; none at all takes the names away."""
        return self.relabelled(self.columns, names or None, self.table_kind)

    def relabelled(
        self, columns: Sequence[str] | None, component_names: Sequence[str] | None, table_kind: TableKind
    ) -> Mixture:
        """The same distribution with other names and kind of tables; parameters are not checked and computed again."""
        other = copy(self)
        object.__setattr__(other, "columns", as_names(columns, self.n_features, "columns"))
        object.__setattr__(other, "component_names", as_names(component_names, self.n_components, "component_names"))
        object.__setattr__(other, "table_kind", table_kind)
        return other

    def without_noise(self) -> Mixture:
        """The mixture of the Gaussian components alone, their weights rescaled to sum to one."""
        if self.noise is None:
            return self
        # 0 is counted anew: the region may have been known, and given no parameters.
        count = max(self.n_parameters - 2, 0)
        return replace(self, weights=assembly.rescale_weights(self.weights, 1.0), noise=None, n_parameters=count)

    def to_json(self) -> str:
        """The mixture as JSON text; `from_json` restores the same bits.

        Examples
        --------
        >>> from mixtura import DenseCovariance, Mixture
        >>> Mixture.from_json(Mixture([1.0], [[0.1]], DenseCovariance(np.ones((1, 1, 1)), 1)).to_json()).means.item()
        0.1
        """
        return model_file.model_to_json(self)

    @classmethod
    def from_json(cls, text: str) -> Mixture:
        """Read a mixture from JSON text that `to_json` returned; everything is checked and nothing executed.

        Raises
        ------
        DataError
            If the text is not JSON of this format and version, or not a mixture: the message says what is wrong.
        """
        return cls(**model_file.mixture_parameters(model_file.model_content(text)))
