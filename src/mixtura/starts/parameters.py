"""Starts from given parameters; those not given are estimated from a partition of the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mixtura._support import Array, Index, LazyModule, Rng, frozen_array, log_or_minus_inf
from mixtura.covariance import Covariance, DenseCovariance, DiagonalCovariance
from mixtura.data import Chunk
from mixtura.em import Problem, reseed_empty
from mixtura.errors import ParameterError
from mixtura.kernels import accumulate, sum_over_blocks
from mixtura.mixture import Mixture, as_covariances
from mixtura.starts.kmeans import kmeans
from mixtura.stats import Stats

optimize = LazyModule("scipy.optimize")


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """Start from given parameters; the others are their maximum likelihood estimates on a partition of the rows.

    If the means are given, each row is assigned to its most probable component, with the given weights and covariances
    or else equal ones. Otherwise the clusters of another start are matched with the components, so that the rows'
    likelihood under the given weights and covariances is largest.

    Attributes
    ----------
    weights : array-like of shape (k,), optional
        Weights of the components, which sum to one.
    means : array-like of shape (k, d), optional
    precisions : array-like of shape (k, d, d), optional
        Inverse covariance matrices.
    covariances : array-like of shape (k, d, d) or (k, d), or Covariance, optional
        Covariance matrices, or variances of diagonal ones, instead of precisions.
    rest : callable
        The other start, used if the means are not given.

    Examples
    --------
    >>> import mixtura
    >>> start = mixtura.Parameters(means=[[9.0], [0.0]])
    >>> mixtura.fit([0.0, 1.0, 2.0, 8.0, 9.0], 2, start=start).mixture.means.round(6).tolist()
    [[8.5], [1.0]]
    """

    weights: Any = None
    means: Any = None
    precisions: Any = None
    covariances: Any = None
    rest: Any = kmeans

    def __post_init__(self) -> None:
        if self.covariances is not None and self.precisions is not None:
            raise ParameterError("start: covariances and precisions are both given; leave one of them out")
        if self.covariances is not None:
            object.__setattr__(self, "covariances", as_covariances(self.covariances))

    def __call__(self, problem: Problem, k: int, rng: Rng) -> Mixture:
        given = self.present(k)
        if len(given) == 3:
            mixture = Mixture(**given)
        else:
            sizes = {name: value.n_components if name == "covariances" else len(value) for name, value in given.items()}
            wrong = [name for name, size in sizes.items() if size != k]
            if wrong:
                raise ParameterError(f"n_components is {k}, but the start has {sizes[wrong[0]]} {wrong[0]}")
            mixture = _completed(problem, k, rng, self.rest, given)
        if mixture.n_components != k:
            raise ParameterError(f"n_components is {k}, but the start has {mixture.n_components} components")
        return mixture

    @property
    def n_components(self) -> int | None:
        """Number of components of the given parameters; None if no parameter is given."""
        rows = next((each for each in (self.weights, self.means, self.precisions) if each is not None), None)
        if rows is None:
            return None if self.covariances is None else int(self.covariances.n_components)
        return len(rows)

    def present(self, k: int) -> dict[str, Any]:
        """The given parameters by name, with precisions inverted to covariances."""
        every = {
            "weights": None if self.weights is None else frozen_array(self.weights, "weights"),
            "means": None if self.means is None else frozen_array(self.means, "means"),
            "covariances": self.covariances if self.precisions is None else _inverted(self.precisions, k),
        }
        return {name: value for name, value in every.items() if value is not None}


@dataclass(frozen=True, slots=True, eq=False)
class FromMixture:
    """Start from a mixture."""

    mixture: Mixture

    def __call__(self, problem: Problem, k: int, rng: Rng) -> Mixture:
        """The mixture, whatever the problem."""
        return self.mixture


def _inverted(precisions: Any, k: int) -> DenseCovariance:
    """Covariances from precision matrices, by their Cholesky factors."""
    matrices = frozen_array(precisions, "precisions")
    if matrices.ndim != 3 or matrices.shape[0] != k or matrices.shape[1] != matrices.shape[2]:
        raise ParameterError(f"precisions have shape {matrices.shape}; expected ({k}, d, d)")
    return DenseCovariance.from_precisions(matrices, *matrices.shape[:2])


def _completed(problem: Problem, k: int, rng: Rng, rest: Any, given: dict[str, Any]) -> Mixture:
    """The mixture of an M-step on a partition, with the given parameters held fixed."""
    stats = _nearest(problem, k, given) if "means" in given else rest(problem, k, rng)
    stats, _ = reseed_empty(problem, stats, rng)
    base, _ = problem.mstep(stats)
    if "means" not in given:
        order = _match_clusters(base, given)
        stats, base = stats.select(order), base.select(order)
    masks: dict[str, Any] = dict.fromkeys(given, np.ones(k, dtype=bool))
    mixture, _ = problem.mstep.all_free.with_fixed(replace(base, **given), masks)(stats, base)
    return replace(mixture, n_parameters=0)


def _nearest(problem: Problem, k: int, given: dict[str, Any]) -> Stats:
    """Statistics of the partition of rows by the most probable component under the given parameters."""
    d = problem.source.n_features
    spread = given.get("covariances") or DiagonalCovariance(problem.scale[None], k, d)
    view = Mixture(given.get("weights", np.full(k, 1 / k)), given["means"], spread)
    members = np.eye(k)
    scatter_kind = problem.mstep.scatter_kind

    def chunk_stats(chunk: Chunk) -> Stats:
        return accumulate(chunk, members[view.log_joint(chunk.rows).argmax(axis=1)], scatter_kind)

    return problem.source.sum(sum_over_blocks(chunk_stats, k))


def _match_clusters(base: Mixture, given: dict[str, Any]) -> Index:
    """Index of the cluster for each component, (k,), by which the likelihood of the partition is largest."""
    k = base.n_components
    gain = np.zeros((k, k))  # of cluster i as component j
    if "weights" in given:
        logs = np.maximum(log_or_minus_inf(given["weights"]), np.finfo(np.float64).min / 4)
        gain += base.weights[:, None] * logs
    if "covariances" in given:
        gain -= 0.5 * base.weights[:, None] * _mismatch(base.covariances.dense(), given["covariances"])
    return np.asarray(optimize.linear_sum_assignment(-gain.T)[1])


def _mismatch(matrices: Array, covariances: Covariance) -> Array:
    """log|S_j| + tr(S_j^-1 C_i) for matrices C_i and covariances S_j, as an array (i, j)."""
    roots = np.linalg.cholesky(matrices)
    traces = [[(covariances.whiten(j, root.T) ** 2).sum() for j in range(covariances.n_components)] for root in roots]
    return np.array(traces) + covariances.logdet()
