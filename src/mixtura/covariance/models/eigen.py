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

from mixtura._support import Array, Index
from mixtura.covariance import Covariance, DenseCovariance, DiagonalCovariance
from mixtura.covariance.models.axes import compose_covariances, fit_common_shape_and_axes, fit_variable_axes
from mixtura.covariance.models.base import Mask
from mixtura.covariance.models.common_axes import fit_common_axes
from mixtura.covariance.models.pseudo_rows import PseudoRows, pseudo_rows
from mixtura.covariance.models.ratios import Constraint
from mixtura.covariance.models.volumes_and_shapes import (
    TINY,
    VARIANCE_FITS,
    VarianceFit,
    fit_equal_volume,
    least_relative_variance,
)
from mixtura.stats import ScatterKind, Stats

# How far above the ceiling a variance of ``previous`` is still allowed, as a factor.
MAX_START_EXCESS = 100.0

# Models closed under changes of the columns' units; for them alone the floor may differ between columns.
SCALE_EQUIVARIANT = ("VVV", "EEE", "VEE", "EVV", "VVI", "EEI", "VEI", "EVI")


# Rows that a variance in each column needs, so that the likelihood does not owe more to their chance than BIC charges.
VARIANCE_ROWS = 5


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
        How much covariances may differ.
    """

    name: str
    constraint: Constraint | None = None

    @property
    def in_kernel(self) -> bool:
        """Whether a kernel that iterates EM by itself can do this M-step: it knows all models, and no constraint."""
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
        unit = self.floor_in_model_units(floor)
        return (
            self._fit_diagonal(stats, unit, previous)
            if self.scatter_kind == "diagonal"
            else self._fit_dense(stats, unit, previous)
        )

    def floor_in_model_units(self, floor: Array) -> Array:
        """The floor variances that the model can respect, (d,): equal in all columns unless it is scale-equivariant."""
        if self.name in SCALE_EQUIVARIANT and not self.constraint:
            return floor
        return np.full_like(floor, floor.mean() if self.name[1] == "I" else floor.min())

    def _fit_diagonal(
        self, stats: Stats, unit: Array, previous: Covariance | None
    ) -> tuple[DiagonalCovariance, NDArray[np.bool_]]:
        """The M-step of models with axes along the columns."""
        k, d = stats.mean.shape
        t = stats.scatter / unit
        before = None if previous is None else previous.variances() / unit
        ceiling = self._ceiling(stats, unit, before)
        relative = self._variance_fit(ceiling)(t, stats.weight, before)
        values = relative * (unit[:1] if relative.shape[1] == 1 else unit)
        return DiagonalCovariance(values, k, d), at_floor(relative, k, ceiling)

    def _fit_dense(
        self, stats: Stats, unit: Array, previous: Covariance | None
    ) -> tuple[DenseCovariance, NDArray[np.bool_]]:
        """The M-step of models with axes of any direction."""
        k = len(stats.weight)
        scale = np.sqrt(unit)
        units = scale[:, None] * scale
        scatter, n = stats.scatter, stats.weight
        if self.name == "EEE":  # the pooled scatter, as that of one component
            scatter, n = scatter.sum(axis=0, keepdims=True), n.sum(keepdims=True)
        if self.name in ("EEE", "VVV"):
            unbounded = DenseCovariance(scatter / np.maximum(n, TINY)[:, None, None], k)
            if not self.constraint and (unbounded.is_above(unit) or eigenvalues_above_one(unbounded.matrices / units)):
                return unbounded, np.zeros(k, dtype=bool)
        before = None if previous is None else previous.dense() / units
        ceiling = self._ceiling(stats, unit, before)
        variances, axes = self._fit_variances_and_axes(scatter / units, n, self._variance_fit(ceiling), before)
        return DenseCovariance(compose_covariances(axes, variances) * units, k), at_floor(variances, k, ceiling)

    def _ceiling(self, stats: Stats, unit: Array, before: Array | None) -> float:
        """Largest variance allowed, in units of the floor: infinite but for models of equal volume and variable shape.

        For these it is the trace of the covariance matrix of all rows, which the M-step does not change: within plus
        between components. Where ``previous`` has a larger variance, as the solution of another model may, that is
        allowed, so that the M-step does not lower the likelihood.
        """
        if self.name[:2] != "EV":
            return math.inf
        squares = np.diagonal(stats.scatter, axis1=1, axis2=2) if self.scatter_kind == "full" else stats.scatter
        n = max(stats.total, TINY)  # all components to estimate may be without rows
        delta = stats.mean - stats.weight @ stats.mean / n
        total = (squares.sum(axis=0) + stats.weight @ delta**2) / n
        ceiling = max(float((total / unit).sum()), 1.0)
        if before is None:
            return ceiling
        largest = before.max() if before.ndim == 2 else np.linalg.eigvalsh(before).max()
        return min(max(ceiling, float(largest)), MAX_START_EXCESS * ceiling)

    def _variance_fit(self, ceiling: float) -> VarianceFit:
        """The function that estimates variances from scatter along the axes, under the constraint if there is one."""
        if self.constraint:
            return self.constraint.variance_fit(self.name[:2])
        if self.name[:2] == "EV":
            return partial(fit_equal_volume, ceiling=ceiling)
        return VARIANCE_FITS["VV" if self.name == "EEE" else self.name[:2]]

    def _fit_variances_and_axes(
        self, scatter: Array, n: Array, fit_variances: VarianceFit, before: Array | None
    ) -> tuple[Array, Array]:
        """Estimates of variances (k or 1, d) and axes (k, d, d) or (d, d), in units of the floor."""
        if self.name == "VEE":
            return fit_common_shape_and_axes(scatter, n, before)
        if self.name in ("EVE", "VVE"):
            return fit_common_axes(scatter, n, fit_variances, before)
        return fit_variable_axes(scatter, n, fit_variances, before)

    def n_parameters(self, k: int, d: int) -> int:
        """Number of free parameters of the covariances: of volumes, of shapes (of determinant 1) and of axes."""
        counts = zip(self.name, (1, d - 1, d * (d - 1) // 2), strict=True)
        return sum({"I": 0, "E": 1, "V": k}[letter] * each for letter, each in counts)

    def least_points(self, d: int) -> int:
        """Number of distinct rows that a component needs for its covariance not to be singular.

        d + 1 in general position where shape and axes are variable, 2 where volume or shape is, else 1.
        """
        if self.name[1:] == "VV":
            return d + 1
        return 2 if "V" in self.name[:2] else 1

    def own_points(self, d: int) -> int:
        """Number of distinct rows that a component needs to determine the parameters that it alone has.

        d + 1 where axes are estimated and it has variances of its own along them: fewer rows vanish along some axis. In
        the directions of the columns d variances need a few rows.
        """
        if self.name == "VVI":
            return min(d + 1, VARIANCE_ROWS)
        own = self.name[2] == "V" or (self.name[1] == "V" and self.name[2] == "E")
        return d + 1 if own else self.least_points(d)

    def pseudo_rows(self, dof: float, k: int, d: int, *, shrinks_means: bool) -> PseudoRows:
        """What a penalty with ``dof`` degrees of freedom adds to the statistics of each of k components."""
        return pseudo_rows(self.name, dof, k, d, shrinks_means=shrinks_means)

    @property
    def free(self) -> EigenModel:
        """The model itself: it holds no covariances fixed."""
        return self

    def is_held(self, k: int) -> Mask:
        """Whether each component's covariance is held fixed, (k,): False for all."""
        return np.zeros(k, dtype=bool)

    def keep(self, components: Index) -> EigenModel:
        """The model itself, which does not depend on the components."""
        return self


def eigenvalues_above_one(matrices: Array) -> bool:
    """Whether all eigenvalues of all matrices are above 1, by Cholesky factors, far cheaper than eigenvalues."""
    try:
        np.linalg.cholesky(matrices - np.eye(matrices.shape[1]))
    except np.linalg.LinAlgError:
        return False
    return True


def at_floor(variances: Array, k: int, ceiling: float) -> NDArray[np.bool_]:
    """Whether each of k components has been raised to the floor or cut to the ceiling, (k,).

    The floor is 1, or the least variance beside the component's largest at which its matrix has a Cholesky factor.
    """
    smallest, largest = variances.min(axis=1), variances.max(axis=1)
    is_least = smallest <= np.maximum(1, least_relative_variance(variances.shape[1]) * largest) * (1 + 1e-9)
    return np.broadcast_to(is_least | (largest >= ceiling * (1 - 1e-9)), (k,))
