"""The fourteen covariance models S_k = lambda_k D_k A_k D_k' (Celeux & Govaert 1995, Pattern Recognition 28, 781-793).

Volume lambda, shape A and axes D are each equal in all components (E), variable (V) or the identity (I); the three
letters of a model's name say which, in that order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mixtura._support import TINY, Array, Index
from mixtura.covariance import Covariance, DenseCovariance, DiagonalCovariance
from mixtura.covariance.models.axes import compose_covariances, fit_common_shape_and_axes, fit_variable_axes
from mixtura.covariance.models.base import Mask
from mixtura.covariance.models.common_axes import fit_common_axes
from mixtura.covariance.models.pseudo_rows import PseudoRows, pseudo_rows
from mixtura.covariance.models.ratios import Constraint
from mixtura.covariance.models.volumes_and_shapes import (
    VARIANCE_FITS,
    VarianceFit,
    fit_equal_volume,
    least_relative_variance,
)
from mixtura.stats import ScatterKind, Stats

# Variances of ``previous`` may exceed the ceiling by at most this factor.
MAX_START_EXCESS = 100.0

# Models that contain the rescaled matrices after any change of the columns' units; only for them may the floor differ
# between columns.
SCALE_EQUIVARIANT = ("VVV", "EEE", "VEE", "EVV", "VVI", "EEI", "VEI", "EVI")

# Least number of rows of a VVI component: with fewer, overfitting raises the log-likelihood by more than BIC's penalty.
LEAST_ROWS_VVI = 5


@dataclass(frozen=True, slots=True)
class EigenModel:
    """The covariance model of a three-letter name, with or without a constraint.

    Examples
    --------
    >>> [EigenModel(name).n_parameters(k=2, d=3) for name in ("VVV", "VEV", "EEI")]
    [12, 10, 3]

    Attributes
    ----------
    name : str
    constraint : EigenvalueRatio, DeterminantRatio or None
        Bound on how much covariances differ.
    """

    name: str
    constraint: Constraint | None = None

    @property
    def in_kernel(self) -> bool:
        """Whether a kernel's own EM iterations have this M-step: they know all models, but no constraint."""
        return self.constraint is None

    @property
    def scatter_kind(self) -> ScatterKind:
        """Kind of scatter that the M-step needs: pooled for EEE, diagonal for models with axes along the columns."""
        if self.name == "EEE":
            return "pooled"
        return "diagonal" if self.name[2] == "I" else "full"

    def fit(
        self, stats: Stats, floor: Array, previous: Covariance | None = None
    ) -> tuple[Covariance, NDArray[np.bool_]]:
        """The M-step: the covariances of largest expected log-likelihood, and which components are at the floor, (k,).

        No variance in any direction is below the floor variances (d,). Iterative models begin at ``previous``.
        """
        model_floor = self.admissible_floor(floor)
        return (
            self._fit_diagonal(stats, model_floor, previous)
            if self.scatter_kind == "diagonal"
            else self._fit_dense(stats, model_floor, previous)
        )

    def admissible_floor(self, floor: Array) -> Array:
        """Floor variances that keep the M-step exact, (d,): equal in all columns unless it is scale-equivariant."""
        if self.name in SCALE_EQUIVARIANT and not self.constraint:
            return floor
        return np.full_like(floor, floor.mean() if self.name[1] == "I" else floor.min())

    def _fit_diagonal(
        self, stats: Stats, model_floor: Array, previous: Covariance | None
    ) -> tuple[DiagonalCovariance, NDArray[np.bool_]]:
        """The M-step of models with axes along the columns."""
        k, d = stats.mean.shape
        t = stats.scatter / model_floor
        start = None if previous is None else previous.variances() / model_floor
        ceiling = self._ceiling(stats, model_floor, start)
        relative = self._variance_fit(ceiling)(t, stats.weight, start)
        values = relative * (model_floor[:1] if relative.shape[1] == 1 else model_floor)
        return DiagonalCovariance(values, k, d), at_floor(relative, k, ceiling)

    def _fit_dense(
        self, stats: Stats, model_floor: Array, previous: Covariance | None
    ) -> tuple[DenseCovariance, NDArray[np.bool_]]:
        """The M-step of models with axes of any direction."""
        k = len(stats.weight)
        scale = np.sqrt(model_floor)
        units = scale[:, None] * scale
        scatter, n = stats.scatter, stats.weight
        if self.name == "EEE":  # the pooled scatter, as that of one component
            scatter, n = scatter.sum(axis=0, keepdims=True), n.sum(keepdims=True)
        if self.name in ("EEE", "VVV"):
            unconstrained = DenseCovariance(scatter / np.maximum(n, TINY)[:, None, None], k)
            if not self.constraint and (
                unconstrained.is_clearly_above(model_floor) or eigenvalues_above_one(unconstrained.matrices / units)
            ):
                return unconstrained, np.zeros(k, dtype=bool)
        start = None if previous is None else previous.dense() / units
        ceiling = self._ceiling(stats, model_floor, start)
        variances, axes = self._fit_variances_and_axes(scatter / units, n, self._variance_fit(ceiling), start)
        return DenseCovariance(compose_covariances(axes, variances) * units, k), at_floor(variances, k, ceiling)

    def _ceiling(self, stats: Stats, model_floor: Array, start: Array | None) -> float:
        """Largest variance allowed, in units of the floor; finite only for models of equal volume and variable shape.

        For these it is the trace of the covariance matrix of all rows, which the M-step does not change: within plus
        between components. Where ``previous`` has a larger variance, as the solution of another model may, that is
        allowed, so that the M-step does not lower the likelihood.
        """
        if self.name[:2] != "EV":
            return math.inf
        squares = np.diagonal(stats.scatter, axis1=1, axis2=2) if self.scatter_kind == "full" else stats.scatter
        n = max(stats.total, TINY)  # the estimated components may all be empty
        delta = stats.mean - stats.weight @ stats.mean / n
        total = (squares.sum(axis=0) + stats.weight @ delta**2) / n
        ceiling = max(float((total / model_floor).sum()), 1.0)
        if start is None:
            return ceiling
        largest = start.max() if start.ndim == 2 else np.linalg.eigvalsh(start).max()
        return min(max(ceiling, float(largest)), MAX_START_EXCESS * ceiling)

    def _variance_fit(self, ceiling: float) -> VarianceFit:
        """The function that estimates variances from scatter along the axes, under the constraint if there is one."""
        if self.constraint:
            return self.constraint.variance_fit(self.name[:2])
        if self.name[:2] == "EV":
            return partial(fit_equal_volume, ceiling=ceiling)
        return VARIANCE_FITS["VV" if self.name == "EEE" else self.name[:2]]

    def _fit_variances_and_axes(
        self, scatter: Array, n: Array, fit_variances: VarianceFit, start: Array | None
    ) -> tuple[Array, Array]:
        """Estimates of variances (k or 1, d) and axes (k, d, d) or (d, d), in units of the floor."""
        if self.name == "VEE":
            return fit_common_shape_and_axes(scatter, n, start)
        if self.name in ("EVE", "VVE"):
            return fit_common_axes(scatter, n, fit_variances, start)
        return fit_variable_axes(scatter, n, fit_variances, start)

    def n_parameters(self, k: int, d: int) -> int:
        """Number of free parameters of the covariances: of volumes, of shapes (of determinant 1) and of axes."""
        counts = zip(self.name, (1, d - 1, d * (d - 1) // 2), strict=True)
        return sum({"I": 0, "E": 1, "V": k}[letter] * each for letter, each in counts)

    def least_rows_nonsingular(self, d: int) -> int:
        """Least number of distinct rows with which a component's covariance is not singular.

        d + 1 in general position where shape and axes are variable, 2 where volume or shape is, else 1.
        """
        if self.name[1:] == "VV":
            return d + 1
        return 2 if "V" in self.name[:2] else 1

    def least_rows_estimable(self, d: int) -> int:
        """Least number of distinct rows that determine the covariance parameters of a single component.

        d + 1 where axes are estimated and the component has its own variances along them, since fewer rows have no
        scatter along some axis. For VVI, at most `LEAST_ROWS_VVI`.
        """
        if self.name == "VVI":
            return min(d + 1, LEAST_ROWS_VVI)
        own = self.name[2] == "V" or (self.name[1] == "V" and self.name[2] == "E")
        return d + 1 if own else self.least_rows_nonsingular(d)

    def pseudo_rows(self, dof: float, k: int, d: int, *, shrinks_means: bool) -> PseudoRows:
        """What a penalty with ``dof`` degrees of freedom adds to the statistics of each of k components."""
        return pseudo_rows(self.name, dof, k, d, shrinks_means=shrinks_means)

    @property
    def all_free(self) -> EigenModel:
        """The model itself: no covariance is held fixed."""
        return self

    def is_fixed(self, k: int) -> Mask:
        """Whether each component's covariance is held fixed, (k,): False for all."""
        return np.zeros(k, dtype=bool)

    def keep(self, components: Index) -> EigenModel:
        """The model itself, which does not depend on the components."""
        return self


def eigenvalues_above_one(matrices: Array) -> bool:
    """Whether all eigenvalues of all matrices are above 1, by the cheap Cholesky factorisation."""
    try:
        np.linalg.cholesky(matrices - np.eye(matrices.shape[1]))
    except np.linalg.LinAlgError:
        return False
    return True


def at_floor(variances: Array, k: int, ceiling: float) -> NDArray[np.bool_]:
    """Whether each of k components has been raised to the floor or cut to the ceiling, (k,).

    The floor is 1, or the least variance, relative to the component's largest, at which its matrix has a Cholesky
    factor.
    """
    smallest, largest = variances.min(axis=1), variances.max(axis=1)
    is_least = smallest <= np.maximum(1, least_relative_variance(variances.shape[1]) * largest) * (1 + 1e-9)
    return np.broadcast_to(is_least | (largest >= ceiling * (1 - 1e-9)), (k,))
