"""The Gaussian mixture: an immutable distribution that knows nothing about how it was fitted."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
from mixtura.errors import ParameterError
from mixtura.kernels import Affine
from mixtura.mixture import assembly, deconvolution, distribution, hdr, marginals, model_file, prediction, student
from mixtura.mixture.component_table import component_html, component_records
from mixtura.mixture.impute import impute
from mixtura.mixture.measured_rows import measured_rows
from mixtura.mixture.noise import Noise


@dataclass(frozen=True, eq=False)
class Mixture:
    """A Gaussian mixture: p(x) = sum_j w_j N(x | m_j, S_j), plus w_0 / V where there is noise in a region of volume V.

    With ``degrees_of_freedom`` components are multivariate t distributions with locations m_j and scale matrices S_j.

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
    degrees_of_freedom : array-like of shape (k,), or float, optional
        Of t components, whose tails are the heavier the fewer they are; infinite ones are of Gaussian components. The
        covariance of a t component is nu / (nu - 2) times its scale matrix, and infinite for nu of at most 2.

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
    degrees_of_freedom: Array | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "covariances", assembly.as_covariances(self.covariances))
        weights, means = assembly.check_parameters(self.weights, self.means, self.covariances, self.noise)
        k, d = means.shape
        tails = student.as_degrees_of_freedom(self.degrees_of_freedom, k)
        stored = k - 1 + k * d + self.covariances.n_parameters + (2 if self.noise else 0)
        stored += 0 if tails is None else int(np.isfinite(tails).sum())
        assembly.set_fields(
            self,
            degrees_of_freedom=tails,
            weights=weights,
            means=means,
            columns=as_names(self.columns, d, "columns"),
            component_names=as_names(self.component_names, k, "component_names"),
            n_parameters=as_count(self.n_parameters, "n_parameters", least=0) or stored,
        )

    def __repr__(self) -> str:
        noise = " and noise" if self.noise else ""
        kind = "t component" if student.has_t_components(self) else "component"
        shape = f"{format_count(self.n_components, kind)}{noise} in {format_count(self.n_features, 'dimension')}"
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
        """Mean of the mixture, (d,); NaN if a component has at most one degree of freedom, and so no mean."""
        return student.mean_of(self)

    @property
    def covariance(self) -> Array:
        """Covariance matrix, (d, d): infinite or NaN if a component has at most two, or one, degrees of freedom."""
        return student.covariance_of(self)

    @cached_property
    def affine(self) -> Affine:
        """Weighted log-densities of the components, as kernels read them; accurate far from the origin, too."""
        tails = self.degrees_of_freedom if student.has_t_components(self) else None
        return assembly.affine_maps(self.weights, self.means, self.covariances, self.noise, tails)

    cdf = distribution.cdf
    deconvolve = deconvolution.deconvolve
    impute = impute
    log_joint = prediction.log_joint
    logpdf = prediction.logpdf
    posterior = prediction.posterior
    predict = prediction.predict
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
        tails = None if self.degrees_of_freedom is None else self.degrees_of_freedom[kept]
        parts: dict[str, Any] = {"weights": weights, "means": self.means[kept], "component_names": names}
        parts |= {"covariances": self.covariances.select(kept), "degrees_of_freedom": tails}
        return replace(self, **parts, n_parameters=0)

    def named(self, *names: str) -> Mixture:
        """The mixture with names for its components, one for each; none at all takes the names away."""
        return self.relabelled(self.columns, names or None, self.table_kind)

    def relabelled(
        self, columns: Sequence[str] | None, component_names: Sequence[str] | None, table_kind: TableKind
    ) -> Mixture:
        """The same distribution with other names and kind of tables; parameters are not checked and computed again."""
        other = copy(self)
        names = as_names(columns, self.n_features, "columns")
        own = as_names(component_names, self.n_components, "component_names")
        assembly.set_fields(other, columns=names, component_names=own, table_kind=table_kind)
        return other

    def without_noise(self) -> Mixture:
        """The mixture of the components without noise, their weights rescaled to sum to one."""
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
