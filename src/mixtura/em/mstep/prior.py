"""Priors of means and covariances: a flat one, or a conjugate one (Fraley & Raftery 2007, J. Classif. 24).

In the M-step a conjugate prior has the effect of pseudo-rows: some weight, a mean and a scatter, added to each
component's statistics. With them the M-step of any covariance model maximises the expected log-likelihood plus

    -1/2 sum_k [c log|S_k| + s tr(S_k^-1 L) + kappa (m_k - mu)' S_k^-1 (m_k - mu)],

the log-density of the prior up to a constant, with shrinkage kappa, prior mean mu and scale matrix L. The covariance
model determines c, from the degrees of freedom, and s (`CovarianceModel.pseudo_rows`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from mixtura._support import Array, as_amount, shortened
from mixtura.covariance.models import CovarianceModel
from mixtura.data import Source, Summary
from mixtura.errors import ParameterError
from mixtura.kernels import summarise
from mixtura.mixture import Mixture
from mixtura.stats import Stats, as_scatter, outer


@dataclass(frozen=True, slots=True, eq=False)
class ConjugatePrior:
    """Normal inverse-Wishart prior of each component (Fraley & Raftery 2007); mclust's ``priorControl``.

    It keeps covariances of components with few rows away from zero, and hardly changes others. A covariance S has an
    inverse Wishart distribution with ``dof`` degrees of freedom and scale matrix ``scale``; the mean, given S, a normal
    one with mean ``mean`` and covariance S / ``shrinkage``. A parameter that components share has the prior once.

    Parameters
    ----------
    shrinkage : float
        Number of rows that the prior mean counts as; 0 for no prior of the means.
    mean : array-like of shape (d,), optional
        Prior mean. Default: the mean of all rows.
    dof : float, optional
        Degrees of freedom. Default: d + 2.
    scale : array-like of shape (d, d), or float, optional
        Scale matrix, or its diagonal. Default: the covariance matrix of all rows (only its diagonal if there are no
        more than d rows) times k^(-2/d). Models with axes I use the mean of its diagonal in all columns, so with a
        prior their fits depend on the columns' units.

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


class Prior(Protocol):
    """What an M-step needs of a prior."""

    def shrink_means(self, stats: Stats) -> Stats:
        """The statistics with the prior's rows at the prior mean added to each component."""

    def add_scale(self, stats: Stats, model: CovarianceModel) -> Stats:
        """The result of `shrink_means` with the weight and scatter that the prior adds for a covariance model."""

    def log_density(self, mixture: Mixture, model: CovarianceModel) -> float:
        """Log-density of the prior at a mixture of a covariance model, up to a constant."""

    def for_kernel(self, model: CovarianceModel, k: int) -> tuple[float, float, Array, Array] | None:
        """What is added to the statistics of each of k components, for a kernel's own EM iterations; None if nothing.

        The weight of the rows at the prior mean; the total increase of the weight that divides the scatter; the prior
        mean (d,); and rows (d, d) whose scatter about zero is added.
        """

    def on(self, source: Source) -> Prior:
        """The prior with its defaults computed from other rows."""


@dataclass(frozen=True, slots=True)
class FlatPrior:
    """No prior: the M-step is that of maximum likelihood."""

    def shrink_means(self, stats: Stats) -> Stats:
        """The statistics as given."""
        return stats

    def add_scale(self, stats: Stats, model: CovarianceModel) -> Stats:
        """The statistics as given."""
        return stats

    def log_density(self, mixture: Mixture, model: CovarianceModel) -> float:
        """Log-density up to a constant, 0 for every mixture."""
        return 0.0

    def for_kernel(self, model: CovarianceModel, k: int) -> None:
        """None, since nothing is added to the statistics."""

    def on(self, source: Source) -> FlatPrior:
        """Itself, since it does not depend on the rows."""
        return self


FLAT = FlatPrior()


@dataclass(frozen=True, slots=True, eq=False)
class NormalInverseWishart:
    """A normal inverse-Wishart prior of each component, with all parameters known.

    Attributes
    ----------
    shrinkage : float
        Number of rows that the prior mean counts as.
    mean : ndarray of shape (d,)
        Prior mean.
    dof : float
        Degrees of freedom.
    root : ndarray of shape (d, d)
        Rows whose scatter about zero is the scale matrix, before it is multiplied by k^(-2/d) unless ``fixed``.
    fixed : bool
        Whether the caller gave the scale matrix, so that it does not depend on the number of components k.
    given : ConjugatePrior
        The prior that the caller gave, with None for defaults.
    unit : float
        Sample weight that counts as one row.
    """

    shrinkage: float
    mean: Array
    dof: float
    root: Array
    fixed: bool
    given: ConjugatePrior
    unit: float = 1.0

    def on(self, source: Source) -> Prior:
        """The prior with its defaults computed from other rows."""
        return with_data(self.given, summarise(source, full=True))

    def shrink_means(self, stats: Stats) -> Stats:
        """The statistics with ``shrinkage`` rows at the prior mean added to each component."""
        pull, n = self.unit * self.shrinkage, stats.moment_weight
        part = np.divide(pull, n + pull, out=np.zeros_like(n), where=n + pull > 0)
        away = stats.mean - self.mean
        scatter = stats.scatter + outer(part * n, away, stats.scatter_kind)
        scales = stats.scales and replace(stats.scales, weight=n + pull)
        mean = stats.mean - part[:, None] * away
        return replace(stats, weight=stats.weight + pull, mean=mean, scatter=scatter, scales=scales)

    def add_scale(self, stats: Stats, model: CovarianceModel) -> Stats:
        """The result of `shrink_means` with the weight and scatter that the prior adds for a covariance model."""
        k = len(stats.weight)
        count, root = self._counts(model, k)
        one = (root**2).sum(axis=0) if stats.scatter_kind == "diagonal" else root.T @ root
        added = as_scatter(np.ones(k), np.broadcast_to(one, (k, *one.shape)), stats.scatter_kind)
        weight = stats.weight + (count - self.unit * self.shrinkage)
        return replace(stats, weight=weight, scatter=stats.scatter + added)

    def for_kernel(self, model: CovarianceModel, k: int) -> tuple[float, float, Array, Array]:
        """What is added to the statistics of each component, for a kernel's own EM iterations: see `Prior`."""
        count, root = self._counts(model, k)
        return self.unit * self.shrinkage, count, self.mean, root

    def log_density(self, mixture: Mixture, model: CovarianceModel) -> float:
        """Log-density of the prior at a mixture of a covariance model, up to a constant."""
        k, covariances = mixture.n_components, mixture.covariances
        count, root = self._counts(model, k)
        away = np.sqrt(self.unit * self.shrinkage) * (mixture.means - self.mean)
        white = [covariances.whiten(j, np.vstack([root, away[j : j + 1]])) for j in range(k)]
        return float(-0.5 * (count * covariances.logdet().sum() + np.sum(np.square(white))))

    def _counts(self, model: CovarianceModel, k: int) -> tuple[float, Array]:
        """Total increase of each component's weight, and rows (d, d) whose scatter about zero is added to its own."""
        d = len(self.mean)
        rows = model.pseudo_rows(self.dof, k, d, shrinks_means=self.shrinkage > 0)
        shrunk = 1.0 if self.fixed else k ** (-1 / d)
        root = np.sqrt(np.square(self.root).sum() / d) * np.eye(d) if rows.isotropic else self.root
        return self.unit * rows.weight, np.sqrt(self.unit * rows.scale) * shrunk * root


def as_prior(prior: Any) -> ConjugatePrior | None:
    """Check a prior that a user gave: None, "conjugate" for the default one, or a `ConjugatePrior`.

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
    """The parameters of a prior as plain values, for JSON.

    Examples
    --------
    >>> as_plain(ConjugatePrior(mean=np.zeros(1)))
    {'shrinkage': 0.01, 'mean': [0.0], 'dof': None, 'scale': None}
    """
    if prior is None:
        return None
    values = {name: getattr(prior, name) for name in ("shrinkage", "mean", "dof", "scale")}
    return {name: value if value is None else np.asarray(value).tolist() for name, value in values.items()}


def with_data(prior: Any, summary: Summary) -> Prior:
    """A prior with its defaults computed from the moments of the data.

    Parameters
    ----------
    prior : None, "conjugate" or ConjugatePrior
    summary : Summary
        Of all rows, with full scatter.

    Examples
    --------
    >>> from mixtura.data import ArraySource
    >>> from mixtura.kernels import summarise
    >>> with_data(None, summarise(ArraySource.of([[0.0], [2.0]])))
    FlatPrior()
    """
    given = as_prior(prior)
    if given is None:
        return FLAT
    d = len(summary.mean)
    counted = max(summary.weight, summary.n_rows)
    spread = summary.scatter / summary.weight * (counted / max(counted - 1, 1))
    if counted <= d:
        spread = np.diag(np.diag(spread))
    dof = d + 2.0 if given.dof is None else as_amount(given.dof, "prior: dof")
    return NormalInverseWishart(
        as_amount(given.shrinkage, "prior: shrinkage"),
        summary.mean if given.mean is None else _as_mean(given.mean, d),
        dof,
        _rows_of(spread if given.scale is None else _as_scale(given.scale, d)),
        fixed=given.scale is not None,
        given=given,
        unit=summary.weight / counted,
    )


def _as_numbers(values: Any) -> Array:
    """Values as an array of floats; a single NaN if they are not numbers."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return np.array(np.nan)


def _as_mean(mean: Any, d: int) -> Array:
    """Check a prior mean and return it as an array (d,)."""
    given = _as_numbers(mean)
    if given.shape != (d,) or not np.isfinite(given).all():
        raise ParameterError(f"prior: mean is {mean!r}; expected {d} finite numbers")
    return given


def _as_scale(scale: Any, d: int) -> Array:
    """Check a scale matrix and return it, (d, d); a number stands for that number on the diagonal."""
    given = _as_numbers(scale)
    matrix = np.diag(np.full(d, given)) if given.ndim == 0 else given
    symmetric = matrix.shape == (d, d) and np.isfinite(matrix).all() and np.allclose(matrix, matrix.T)
    if not symmetric or np.linalg.eigvalsh(matrix)[0] < 0:
        raise ParameterError(
            f"prior: scale is {shortened(scale)}; expected a number that is not negative, or a symmetric positive "
            f"semi-definite matrix of shape ({d}, {d})"
        )
    return matrix


def _rows_of(matrix: Array) -> Array:
    """Rows (d, d) whose scatter about zero, R' R, is the given matrix."""
    values, axes = np.linalg.eigh(matrix)
    return np.asarray((axes * np.sqrt(np.maximum(values, 0))).T)
