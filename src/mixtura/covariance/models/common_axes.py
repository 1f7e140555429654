"""Estimates of axes common to components of different shapes (Flury 1984, J. Am. Stat. Assoc. 79, 892-898).

For given axes D the best variances b have a closed form, so the cost is a function of D alone,
f(D) = min_b sum_kj n_k log b_kj + (D' W_k D)_jj / b_kj, and its gradient is that at fixed b. The cost is minimised over
rotations by limited-memory BFGS (Nocedal 1980, Math. Comput. 35, 773-782) with monotone steps. The coordinates of a
step are the angles by which each pair of axes is rotated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from mixtura._support import EPS, Array, Index
from mixtura.covariance.models.volumes_and_shapes import VarianceFit, least_relative_variance

# The search ends where no derivative by an angle exceeds this fraction of the weight, or its error by rounding; the
# relative error of the cost is then about the square of this.
GRADIENT_TOLERANCE = 1e-8
MAX_STEPS = 190

# It also ends where the last STALL_STEPS steps together reduced the cost by less than LEAST_DECREASE times the weight:
# where components are at the floor, the cost has kinks, at which the gradient does not vanish. EM stays monotone.
STALL_STEPS = 10
LEAST_DECREASE = 1e-9

# Number of steps from which limited-memory BFGS approximates the Hessian.
MEMORY = 8

# Costs per row and dimension that differ by less than this are equal up to rounding; then the gradients are compared.
ROUNDING = 50 * EPS

# Largest rotation of a pair of axes in one step, in radians.
MAX_ANGLE = 0.5

# Scatter whose trace is below this counts as zero, since its inverse would overflow.
VANISHING = 1e-290

# Least second derivative by an angle, as a fraction of the weight; the exact one is zero for axes of equal variance.
LEAST_CURVATURE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class EvaluatedAxes:
    """Axes common to all components, with the best variances along them, the cost and its gradient.

    Attributes
    ----------
    axes : ndarray of shape (d, d)
    scatter : ndarray of shape (k, d, d)
        Scatter of each component in the coordinates of the axes, D' W_k D.
    diagonals : ndarray of shape (k, d)
        Its diagonals.
    variances : ndarray of shape (k, d)
    cost : float
    gradient : ndarray of shape (d (d - 1) / 2,)
        Derivatives of the cost by the angles.
    """

    axes: Array
    scatter: Array
    diagonals: Array
    variances: Array
    cost: float
    gradient: Array

    @property
    def rounding(self) -> float:
        """Error of the derivatives by rounding: machine epsilon times the largest scatter over the least variance."""
        return EPS * float((self.diagonals.max(axis=1) / self.variances.min(axis=1)).sum())


@dataclass(frozen=True, slots=True, eq=False)
class AxesCost:
    """The cost to minimise over common axes: minus twice the expected log-likelihood, up to a constant.

    Attributes
    ----------
    n : ndarray of shape (k,)
        Weights of the components.
    fit_variances : VarianceFit
        Estimates variances from scatter along given axes.
    least_scatter : ndarray of shape (k, 1)
        Scatter along an axis is raised to this; below it is rounding error.
    pairs : tuple of ndarrays of shape (d (d - 1) / 2,)
        First and second index of each pair of axes.
    reference : ndarray of shape (k, d)
        Log-variances that are subtracted in the cost, so that small differences of costs are not lost to rounding.
    """

    n: Array
    fit_variances: VarianceFit
    least_scatter: Array
    pairs: tuple[Index, Index]
    reference: Array

    def evaluate(self, axes: Array, scatter: Array) -> EvaluatedAxes:
        """The best variances along given axes, and their cost; ``scatter`` is in the coordinates of the axes."""
        diagonals = np.einsum("kjj->kj", scatter)
        variances = self.fit_variances(np.maximum(diagonals, self.least_scatter), self.n, None)
        cost = float(self.n @ (np.log(variances) - self.reference).sum(axis=1) + (diagonals / variances).sum())
        weighted = np.einsum("kij,kj->ij", scatter, 1 / variances)
        return EvaluatedAxes(axes, scatter, diagonals, variances, cost, 2 * (weighted - weighted.T)[self.pairs])

    def rotate(self, current: EvaluatedAxes, angles: Array) -> EvaluatedAxes:
        """Rotate the axes by these angles, through Cayley's map from skew-symmetric matrices to rotations."""
        half = np.zeros_like(current.axes)
        half[self.pairs] = angles / 2
        half -= half.T
        identity = np.eye(len(half))
        rotation = np.linalg.solve(identity - half, identity + half)
        return self.evaluate(current.axes @ rotation, rotation.T @ current.scatter @ rotation)

    def curvature(self, current: EvaluatedAxes) -> Array:
        """Second derivatives of the cost by each angle, at fixed variances, raised to be positive."""
        cross = current.diagonals.T @ (1 / current.variances)
        diagonal = np.diag(cross)
        return np.maximum(
            2 * (cross + cross.T - diagonal[:, None] - diagonal)[self.pairs], LEAST_CURVATURE * self.n.sum()
        )


def fit_common_axes(scatter: Array, n: Array, fit_variances: VarianceFit, start: Array | None) -> tuple[Array, Array]:
    """EVE and VVE: variances (k, d) along axes (d, d) that all components have in common.

    The search begins at the axes of the matrices ``start`` (k, d, d), if those have common axes.
    """
    d = scatter.shape[1]
    axes = common_eigenvectors(scatter if start is None else start)
    least_scatter = least_relative_variance(d) * np.einsum("kjj->k", scatter)[:, None]
    cost = AxesCost(n, fit_variances, least_scatter, np.triu_indices(d, 1), np.zeros((len(n), d)))
    current = cost.evaluate(axes, axes.T @ scatter @ axes)
    relative = replace(cost, reference=np.log(current.variances))
    best = minimise(relative, replace(current, cost=float((current.diagonals / current.variances).sum())))
    return best.variances, best.axes


def common_eigenvectors(matrices: Array) -> Array:
    """Eigenvectors that all matrices have in common, if there are any, as those of a weighted sum, (d, d).

    The weights are irregular, so that eigenvalues of the sum do not coincide where those of the matrices do not.
    """
    sizes = np.einsum("kjj->k", matrices)
    vanishing = sizes < VANISHING  # any axes are eigenvectors of zero scatter
    weight = np.where(vanishing, 0.0, np.sqrt(np.arange(len(matrices)) + 2) / np.where(vanishing, 1.0, sizes))
    return np.asarray(np.linalg.eigh(np.tensordot(weight, matrices, 1))[1])


def minimise(cost: AxesCost, current: EvaluatedAxes) -> EvaluatedAxes:
    """Axes of least cost, by limited-memory BFGS from given axes."""
    steps: list[tuple[Array, Array, float]] = []
    costs = [math.inf] * STALL_STEPS  # before the first step, so that the first ones never count as stalled
    while len(costs) < STALL_STEPS + MAX_STEPS and costs[-STALL_STEPS] - current.cost > LEAST_DECREASE * cost.n.sum():
        costs.append(current.cost)
        if np.abs(current.gradient).max(initial=0) <= max(GRADIENT_TOLERANCE * cost.n.sum(), current.rounding):
            break
        angles = -divide_by_hessian(current.gradient, cost.curvature(current), steps)
        new, angles = line_search(cost, current, angles * min(1, MAX_ANGLE / np.abs(angles).max()))
        if new is current:
            break
        change = new.gradient - current.gradient
        product = float(angles @ change)
        steps = [*steps[1 - MEMORY :], (angles, change, 1 / product)] if product > 0 else steps
        current = new
    return current


def divide_by_hessian(gradient: Array, curvature: Array, steps: list[tuple[Array, Array, float]]) -> Array:
    """The gradient divided by the Hessian as limited-memory BFGS approximates it (Nocedal's two-loop recursion).

    Each of the latest steps is given by its angles, the change of the gradient, and one over their product; the Hessian
    before these steps is taken to be diagonal, ``curvature``, scaled to the latest step.
    """
    factors = []
    for s, y, scale in reversed(steps):
        factors.append(scale * (s @ gradient))
        gradient = gradient - factors[-1] * y
    direction = gradient / curvature
    if steps:
        s, y, scale = steps[-1]
        direction = direction / (scale * (y @ (y / curvature)))
    for (s, y, scale), factor in zip(steps, reversed(factors), strict=True):
        direction = direction + s * (factor - scale * (y @ direction))
    return direction


def line_search(cost: AxesCost, current: EvaluatedAxes, angles: Array) -> tuple[EvaluatedAxes, Array]:
    """Rotate by the angles, halved until the cost falls enough (Armijo's condition); returns the axes and the angles.

    The axes are ``current`` itself where no step reduces the cost.
    """
    rounding = ROUNDING * cost.n.sum() * len(current.axes)
    while np.abs(angles).max() > GRADIENT_TOLERANCE**2:
        new = cost.rotate(current, angles)
        gradient_halved = np.abs(new.gradient).max() < 0.5 * np.abs(current.gradient).max()
        if new.cost <= current.cost + 1e-4 * (current.gradient @ angles) or (
            gradient_halved and new.cost <= current.cost + rounding
        ):
            return new, angles
        angles = angles / 2
    return current, angles
