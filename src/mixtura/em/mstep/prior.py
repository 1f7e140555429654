"""A conjugate prior on means and covariances (Fraley & Raftery 2007, J. Classif. 24, 155-181).

In the M-step it counts as rows that nobody has seen: some weight, a mean, and a scatter for each component. Added to
the statistics they make the M-step of any covariance model maximise the expected log-likelihood plus

    -1/2 sum_k  c log|S_k| + tr(s L / S_k) + kappa (m_k - mu)' / S_k (m_k - mu),

the log-density of the prior but for a constant, with shrinkage kappa, prior mean mu and scale matrix L. How c comes
from the degrees of freedom, and s, is the model's (`SHARES`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from mixtura._support import Array, as_amount
from mixtura.data import Source
from mixtura.errors import ParameterError
from mixtura.kernels import accumulate, sum_over_blocks
from mixtura.mixture import Mixture
from mixtura.stats import Stats, as_scatter, outer

# From degrees of freedom nu, dimensions d, components k, and whether means are shrunk, too (m, 1 or 0): c and s.
Share: TypeAlias = Callable[[float, int, int, int], tuple[float, float]]

# mclust adds a scatter for VEV, and no weight; so little keeps the volume of an empty component finite.
KEEP = 1e-6

# What components share, the prior knows once. These are what mclust's EM adds, as measured; it knows no prior for VEE,
# EVE, VVE and EVV: there it is an inverse Wishart density for each volume, VEE and VVE as VVV, EVE and EVV as EEV.
SHARES: dict[str, Share] = {
    "EII": lambda nu, d, k, m: ((nu + 2) / (d * k) + m, 0),
    "VII": lambda nu, d, _, m: ((nu + 2) / d + m, 1 / d),
    "EEI": lambda nu, _, k, m: ((nu + 1 + m) / k, 1 / k),
    "VEI": lambda nu, d, _, m: ((nu + 2 + m) / d, 1),
    "EVI": lambda nu, _, k, m: ((nu + 1 + m) / k, 1),
    "VVI": lambda nu, _, __, m: (nu + 2 + m, 1),
    "EEE": lambda nu, d, k, m: ((nu + d + 1) / k + m, 1 / k),
    "VEE": lambda nu, d, _, m: (nu + d + 1 + m, 1),
    "EVE": lambda nu, d, k, m: ((nu + d + 1 + m) / k, 1),
    "VVE": lambda nu, d, _, m: (nu + d + 1 + m, 1),
    "EEV": lambda nu, d, k, m: ((nu + d + 1 + m) / k, 1),
    "VEV": lambda _, __, ___, ____: (KEEP, 1),
    "EVV": lambda nu, d, k, m: ((nu + d + 1 + m) / k, 1),
    "VVV": lambda nu, d, _, m: (nu + d + 1 + m, 1),
}


@dataclass(frozen=True, slots=True, eq=False)
class ConjugatePrior:
    """Normal inverse-Wishart prior of each component (Fraley & Raftery 2007); mclust's ``priorControl``.

    It keeps covariances away from zero where a component holds few rows, and hardly changes others. A covariance S has
    the density of an inverse Wishart variate with ``dof`` degrees of freedom and matrix ``scale``; the mean, given S,
    that of a normal one with ``mean`` and covariance S / ``shrinkage``. What components share has the prior once.

    Parameters
    ----------
    shrinkage : float
        How many rows the prior mean counts as; 0 leaves means alone.
    mean : array-like of shape (d,), optional
        Default: the mean of all rows.
    dof : float, optional
        Default: d + 2.
    scale : array-like of shape (d, d), or float, optional
        Default: the covariance matrix of all rows, shrunk by k^(-2/d). Models without axes use the mean of its
        diagonal in all columns, so with a prior their fits depend on the columns' units.

    Examples
    --------
    >>> import mixtura
    >>> rows = [0.0, 0.2, 0.4, 5.0]
    >>> fit = mixtura.fit(rows, start=[0, 0, 0, 1], prior=mixtura.ConjugatePrior(shrinkage=0))
    >>> fit.mixture.covariances.dense().ravel().round(3).tolist()
    [0.191, 0.241]
    """

    shrinkage: float = 0.01
    mean: Any = None
    dof: float | None = None
    scale: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class NormalInverseWishart:
    """A prior that knows the data.

    Attributes
    ----------
    shrinkage : float
    mean : ndarray of shape (d,)
    dof : float
    root : ndarray of shape (d, d)
        Rows whose scatter about zero is the scale matrix.
    fixed : bool
        Whether that does not depend on the number of components.
    given : ConjugatePrior
        What the caller asked for.
    unit : float
        The weight of one row.
    """

    shrinkage: float
    mean: Array
    dof: float
    root: Array
    fixed: bool
    given: ConjugatePrior
    unit: float = 1.0

    def shrink_means(self, stats: Stats) -> Stats:
        """The statistics with the rows at the prior mean that pull at each component's mean."""
        pull, n = self.unit * self.shrinkage, stats.weight
        part = np.divide(pull, n + pull, out=np.zeros_like(n), where=n + pull > 0)
        away = stats.mean - self.mean
        scatter = stats.scatter + outer(part * n, away, stats.scatter_kind)
        return replace(stats, weight=n + pull, mean=stats.mean - part[:, None] * away, scatter=scatter)

    def add_scale(self, stats: Stats, model: str) -> Stats:
        """What `shrink_means` has made, with the weight and the scatter that the prior adds for a covariance model."""
        k = len(stats.weight)
        count, root = self._share(model, k)
        one = (root**2).sum(axis=0) if stats.scatter_kind == "diagonal" else root.T @ root
        added = as_scatter(np.ones(k), np.broadcast_to(one, (k, *one.shape)), stats.scatter_kind)
        weight = stats.weight + (count - self.unit * self.shrinkage)
        return replace(stats, weight=weight, scatter=stats.scatter + added)

    def for_kernel(self, model: str, k: int) -> tuple[float, float, Array, Array]:
        """The same for the kernel: weights that pull and that are added, the mean, and rows whose scatter is added."""
        count, root = self._share(model, k)
        return self.unit * self.shrinkage, count, self.mean, root

    def log_density(self, mixture: Mixture, model: str) -> float:
        """Of a mixture of a covariance model, but for a constant."""
        k, spread = mixture.n_components, mixture.covariances
        count, root = self._share(model, k)
        away = np.sqrt(self.unit * self.shrinkage) * (mixture.means - self.mean)
        white = [spread.whiten(j, np.vstack([root, away[j : j + 1]])) for j in range(k)]
        return float(-0.5 * (count * spread.logdet().sum() + np.sum(np.square(white))))

    def _share(self, model: str, k: int) -> tuple[float, Array]:
        """What each component's weight grows by, and rows whose scatter about zero its own grows by."""
        d = len(self.mean)
        count, share = SHARES[_distinct(model, d, k)](self.dof, d, k, int(self.shrinkage > 0))
        shrunk = 1.0 if self.fixed else k ** (-1 / d)
        root = self.root if model[2] != "I" else np.sqrt(np.square(self.root).sum() / d) * np.eye(d)
        return self.unit * count, np.sqrt(self.unit * share) * shrunk * root


def _distinct(model: str, d: int, k: int) -> str:
    """The model that stands for all that are the same: those of one dimension, and of one component."""
    if d == 1:
        return {"E": "EEE", "V": "VVV"}[model[0]]
    if k == 1:
        return {"I": "VII"}.get(model[1], {"I": "VVI"}.get(model[2], "VVV"))
    return model


def as_prior(prior: Any) -> ConjugatePrior | None:
    """Check a prior.

    Examples
    --------
    >>> as_prior("conjugate")
    ConjugatePrior(shrinkage=0.01, mean=None, dof=None, scale=None)
    >>> as_prior("wide")
    Traceback (most recent call last):
    mixtura.errors.ParameterError: prior is 'wide'; expected None, 'conjugate', or a mixtura.ConjugatePrior
    """
    given = ConjugatePrior() if isinstance(prior, str) and prior == "conjugate" else prior
    if not (given is None or isinstance(given, ConjugatePrior)):
        raise ParameterError(f"prior is {prior!r}; expected None, 'conjugate', or a mixtura.ConjugatePrior")
    return given


def as_plain(prior: ConjugatePrior | None) -> dict[str, Any] | None:
    """A prior in plain values, for JSON.

    Examples
    --------
    >>> as_plain(ConjugatePrior(mean=np.zeros(1)))
    {'shrinkage': 0.01, 'mean': [0.0], 'dof': None, 'scale': None}
    """
    if prior is None:
        return None
    values = {name: getattr(prior, name) for name in ("shrinkage", "mean", "dof", "scale")}
    return {name: value if value is None else np.asarray(value).tolist() for name, value in values.items()}


def as_penalty(prior: Any, source: Source) -> NormalInverseWishart | None:
    """What a prior amounts to on these data; None where there is none."""
    given = as_prior(prior)
    if given is None:
        return None
    d = source.n_features
    whole = source.sum(sum_over_blocks(lambda chunk: accumulate(chunk, np.ones((len(chunk.rows), 1)), "full")))
    counted = max(whole.total, source.n_rows)
    spread = whole.scatter[0] / whole.total * (counted / max(counted - 1, 1))
    if counted <= d:
        spread = np.diag(np.diag(spread))
    dof = d + 2.0 if given.dof is None else as_amount(given.dof, "prior: dof")
    return NormalInverseWishart(
        as_amount(given.shrinkage, "prior: shrinkage"),
        whole.mean[0] if given.mean is None else _as_mean(given.mean, d),
        dof,
        _rows_of(spread if given.scale is None else _as_scale(given.scale, d)),
        fixed=given.scale is not None,
        given=given,
        unit=whole.total / counted,
    )


def _as_numbers(values: Any) -> Array:
    """An array of floats; a NaN where it is none."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        return np.array(np.nan)


def _as_mean(mean: Any, d: int) -> Array:
    """Check a prior mean."""
    given = _as_numbers(mean)
    if given.shape != (d,) or not np.isfinite(given).all():
        raise ParameterError(f"prior: mean is {mean!r}; expected {d} finite numbers")
    return given


def _as_scale(scale: Any, d: int) -> Array:
    """Check a scale matrix, or make one of a number."""
    given = _as_numbers(scale)
    matrix = np.diag(np.full(d, given)) if given.ndim == 0 else given
    symmetric = matrix.shape == (d, d) and np.isfinite(matrix).all() and np.allclose(matrix, matrix.T)
    if not symmetric or np.linalg.eigvalsh(matrix)[0] < 0:
        raise ParameterError(
            f"prior: scale has shape {given.shape}; expected a number that is not negative, or a symmetric positive "
            f"semi-definite matrix of shape ({d}, {d})"
        )
    return matrix


def _rows_of(matrix: Array) -> Array:
    """Rows (d, d) whose scatter about zero a matrix is."""
    values, axes = np.linalg.eigh(matrix)
    return np.asarray((axes * np.sqrt(np.maximum(values, 0))).T)
