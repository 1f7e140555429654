"""Starts from parameters, all of them or some; the others are fitted to them."""

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
from mixtura.mixture import Mixture
from mixtura.starts.kmeans import kmeans
from mixtura.stats import Stats

optimize = LazyModule("scipy.optimize")


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """Start from parameters; those not given are the likeliest ones beside these for a partition of the rows.

    Where the means are given, each row joins the component it is nearest to: by the given covariances and weights, or
    else by equal ones. Where they are not, clusters of another start are dealt out to the components so that their
    rows are the likeliest under the weights and covariances that are given.

    Attributes
    ----------
    weights : array-like of shape (k,), optional
    means : array-like of shape (k, d), optional
    precisions : array-like of shape (k, d, d), optional
        Inverse covariance matrices.
    covariances : Covariance, optional
        Instead of precisions.
    rest : callable
        The other start, where the means are not given.

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
    covariances: Covariance | None = None
    rest: Any = kmeans

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
        """How many components the parameters are for; None where none are given."""
        rows = next((each for each in (self.weights, self.means, self.precisions) if each is not None), None)
        if rows is None:
            return self.covariances.n_components if self.covariances else None
        return len(rows)

    def present(self, k: int) -> dict[str, Any]:
        """The parameters that are given."""
        every = {
            "weights": None if self.weights is None else frozen_array(self.weights, "weights"),
            "means": None if self.means is None else frozen_array(self.means, "means"),
            "covariances": self.covariances if self.precisions is None else _inverted(self.precisions, k),
        }
        return {name: value for name, value in every.items() if value is not None}


def _inverted(precisions: Any, k: int) -> DenseCovariance:
    """Covariances from precision matrices, by their Cholesky factors."""
    matrices = frozen_array(precisions, "precisions")
    if matrices.ndim != 3 or matrices.shape[0] != k or matrices.shape[1] != matrices.shape[2]:
        raise ParameterError(f"precisions have shape {matrices.shape}; expected ({k}, d, d)")
    return DenseCovariance.from_precisions(matrices, *matrices.shape[:2])


def _completed(problem: Problem, k: int, rng: Rng, rest: Any, given: dict[str, Any]) -> Mixture:
    """The M-step of a partition under which the parameters that are given stay."""
    stats = _nearest(problem, k, given) if "means" in given else rest(problem, k, rng)
    stats, _ = reseed_empty(problem, stats, rng)
    base, _ = problem.mstep(stats)
    if "means" not in given:
        order = _match_clusters(base, given)
        stats, base = stats.select(order), base.select(order)
    masks: dict[str, Any] = dict.fromkeys(given, np.ones(k, dtype=bool))
    mixture, _ = problem.mstep.free.holding(replace(base, **given), masks)(stats, base)
    return replace(mixture, n_parameters=0)


def _nearest(problem: Problem, k: int, given: dict[str, Any]) -> Stats:
    """Statistics of the rows that are nearest to each of the means."""
    d = problem.source.n_features
    spread = given.get("covariances") or DiagonalCovariance(problem.scale[None], k, d)
    view = Mixture(given.get("weights", np.full(k, 1 / k)), given["means"], spread)
    members = np.eye(k)

    def joined(chunk: Chunk) -> Stats:
        return accumulate(chunk, members[view.log_joint(chunk.rows).argmax(axis=1)], problem.mstep.scatter_kind)

    return problem.source.sum(sum_over_blocks(joined, k))


def _match_clusters(base: Mixture, given: dict[str, Any]) -> Index:
    """Which cluster each component gets, so that the sum of the rows' log-likelihoods, each in its own, is largest."""
    k = base.n_components
    gain = np.zeros((k, k))  # of cluster i as component j
    if "weights" in given:
        logs = np.maximum(log_or_minus_inf(given["weights"]), np.finfo(np.float64).min / 4)
        gain += base.weights[:, None] * logs
    if "covariances" in given:
        gain -= 0.5 * base.weights[:, None] * _mismatch(base.covariances.dense(), given["covariances"])
    return np.asarray(optimize.linear_sum_assignment(-gain.T)[1])


def _mismatch(matrices: Array, covariances: Covariance) -> Array:
    """Log-determinant of each S_j plus tr(S_j^-1 C_i), (i, j)."""
    roots = np.linalg.cholesky(matrices)
    traces = [[(covariances.whiten(j, root.T) ** 2).sum() for j in range(covariances.n_components)] for root in roots]
    return np.array(traces) + covariances.logdet()
