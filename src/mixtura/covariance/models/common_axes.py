"""Estimates of axes common to components of different shapes (Flury 1984, J. Am. Stat. Assoc. 79, 892-898).

For given axes D the best variances b are known, so the cost is a function of D alone,
f(D) = min_b sum_kj n_k log b_kj + (D' W_k D)_jj / b_kj, and its gradient is that at fixed b. It is minimised over
rotations by limited-memory BFGS (Nocedal 1980, Math. Comput. 35, 773-782) with monotone steps. The coordinates of a
step are the angles by which each pair of axes is rotated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from mixtura._support import Array, Index
from mixtura.covariance.models.volumes_and_shapes import EPS, VarianceFit, least_relative_variance

# The search ends where no derivative by an angle exceeds this fraction of the weight; the cost is then minimal to about
# its square.
GRADIENT_TOLERANCE = 1e-8
MAX_STEPS = 200

# It also ends where so many steps together reduced the cost by less than this fraction of the weight: where components
# are at the floor, the cost has kinks, at which the gradient does not vanish. EM stays monotone.
PATIENCE = 10
LEAST_DECREASE = 1e-9

# Number of steps from which limited-memory BFGS approximates the Hessian.
MEMORY = 8

# Costs per row and dimension that differ by less are equal up to rounding; the gradients then decide.
ROUNDING = 50 * EPS

# Largest rotation of a pair of axes in one step, in radians.
MAX_ANGLE = 0.5

# Scatter whose trace is below this counts as none: one over it would overflow.
VANISHING = 1e-290

# Least second derivative by an angle, as a fraction of the weight: it vanishes for axes of equal variances.
LEAST_CURVATURE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Rotation:
    """Axes, the best variances along them, and their cost.

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


@dataclass(frozen=True, slots=True, eq=False)
class AxesCost:
    """The cost of axes as a function that is to be minimised.

    Attributes
    ----------
    n : ndarray of shape (k,)
        Weights of the components.
    fit_variances : VarianceFit
        Estimates variances from scatter along given axes.
    least : ndarray of shape (k, 1)
        Scatter along an axis that is below this is rounding, and raised to it.
    pairs : tuple of ndarrays of shape (d (d - 1) / 2,)
        First and second index of each pair of axes.
    reference : ndarray of shape (k, d)
        Log-variances that are subtracted in the cost, so that differences of costs keep their digits.
    """

    n: Array
    fit_variances: VarianceFit
    least: Array
    pairs: tuple[Index, Index]
    reference: Array

    def evaluate(self, axes: Array, scatter: Array) -> Rotation:
        """The best variances along given axes, and their cost; ``scatter`` is in the coordinates of the axes."""
        diagonals = np.einsum("kjj->kj", scatter)
        variances = self.fit_variances(np.maximum(diagonals, self.least), self.n, None)
        cost = float(self.n @ (np.log(variances) - self.reference).sum(axis=1) + (diagonals / variances).sum())
        weighted = np.einsum("kij,kj->ij", scatter, 1 / variances)
        return Rotation(axes, scatter, diagonals, variances, cost, 2 * (weighted - weighted.T)[self.pairs])

    def rotate(self, here: Rotation, angles: Array) -> Rotation:
        """Rotate the axes by these angles, through Cayley's map from skew-symmetric matrices to rotations."""
        half = np.zeros_like(here.axes)
        half[self.pairs] = angles / 2
        half -= half.T
        one = np.eye(len(half))
        rotation = np.linalg.solve(one - half, one + half)
        return self.evaluate(here.axes @ rotation, rotation.T @ here.scatter @ rotation)

    def curvature(self, here: Rotation) -> Array:
        """Second derivatives of the cost by each angle, at fixed variances, raised to be positive."""
        cross = here.diagonals.T @ (1 / here.variances)
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
    least = least_relative_variance(d) * np.einsum("kjj->k", scatter)[:, None]
    cost = AxesCost(n, fit_variances, least, np.triu_indices(d, 1), np.zeros((len(n), d)))
    here = cost.evaluate(axes, axes.T @ scatter @ axes)
    centred = replace(cost, reference=np.log(here.variances))
    best = minimise(centred, replace(here, cost=float((here.diagonals / here.variances).sum())))
    return best.variances, best.axes


def common_eigenvectors(matrices: Array) -> Array:
    """Eigenvectors that all matrices have in common, if there are any, as those of a weighted sum, (d, d).

    The weights are irregular, so that eigenvalues of the sum do not coincide where those of the matrices do not.
    """
    sizes = np.einsum("kjj->k", matrices)
    vanishing = sizes < VANISHING  # a component without scatter has any axes
    weight = np.where(vanishing, 0.0, np.sqrt(np.arange(len(matrices)) + 2) / np.where(vanishing, 1.0, sizes))
    return np.asarray(np.linalg.eigh(np.tensordot(weight, matrices, 1))[1])


def minimise(cost: AxesCost, here: Rotation) -> Rotation:
    """Axes of least cost, by limited-memory BFGS from given axes."""
    steps: list[tuple[Array, Array, float]] = []
    costs = [math.inf] * PATIENCE
    while len(costs) < MAX_STEPS and costs[-PATIENCE] - here.cost > LEAST_DECREASE * cost.n.sum():
        costs.append(here.cost)
        if np.abs(here.gradient).max(initial=0) <= GRADIENT_TOLERANCE * cost.n.sum():
            break
        angles = -divide_by_hessian(here.gradient, cost.curvature(here), steps)
        new, angles = line_search(cost, here, angles * min(1, MAX_ANGLE / np.abs(angles).max()))
        if new is here:
            break
        change = new.gradient - here.gradient
        product = float(angles @ change)
        steps = [*steps[1 - MEMORY :], (angles, change, 1 / product)] if product > 0 else steps
        here = new
    return here


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


def line_search(cost: AxesCost, here: Rotation, angles: Array) -> tuple[Rotation, Array]:
    """Rotate by the angles, halved until the cost falls enough (Armijo's condition); returns the axes and the angles.

    The axes are ``here`` itself where no step reduces the cost.
    """
    rounding = ROUNDING * cost.n.sum() * len(here.axes)
    while np.abs(angles).max() > GRADIENT_TOLERANCE**2:
        new = cost.rotate(here, angles)
        flatter = np.abs(new.gradient).max() < 0.5 * np.abs(here.gradient).max()
        if new.cost <= here.cost + 1e-4 * (here.gradient @ angles) or (flatter and new.cost <= here.cost + rounding):
            return new, angles
        angles = angles / 2
    return here, angles
