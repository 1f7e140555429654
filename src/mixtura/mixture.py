"""The mixture: an immutable distribution that knows nothing about how it was fitted."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura import kernels, schema
from mixtura.arrays import as_count, as_matching_rows, as_names, as_positions, as_rng, frozen
from mixtura.covariance import Covariance
from mixtura.data import Array, Rng, Rows, Scalar, shares
from mixtura.density import Affine
from mixtura.errors import DataError, ParameterError
from mixtura.logdomain import log_or_minus_inf
from mixtura.threads import in_order

# Squared distances that overflow stay finite, so that no row, however far, yields NaN.
_FARTHEST = 1e300


@dataclass(frozen=True, eq=False)
class Mixture:
    """A Gaussian mixture: p(x) = sum_k w_k N(x | m_k, S_k).

    Parameters
    ----------
    weights : array-like of shape (k,)
        Not negative; they sum to one.
    means : array-like of shape (k, d)
    covariances : Covariance
        `mixtura.Dense` or `mixtura.Diagonal`; ``covariances[j]`` is component j's matrix, ``covariances.dense()``
        all of them.
    columns : sequence of str, optional
        Names of the d dimensions.
    components : sequence of str, optional
        Names of the k components.
    n_parameters : int, optional
        Free parameters of weights, means and covariances; counted from what is stored unless given (a model
        with constraints, such as equal axes, has fewer).

    Raises
    ------
    DataError
        If shapes do not fit, weights are no probabilities, or a covariance matrix is not positive definite.

    Examples
    --------
    >>> from mixtura import Dense, Mixture
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [4.0]], Dense(np.ones((1, 1, 1)), n_components=2))
    >>> mixture.logpdf([[0.0], [2.0]]).round(4).tolist()
    [-1.6118, -2.9189]
    >>> mixture.predict([[-1.0], [3.0]]).tolist()
    [0, 1]
    """

    weights: Array
    means: Array
    covariances: Covariance
    columns: tuple[str, ...] | None = None
    components: tuple[str, ...] | None = None
    n_parameters: int = 0

    def __post_init__(self) -> None:
        weights, means, k, d = self._checked()
        stored = k - 1 + k * d + self.covariances.n_parameters
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "means", means)
        object.__setattr__(self, "columns", as_names(self.columns, d, "columns"))
        object.__setattr__(self, "components", as_names(self.components, k, "components"))
        object.__setattr__(self, "n_parameters", as_count(self.n_parameters, "n_parameters", least=0) or stored)

    def _checked(self) -> tuple[Array, Array, int, int]:
        """Weights, means, and their shape (k, d), if all is as it should be."""
        weights, means = frozen(self.weights, "weights"), frozen(self.means, "means")
        if not hasattr(self.covariances, "logdet"):
            raise DataError("covariances are no Covariance; pass mixtura.Dense(matrices, k) or mixtura.Diagonal(...)")
        if means.ndim != 2 or 0 in means.shape or weights.shape != means.shape[:1]:
            raise DataError(f"weights have shape {weights.shape} and means {means.shape}; expected (k,) and (k, d)")
        k, d = means.shape
        if (self.covariances.n_components, self.covariances.n_features) != (k, d):
            raise DataError(
                f"covariances are for {self.covariances.n_components} components in "
                f"{self.covariances.n_features} dimensions; the means have {k} and {d}"
            )
        if not (weights.min() >= 0 and abs(weights.sum() - 1) < 1e-6):  # NaN compares false
            raise DataError(f"weights are {weights.tolist()}; expected probabilities that sum to one")
        if not np.isfinite(means).all():
            raise DataError(f"the mean of component {np.argwhere(~np.isfinite(means))[0][0]} is not finite")
        self.covariances.logdet()  # raises where a matrix is not positive definite
        return weights, means, k, d

    def __repr__(self) -> str:
        stored = type(self.covariances).__name__
        return f"<Mixture of {self.n_components} components in {self.n_features} dimensions, {stored} covariances>"

    @property
    def n_components(self) -> int:
        """Number of components, k."""
        return len(self.means)

    @property
    def n_features(self) -> int:
        """Number of dimensions, d."""
        return len(self.means[0])

    @property
    def mean(self) -> Array:
        """Mean of the whole distribution, (d,)."""
        return self.weights @ self.means

    @property
    def covariance(self) -> Array:
        """Covariance matrix of the whole distribution, (d, d): within plus between components."""
        delta = self.means - self.mean
        within = np.einsum("k,kij->ij", self.weights, self.covariances.dense())
        return within + (self.weights[:, None] * delta).T @ delta

    @cached_property
    def affine(self) -> Affine:
        """Log densities as affine maps of the rows, for the kernels; exact far from the origin, too."""
        shift = self.mean
        form, factors = self.covariances.affine()
        centres = self.means - shift
        offsets = centres * factors if form == "diagonal" else (centres[:, None, :] @ factors)[:, 0]
        logdet = self.covariances.logdet() + self.n_features * math.log(2 * math.pi)
        return Affine(form, shift, log_or_minus_inf(self.weights) - 0.5 * logdet, factors, offsets, self.means)

    def log_joint(self, rows: Rows) -> Array:
        """Log of w_k N(x | m_k, S_k) for each checked row and component, (n, k)."""
        affine, result = self.affine, np.empty((len(rows), self.n_components))
        shifted = rows - affine.shift  # float64, whatever the rows' dtype
        for j in range(self.n_components):
            white = self.covariances.whiten(j, shifted) - affine.offsets[j]
            distance = np.einsum("ij,ij->i", white, white)
            result[:, j] = affine.constants[j] - 0.5 * np.minimum(distance, _FARTHEST)
        return result

    def logpdf(self, X: Any) -> Array:
        """Log-density of each row, (n,), a block of rows at a time.

        Examples
        --------
        >>> from mixtura import Dense, Mixture
        >>> Mixture([1.0], [[0.0]], Dense(np.ones((1, 1, 1)), 1)).logpdf([[0.0]]).round(4).tolist()
        [-0.9189]
        """
        return self._by_chunk(X, kernels.log_density)

    def posterior(self, X: Any) -> Array:
        """Responsibilities: the probability of each component given the row (Bayes' rule), (n, k).

        Examples
        --------
        >>> from mixtura import Dense, Mixture
        >>> mixture = Mixture([0.5, 0.5], [[0.0], [4.0]], Dense(np.ones((1, 1, 1)), 2))
        >>> mixture.posterior([[2.0]]).tolist()
        [[0.5, 0.5]]
        """
        return self._by_chunk(X, kernels.posterior)

    def predict(self, X: Any) -> NDArray[np.int64]:
        """Most probable component of each row, (n,); the first where several tie."""
        return self._by_chunk(X, kernels.labels)

    def _by_chunk(self, X: Any, f: Callable[[Mixture, Rows], NDArray[Scalar]]) -> NDArray[Scalar]:
        """What a kernel makes of each chunk of rows, put together."""
        rows = self.check_rows(X)
        parts = in_order(lambda part: f(self, rows[part]), shares(*rows.shape))
        return np.concatenate(parts) if len(parts) > 1 else parts[0]

    def check_rows(self, X: Any) -> Rows:
        """Check rows against this mixture's dimensions; a table's columns are matched by name.

        Raises
        ------
        DataError
            If a column is missing, their number differs, or a value is not finite.
        """
        return as_matching_rows(X, self.columns, self.n_features)

    def sample(self, n: int, seed: int | Rng | None = None) -> tuple[Array, NDArray[np.int64]]:
        """Draw ``n`` independent rows.

        Returns
        -------
        rows : ndarray of shape (n, d)
        labels : ndarray of shape (n,)
            The component that each row came from.

        Examples
        --------
        >>> from mixtura import Dense, Mixture
        >>> rows, labels = Mixture([1.0], [[0.0, 0.0]], Dense(np.eye(2)[None], 1)).sample(5, seed=0)
        >>> rows.shape, labels.tolist()
        ((5, 2), [0, 0, 0, 0, 0])
        """
        rng = as_rng(seed)
        labels = rng.choice(self.n_components, size=as_count(n, "n"), p=self.weights / self.weights.sum())
        rows = rng.standard_normal(size=(n, self.n_features))
        for j in range(self.n_components):
            own = labels == j
            rows[own] = self.means[j] + self.covariances.colour(j, rows[own])
        return rows, labels.astype(np.int64)

    def marginal(self, columns: Sequence[int | str]) -> Mixture:
        """The distribution of some columns, given by name or number; again a mixture.

        Examples
        --------
        >>> from mixtura import Diagonal, Mixture
        >>> mixture = Mixture([1.0], [[1.0, 2.0]], Diagonal(np.array([[1.0, 4.0]]), 1, 2), columns=("a", "b"))
        >>> mixture.marginal(["b"]).means.tolist()
        [[2.0]]
        """
        keep = as_positions(columns, self.columns, self.n_features)
        if not len(keep):
            raise ParameterError("columns is empty; name at least one column to keep")
        names = tuple(self.columns[j] for j in keep) if self.columns else None
        spread = self.covariances.marginal(keep)
        return replace(self, means=self.means[:, keep], covariances=spread, columns=names, n_parameters=0)

    def condition(self, columns: Sequence[int | str], values: Sequence[float]) -> Mixture:
        """The distribution of the other columns where these have the given values; again a mixture.

        Weights become the posterior of the components given the values, means follow the linear regression of
        the other columns, and covariances are Schur complements (Bishop 2006, equations 2.81 and 2.82).

        Examples
        --------
        >>> from mixtura import Dense, Mixture
        >>> mixture = Mixture([1.0], [[0.0, 0.0]], Dense(np.array([[[1.0, 0.5], [0.5, 1.0]]]), 1))
        >>> given = mixture.condition([0], [2.0])
        >>> given.means.item(), given.covariances.dense().item()
        (1.0, 0.75)
        """
        given = as_positions(columns, self.columns, self.n_features)
        point = frozen(values)
        if point.shape != given.shape or not np.isfinite(point).all():
            raise ParameterError(f"values are {values!r}; expected one finite number for each of {list(columns)!r}")
        keep = np.setdiff1d(np.arange(self.n_features), given)
        if not len(keep):
            raise ParameterError("all columns are given; leave at least one out of columns")
        weights = self.marginal([int(j) for j in given]).posterior(point[None])[0]
        moved, covariances = self.covariances.condition(given, keep, point - self.means[:, given])
        names = tuple(self.columns[j] for j in keep) if self.columns else None
        return Mixture(weights, self.means[:, keep] + moved, covariances, names, self.components)

    def select(self, components: NDArray[Any]) -> Mixture:
        """Keep some components (indices or a mask); weights are normalised again."""
        kept = np.arange(self.n_components)[components]
        weights = self.weights[kept] / self.weights[kept].sum()
        names = tuple(self.components[j] for j in kept) if self.components else None
        return Mixture(weights, self.means[kept], self.covariances.select(kept), self.columns, names)

    def to_json(self) -> str:
        """Write everything as JSON; `from_json` gives the same bits back.

        Examples
        --------
        >>> from mixtura import Dense, Mixture
        >>> Mixture.from_json(Mixture([1.0], [[0.1]], Dense(np.ones((1, 1, 1)), 1)).to_json()).means.item()
        0.1
        """
        return schema.write(
            {
                "weights": self.weights.tolist(),
                "means": self.means.tolist(),
                "covariances": self.covariances.to_dict(),
                "columns": self.columns,
                "components": self.components,
                "n_parameters": self.n_parameters,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Mixture:
        """Read what `to_json` wrote; nothing in it is executed, everything is checked.

        Raises
        ------
        DataError
            If the text is not JSON of this format and version, or not a mixture: the message says what is wrong.
        """
        return cls(**schema.read(text))
