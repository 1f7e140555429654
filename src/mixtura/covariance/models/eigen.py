"""Covariances S_k = lambda_k D_k A_k D_k' (Celeux & Govaert 1995, Pattern Recognition 28, 781-793).

Volume lambda, shape A and axes D are each equal in all components (E), variable (V) or the identity (I); a
model's name says which, in that order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Index
from mixtura.covariance import Covariance, DenseCovariance, DiagonalCovariance
from mixtura.covariance.models.axes import common_matrix, compose, own_axes
from mixtura.covariance.models.base import Mask, PriorCounts
from mixtura.covariance.models.common_axes import common_axes
from mixtura.covariance.models.prior_counts import prior_counts
from mixtura.covariance.models.ratios import Constraint
from mixtura.covariance.models.volumes_and_shapes import SPECTRA, TINY, VarianceFit, equal_volume, share_of_largest
from mixtura.stats import ScatterKind, Stats

# How much wider than all rows together a component may be that is so from the start.
WIDER = 100.0

# Models that stay themselves when a column's unit changes; for them the floor may differ from column to column.
FREE_OF_UNITS = ("VVV", "EEE", "VEE", "EVV", "VVI", "EEI", "VEI", "EVI")


@dataclass(frozen=True, slots=True)
class EigenModel:
    """The covariance model of a three-letter name.

    Examples
    --------
    >>> [EigenModel(name).n_parameters(k=2, d=3) for name in ("VVV", "VEV", "EEI")]
    [12, 10, 3]

    Attributes
    ----------
    name : str
    bound : Bound or None
        By how much covariances may differ.
    """

    name: str
    constraint: Constraint | None = None

    @property
    def in_kernel(self) -> bool:
        """Whether a kernel's own EM iterations may make its M-step: they know no constraint."""
        return self.constraint is None

    @property
    def scatter_kind(self) -> ScatterKind:
        """Axes along the columns need no more than the diagonal; one matrix for all, no more than the sum."""
        if self.name == "EEE":
            return "pooled"
        return "diagonal" if self.name[2] == "I" else "full"

    def fit(
        self, stats: Stats, floor: Array, previous: Covariance | None = None
    ) -> tuple[Covariance, NDArray[np.bool_]]:
        """The covariances with the largest expected log-likelihood that are nowhere below the floor variances (d,).

        A search begins at ``previous``. Also which components rest on the floor, (k,).
        """
        unit = self.floor_in_model_units(floor)
        return (
            self._aligned(stats, unit, previous)
            if self.scatter_kind == "diagonal"
            else self._turned(stats, unit, previous)
        )

    def floor_in_model_units(self, floor: Array) -> Array:
        """The least variances that the model keeps to, (d,): the same for all columns if it knows no columns."""
        if self.name in FREE_OF_UNITS and not self.constraint:
            return floor
        return np.full_like(floor, floor.mean() if self.name[1] == "I" else floor.min())

    def _aligned(
        self, stats: Stats, unit: Array, previous: Covariance | None
    ) -> tuple[DiagonalCovariance, NDArray[np.bool_]]:
        """Axes along the columns."""
        k, d = stats.mean.shape
        t = stats.scatter / unit
        before = None if previous is None else previous.variances() / unit
        widest = self._widest(stats, unit, before)
        relative = self._spectrum(widest)(t, stats.weight, before)
        values = relative * (unit[:1] if relative.shape[1] == 1 else unit)
        return DiagonalCovariance(values, k, d), at_floor(relative, k, widest)

    def _turned(
        self, stats: Stats, unit: Array, previous: Covariance | None
    ) -> tuple[DenseCovariance, NDArray[np.bool_]]:
        """Axes of any direction."""
        k = len(stats.weight)
        scale = np.sqrt(unit)
        units = scale[:, None] * scale
        scatter, n = stats.scatter, stats.weight
        if self.name == "EEE":  # one component that holds all rows
            scatter, n = scatter.sum(axis=0, keepdims=True), n.sum(keepdims=True)
        if self.name in ("EEE", "VVV"):
            free = DenseCovariance(scatter / np.maximum(n, TINY)[:, None, None], k)
            if not self.constraint and (free.is_above(unit) or above(free.matrices / units)):
                return free, np.zeros(k, dtype=bool)
        before = None if previous is None else previous.dense() / units
        widest = self._widest(stats, unit, before)
        variances, axes = self._fitted(scatter / units, n, self._spectrum(widest), before)
        return DenseCovariance(compose(axes, variances) * units, k), at_floor(variances, k, widest)

    def _widest(self, stats: Stats, unit: Array, before: Array | None) -> float:
        """The largest variance allowed: with equal volumes no component is to be wider than all rows together.

        Means and covariances of all components make up the covariance of the rows, which no M-step changes. Only if a
        component is wider already, as the solution of another model may be, is it not to be cut.
        """
        if self.name[:2] != "EV":
            return math.inf
        squares = np.diagonal(stats.scatter, axis1=1, axis2=2) if self.scatter_kind == "full" else stats.scatter
        n = max(stats.total, TINY)  # components without any row may be all that there is to estimate
        delta = stats.mean - stats.weight @ stats.mean / n
        total = (squares.sum(axis=0) + stats.weight @ delta**2) / n
        widest = max(float((total / unit).sum()), 1.0)
        if before is None:
            return widest
        already = before.max() if before.ndim == 2 else np.linalg.eigvalsh(before).max()
        return min(max(widest, float(already)), WIDER * widest)

    def _spectrum(self, widest: float) -> VarianceFit:
        """How variances are fitted."""
        if self.constraint:
            return self.constraint.spectrum(self.name[:2])
        if self.name[:2] == "EV":
            return partial(equal_volume, widest=widest)
        return SPECTRA["VV" if self.name == "EEE" else self.name[:2]]

    def _fitted(self, scatter: Array, n: Array, spectrum: VarianceFit, before: Array | None) -> tuple[Array, Array]:
        """Variances and axes."""
        if self.name == "VEE":
            return common_matrix(scatter, n, before)
        if self.name in ("EVE", "VVE"):
            return common_axes(scatter, n, spectrum, before)
        return own_axes(scatter, n, spectrum, before)

    def n_parameters(self, k: int, d: int) -> int:
        """Free parameters of the covariances: of volumes, shapes (of determinant 1) and axes."""
        counts = zip(self.name, (1, d - 1, d * (d - 1) // 2), strict=True)
        return sum({"I": 0, "E": 1, "V": k}[letter] * each for letter, each in counts)

    def least_points(self, d: int) -> int:
        """How many points a component needs for a covariance of its own that is not singular.

        d + 1 in general position where it has a shape and axes of its own, 2 where it has a volume or a shape, else 1.
        """
        if self.name[1:] == "VV":
            return d + 1
        return 2 if "V" in self.name[:2] else 1

    def own_points(self, d: int) -> int:
        """How many points a component needs for whatever its covariance does not have in common with the others'.

        d + 1 where it has axes of its own, or a volume and a shape, which are d variances of its own.
        """
        return d + 1 if self.name[2] == "V" or self.name[:2] == "VV" else self.least_points(d)

    def prior_counts(self, dof: float, k: int, d: int, *, shrinks_means: bool) -> PriorCounts:
        """What a conjugate prior adds to each component's statistics: see `mixtura.covariance.models.prior_counts`."""
        return prior_counts(self.name, dof, k, d, shrinks_means=shrinks_means)

    @property
    def free(self) -> EigenModel:
        """Itself."""
        return self

    def held(self, k: int) -> Mask:
        """None."""
        return np.zeros(k, dtype=bool)

    def keep(self, components: Index) -> EigenModel:
        """The same."""
        return self


def above(matrices: Array) -> bool:
    """Whether all eigenvalues are above 1; far cheaper than eigenvalues."""
    try:
        np.linalg.cholesky(matrices - np.eye(matrices.shape[1]))
    except np.linalg.LinAlgError:
        return False
    return True


def at_floor(variances: Array, k: int, widest: float) -> NDArray[np.bool_]:
    """Which of k components, (k,), have a variance on the floor, at the ceiling, or too small beside another."""
    smallest, largest = variances.min(axis=1), variances.max(axis=1)
    low = smallest <= np.maximum(1, share_of_largest(variances.shape[1]) * largest) * (1 + 1e-9)
    return np.broadcast_to(low | (largest >= widest * (1 - 1e-9)), (k,))
