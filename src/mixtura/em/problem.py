"""What EM iterates on: rows, a model of their covariances, and what holds for all starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura import kernels
from mixtura._support import Array, Rng, Rows
from mixtura.covariance import Covariance
from mixtura.covariance.models import CovarianceModel
from mixtura.data import ArraySource, Chunk, Source
from mixtura.em.estep import ByPosition, Trimmed
from mixtura.em.mstep import FREE, Fixed, NormalInverseWishart, ridge
from mixtura.em.run import Iterate
from mixtura.kernels import estep
from mixtura.mixture import Mixture, Noise
from mixtura.stats import ScatterKind, Stats, as_scatter

# A fall of the log-likelihood below this fraction of its size is rounding, not a failure to maximise: of float64 rows,
# and of float32 rows, whose arithmetic is float32, too.
ROUNDING, SINGLE_ROUNDING = 1e-7, 2e-6


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is fitted to what: the same for all starts.

    Attributes
    ----------
    source : Source
    family : Family
    scale : ndarray of shape (d,)
        The data's variances, which make repairs scale with the data.
    floor : ndarray of shape (d,)
        Least variances.
    ridge : float
        Added to all variances in every M-step (scikit-learn's ``reg_covar``).
    guarded : bool
        Repair collapsed components and refuse a falling log-likelihood. scikit-learn does neither.
    bayes : callable
        The E-step of a chunk.
    noise : Noise or None
        Where rows may lie that belong to no component; its weight is what the fit is to find.
    trim : float
        The fraction of rows, the least likely, that each E-step leaves out.
    fixed : Fixed
        What the M-step may not change; covariances that are held are in the family (`Fixed.over`).
    prior : Penalty or None
        What is known of means and covariances before: then log-likelihoods are those plus its log-density.
    """

    source: Source
    family: CovarianceModel
    scale: Array
    floor: Array
    ridge: float = 0.0
    guarded: bool = True
    bayes: Callable[..., Stats] = estep
    noise: Noise | None = None
    trim: float = 0.0
    fixed: Fixed = FREE
    prior: NormalInverseWishart | None = None

    def estep(self, mixture: Mixture, at_floor: NDArray[np.bool_]) -> Iterate:
        """One pass over the rows."""
        scatter_kind = self.family.scatter_kind
        # A scatter that is pooled would hold the noise's, too.
        wanted: ScatterKind = "full" if self.noise and scatter_kind == "pooled" else scatter_kind
        if self.trim:
            stats = Trimmed.of(self.source, mixture, self.trim).estep(mixture, wanted)
        else:
            stats = kernels.over(self.source, self.bayes, mixture, scatter_kind=wanted)
        stats = replace(stats, loglik=stats.loglik + self.log_prior(mixture)) if self.prior else stats
        return Iterate(mixture, stats.without_noise(scatter_kind) if self.noise else stats, at_floor)

    @property
    def rounding(self) -> float:
        """What a fall of the log-likelihood may be, as a fraction of its size, where it is rounding."""
        dtype = getattr(getattr(self.source, "array", None), "dtype", None)
        return SINGLE_ROUNDING if dtype == np.float32 else ROUNDING

    def log_prior(self, mixture: Mixture) -> float:
        """The prior's log-density but for a constant; 0 without a prior."""
        return self.prior.log_density(mixture, self.family.name) if self.prior else 0.0

    def belief(self, k: int) -> tuple[float, float, Array, Array] | None:
        """The prior of k components as the kernel takes it."""
        return self.prior.for_kernel(self.family.name, k) if self.prior else None

    def candidates(self, mixture: Mixture, rng: Rng) -> tuple[Rows, Array]:
        """Rows that a component may be moved to, and their log-densities; none that would be trimmed."""
        rows = self.source.rows(CANDIDATES, rng).rows
        fitness = mixture.logpdf(rows)
        kept = fitness >= np.quantile(fitness, self.trim)
        return rows[kept], fitness[kept]

    def mstep(self, stats: Stats, previous: Mixture | None = None) -> tuple[Mixture, NDArray[np.bool_]]:
        """The mixture that maximises the expected log-likelihood, and which covariances rest on the floor."""
        held = ridge(stats, self.ridge)
        own = replace(held, noise_weight=0.0) if held.noise_weight else held  # a family sees the components alone
        own = self.fixed.about(self.prior.shrink_means(own) if self.prior else own)
        own = self.prior.add_scale(own, self.family.name) if self.prior else own
        covariances, at_floor = self.family.fit(own, self.floor, previous.covariances if previous else None)
        return self.mixture(held.weight / held.total, own.mean, covariances, held.noise_weight / held.total), at_floor

    def mixture(self, weights: Array, means: Array, covariances: Covariance, noise_weight: float) -> Mixture:
        """A mixture that counts its parameters as the family does; the noise's are its weight and its volume."""
        k, d = means.shape
        noise = self.noise.weighted(noise_weight) if self.noise else None
        count = self.fixed.n_parameters(k, d) + self.family.n_parameters(k, d) + (2 if noise else 0)
        return Mixture(self.fixed.shares(weights), means, covariances, n_parameters=count, noise=noise)

    def begin(self, start: Mixture | Stats) -> Iterate:
        """The first E-step, at a start that is brought into the family and onto the floor."""
        if isinstance(start, Stats):
            return self.estep(*self.mstep(start))
        return self.estep(*self.admit(start))

    def admit(self, start: Mixture) -> tuple[Mixture, NDArray[np.bool_]]:
        """The member of the family nearest to a given mixture: what its own statistics would be fitted by.

        It rests on the floor, or on the ridge, below which no M-step would go.
        """
        weight = np.maximum(start.weights, np.finfo(np.float64).tiny)
        least = np.maximum(self.floor, self.ridge)
        given = start.covariances
        own = given.variances() if self.family.scatter_kind == "diagonal" else given.dense()
        stats = Stats(weight, start.means, as_scatter(weight, own, self.family.scatter_kind), 0.0, 0.0)
        covariances, at_floor = self.family.fit(stats, least, given)
        noise_weight = start.noise.weight if start.noise else 0.0
        return self.mixture(start.weights, self.fixed.placed(start.means), covariances, noise_weight), at_floor

    def among(self, sample: Chunk) -> Task:
        """The same task on some of its rows, as an array in memory."""
        bayes = self.bayes.among(sample.positions) if isinstance(self.bayes, ByPosition) else self.bayes
        rows = np.require(sample.rows, requirements="C")
        source = ArraySource(rows, sample.sample_weight, getattr(self.source, "threads", None))
        return replace(self, source=source, bayes=bayes)

    def collapsed(self, iterate: Iterate) -> NDArray[np.bool_]:
        """Which components to repair: none that is held, in part or altogether."""
        bad = collapsed(iterate, self.family, self.source.n_rows)
        return bad & ~self.fixed.touched(len(bad))

    def keep(self, components: NDArray[Any]) -> Task:
        """The same task for some of the components."""
        fixed = self.fixed.select(components)
        return replace(self, fixed=fixed, family=fixed.over(self.family))


# A component that holds less than half a point is dead.
DEAD = 0.5

# Rows looked at when a component is put where the mixture fits worst.
CANDIDATES = 2000


def row_counts(stats: Stats, n_rows: int) -> Array:
    """How many rows each component holds, (k,).

    A weight of 3 counts three rows; weights that sum to less than the number of rows are relative.
    """
    return stats.weight * max(1.0, n_rows / stats.total)


def collapsed(iterate: Iterate, family: CovarianceModel, n_rows: int) -> NDArray[np.bool_]:
    """Which components to repair: dead ones, and those that lie on too few points to have a covariance.

    Where there are too few rows for so many components to begin with, those of the second kind are left on
    the floor, since moving them about cannot help.
    """
    held = row_counts(iterate.stats, n_rows)
    k, d = iterate.stats.mean.shape
    if held.min() >= DEAD and not iterate.at_floor.any():
        return np.zeros(k, dtype=bool)
    needed = family.least_points(d)
    starved = iterate.at_floor & (held < needed) if held.sum() >= k * needed else np.zeros(k, dtype=bool)
    return (starved | (held < DEAD)) & (k > 1)
