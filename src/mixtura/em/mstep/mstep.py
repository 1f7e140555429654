"""The M-step: the mixture of highest expected log-likelihood, from the statistics of an E-step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from mixtura._support import TINY, Array, Index
from mixtura.covariance import Covariance
from mixtura.covariance.models import CovarianceModel, FixedCovariances, Mask
from mixtura.data import Source
from mixtura.em.mstep.degrees_of_freedom import NORMAL_TAILS, TailModel
from mixtura.em.mstep.floor import ridge
from mixtura.em.mstep.means import FREE_MEANS, FixedMeans, MeanModel
from mixtura.em.mstep.prior import FLAT, Prior
from mixtura.em.mstep.weights import FREE_WEIGHTS, FixedWeights, WeightModel
from mixtura.mixture import Mixture, Noise
from mixtura.stats import ScatterKind, Stats, as_scatter


class Maximiser(Protocol):
    """What a stepper needs of an M-step."""

    def __call__(self, stats: Stats, previous: Mixture | None = None) -> tuple[Mixture, Mask]:
        """The mixture of highest expected log-likelihood, and which covariances are at the floor, (k,).

        An iterative search for covariances starts at those of ``previous``.
        """

    def admit(self, start: Mixture) -> tuple[Mixture, Mask]:
        """The mixture of this M-step's model nearest to ``start``, and which covariances are at the floor, (k,)."""


def covariances_for(covariances: Covariance, scatter_kind: ScatterKind) -> Array:
    """Covariance matrices (k, d, d), or variances (k, d) where the scatter has no more."""
    return covariances.variances() if scatter_kind == "diagonal" else covariances.dense()


@dataclass(frozen=True, slots=True, eq=False)
class MStep:
    """The M-step: finds the mixture that maximises the expected log-likelihood plus the log-density of a prior.

    Attributes
    ----------
    covariances : CovarianceModel
        How covariances are estimated.
    floor : ndarray of shape (d,)
        Least variance of a component in each column.
    weights : WeightModel
        How weights are estimated.
    means : MeanModel
        How means are estimated.
    prior : Prior
    background : Noise or None
        The noise component, whose weight is estimated.
    ridge : float
        Added to all variances (scikit-learn's ``reg_covar``).
    tails : TailModel
        How degrees of freedom are estimated.

    Examples
    --------
    >>> from mixtura.covariance.models import as_covariance_model
    >>> stats = Stats(np.array([1.0, 3.0]), np.array([[0.0], [4.0]]), np.array([[[1.0]], [[6.0]]]), 0.0, 0.0)
    >>> mixture, at_floor = MStep(as_covariance_model("VVV"), np.array([1e-9]))(stats)
    >>> mixture.weights.tolist(), mixture.covariances.dense().ravel().tolist(), at_floor.tolist()
    ([0.25, 0.75], [1.0, 2.0], [False, False])
    """

    covariances: CovarianceModel
    floor: Array
    weights: WeightModel = FREE_WEIGHTS
    means: MeanModel = FREE_MEANS
    prior: Prior = FLAT
    background: Noise | None = None
    ridge: float = 0.0
    tails: TailModel = NORMAL_TAILS

    @property
    def scatter_kind(self) -> ScatterKind:
        """Kind of scatter that the covariance model needs."""
        return self.covariances.scatter_kind

    @property
    def in_kernel(self) -> bool:
        """Whether a kernel's own EM iterations have the same M-step, if they know the covariance model."""
        parts = (self.covariances, self.weights, self.means, self.tails)
        return self.background is None and all(part.in_kernel for part in parts)

    def __call__(self, stats: Stats, previous: Mixture | None = None) -> tuple[Mixture, Mask]:
        counted = ridge(stats, self.ridge)
        # The covariance model estimates from the components' statistics, without the noise.
        own = replace(counted, noise_weight=0.0) if counted.noise_weight else counted
        own = self.prior.add_scale(self.means(self.prior.shrink_means(own)), self.covariances)
        fitted, at_floor = self.covariances.fit(own, self.floor, previous.covariances if previous else None)
        noise_weight = counted.noise_weight / counted.total
        tails = self.tails(stats, previous.degrees_of_freedom if previous else None)
        return self.assemble(counted.fractions, own.mean, fitted, noise_weight, tails), at_floor

    def assemble(
        self,
        weights: Array,
        means: Array,
        covariances: Covariance,
        noise_weight: float = 0.0,
        degrees_of_freedom: Array | None = None,
    ) -> Mixture:
        """A mixture with the number of parameters that this M-step estimates; noise adds two, its weight and volume."""
        k, d = means.shape
        noise = self.background.with_weight(noise_weight) if self.background else None
        count = self.n_free(k, d) + (2 if noise else 0)
        parts: dict[str, Any] = {"n_parameters": count, "noise": noise, "degrees_of_freedom": degrees_of_freedom}
        return Mixture(self.weights(weights), means, covariances, **parts)

    def admit(self, start: Mixture) -> tuple[Mixture, Mask]:
        """The mixture of this model nearest to a given one: the M-step of that one's weights, means and covariances.

        Its variances are at least the floor and the ridge, as after any M-step.
        """
        weight = np.maximum(start.weights, TINY)
        given, kind = start.covariances, self.scatter_kind
        scatter = as_scatter(weight, covariances_for(given, kind), kind)
        stats = Stats(weight, start.means, scatter, 0.0, 0.0)
        covariances, at_floor = self.covariances.fit(stats, np.maximum(self.floor, self.ridge), given)
        noise_weight = start.noise.weight if start.noise else 0.0
        tails = self.tails.admit(start.degrees_of_freedom, start.n_components)
        return self.assemble(start.weights, self.means.admit(start.means), covariances, noise_weight, tails), at_floor

    def penalty(self, mixture: Mixture) -> float:
        """Log-density of the prior at a mixture up to a constant, which EM adds to the log-likelihood; 0 if flat."""
        return self.prior.log_density(mixture, self.covariances)

    @property
    def has_penalty(self) -> bool:
        """Whether `penalty` is other than 0."""
        return self.prior is not FLAT

    def pseudo_rows_for_kernel(self, k: int) -> tuple[float, float, Array, Array] | None:
        """What the prior adds to each component's statistics, for a kernel's own EM iterations; None if it is flat.

        See `Prior.for_kernel`.
        """
        return self.prior.for_kernel(self.covariances, k)

    def has_fixed(self, k: int) -> Mask:
        """Which of k components have a parameter that is held fixed, (k,): these are never re-seeded or removed."""
        return self.weights.is_fixed(k) | self.means.is_fixed(k) | self.covariances.is_fixed(k)

    def with_fixed(self, given: Mixture, masks: Mapping[str, Mask]) -> MStep:
        """The M-step with some parameters held fixed at those of a mixture.

        ``masks`` has, for "weights", "means" or "covariances", the components whose parameter is held fixed, (k,).
        """
        parts: dict[str, Any] = {}
        if "weights" in masks:
            parts["weights"] = FixedWeights(masks["weights"], given.weights)
        if "means" in masks:
            parts["means"] = FixedMeans(masks["means"], given.means)
        if "covariances" in masks:
            parts["covariances"] = FixedCovariances(self.covariances, masks["covariances"], given.covariances)
        return replace(self, **parts)

    @property
    def all_free(self) -> MStep:
        """The M-step with no parameter held fixed, and without the constraint that weights are equal."""
        return replace(self, weights=FREE_WEIGHTS, means=FREE_MEANS, covariances=self.covariances.all_free)

    def n_free(self, k: int, d: int) -> int:
        """Number of estimated parameters of k components in d dimensions, without those of noise."""
        location = self.weights.n_parameters(k) + self.means.n_parameters(k, d)
        return location + self.covariances.n_parameters(k, d) + self.tails.n_parameters(k)

    def keep(self, components: Index) -> MStep:
        """The M-step for some of the components (indices or a mask), after others were removed."""
        return replace(
            self,
            weights=self.weights.keep(components),
            means=self.means.keep(components),
            covariances=self.covariances.keep(components),
        )

    def on(self, source: Source) -> MStep:
        """The M-step for other rows, from which the defaults of the prior are computed."""
        return replace(self, prior=self.prior.on(source))

    def without_background(self) -> MStep:
        """The M-step without the noise component."""
        return replace(self, background=None)
