"""Axes that all components share: the rotation of least cost (Flury 1984, J. Am. Stat. Assoc. 79, 892-898).

For given axes D the best variances are known; what they leave is a function of D alone,
f(D) = min_b sum_kj n_k log b_kj + (D' W_k D)_jj / b_kj, and its gradient is that at fixed b. So f is minimised over
rotations by limited-memory BFGS (Nocedal 1980, Math. Comput. 35, 773-782) with monotone steps. A point's
coordinates are the angles by which each pair of its axes turns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from mixtura._support import Array, Index
from mixtura.covariance.models.volumes_and_shapes import EPS, TINY, VarianceFit, share_of_largest

# Ends where no angle's slope exceeds this fraction of the weight: what is left to gain is about its square.
SLOPE = 1e-8
STEPS = 200

# It also ends where so many steps together gained less than this fraction of the weight: where components are flat, the
# cost has kinks, at which slopes do not vanish. EM rises all the same.
PATIENCE = 10
GAIN = 1e-9
MEMORY = 8

# Costs, per row and dimension, that differ by less are equal up to rounding; then the slopes tell.
NOISE = 50 * EPS

# No step turns a pair of axes further, in radians.
FARTHEST = 0.5

# Pairs of axes along which the data hardly varies differently are taken to curve by this fraction of the weight.
FLAT = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Rotation:
    """Axes, and what they cost.

    Attributes
    ----------
    axes : ndarray of shape (d, d)
    scatter : ndarray of shape (k, d, d)
        Along the axes.
    along : ndarray of shape (k, d)
        Its diagonals.
    variances : ndarray of shape (k, d)
    value : float
    slope : ndarray of shape (d (d - 1) / 2,)
        Derivatives by the angles.
    """

    axes: Array
    scatter: Array
    along: Array
    variances: Array
    value: float
    slope: Array


@dataclass(frozen=True, slots=True, eq=False)
class AxesCost:
    """What the axes are to fit.

    Attributes
    ----------
    n : ndarray of shape (k,)
    spectrum : Spectrum
    least : ndarray of shape (k, 1)
        Below this scatter is rounding.
    upper : tuple of ndarrays of shape (d (d - 1) / 2,)
        The pairs of axes.
    reference : ndarray of shape (k, d)
        Logarithms of variances from which costs are counted, so that they keep their digits.
    """

    n: Array
    spectrum: VarianceFit
    least: Array
    upper: tuple[Index, Index]
    reference: Array

    def at(self, axes: Array, scatter: Array) -> Rotation:
        """The best variances along axes."""
        along = np.einsum("kjj->kj", scatter)
        variances = self.spectrum(np.maximum(along, self.least), self.n, None)
        value = float(self.n @ (np.log(variances) - self.reference).sum(axis=1) + (along / variances).sum())
        pull = np.einsum("kij,kj->ij", scatter, 1 / variances)
        return Rotation(axes, scatter, along, variances, value, 2 * (pull - pull.T)[self.upper])

    def step(self, here: Rotation, angles: Array) -> Rotation:
        """Turn the axes, by Cayley's map."""
        half = np.zeros_like(here.axes)
        half[self.upper] = angles / 2
        half -= half.T
        one = np.eye(len(half))
        turn = np.linalg.solve(one - half, one + half)
        return self.at(here.axes @ turn, turn.T @ here.scatter @ turn)

    def curvature(self, here: Rotation) -> Array:
        """Second derivatives by each angle alone, at fixed variances; all positive."""
        cross = here.along.T @ (1 / here.variances)
        alone = np.diag(cross)
        return np.maximum(2 * (cross + cross.T - alone[:, None] - alone)[self.upper], FLAT * self.n.sum())


def common_axes(scatter: Array, n: Array, spectrum: VarianceFit, start: Array | None) -> tuple[Array, Array]:
    """E: the axes of ``start`` if it has common ones, turned until the cost is least."""
    d = scatter.shape[1]
    axes = generic_axes(scatter if start is None else start)
    least = share_of_largest(d) * np.einsum("kjj->k", scatter)[:, None]
    problem = AxesCost(n, spectrum, least, np.triu_indices(d, 1), np.zeros((len(n), d)))
    here = problem.at(axes, axes.T @ scatter @ axes)
    counted = replace(problem, reference=np.log(here.variances))
    best = minimise(counted, replace(here, value=float((here.along / here.variances).sum())))
    return best.variances, best.axes


def generic_axes(matrices: Array) -> Array:
    """Eigenvectors of a sum with weights that no symmetry of the matrices is likely to share, (d, d).

    Where all matrices have the same axes, these are they.
    """
    sizes = np.einsum("kjj->k", matrices)
    weight = np.sqrt(np.arange(len(matrices)) + 2) / np.maximum(sizes, TINY)
    return np.asarray(np.linalg.eigh(np.tensordot(weight, matrices, 1))[1])


def minimise(problem: AxesCost, here: Rotation) -> Rotation:
    """Step until nothing is gained."""
    steps: list[tuple[Array, Array, float]] = []
    values = [math.inf] * PATIENCE
    while len(values) < STEPS and values[-PATIENCE] - here.value > GAIN * problem.n.sum():
        values.append(here.value)
        if np.abs(here.slope).max(initial=0) <= SLOPE * problem.n.sum():
            break
        angles = -newton_like(here.slope, problem.curvature(here), steps)
        new, angles = descend(problem, here, angles * min(1, FARTHEST / np.abs(angles).max()))
        if new is here:
            break
        change = new.slope - here.slope
        along = float(angles @ change)
        steps = [*steps[1 - MEMORY :], (angles, change, 1 / along)] if along > 0 else steps
        here = new
    return here


def newton_like(slope: Array, curvature: Array, steps: list[tuple[Array, Array, float]]) -> Array:
    """The slope divided by the curvature, as far as the latest steps tell of it.

    Of each step: the angles, the change of slope, and one over their product.
    """
    back = []
    for s, y, scale in reversed(steps):
        back.append(scale * (s @ slope))
        slope = slope - back[-1] * y
    way = slope / curvature
    if steps:
        s, y, scale = steps[-1]
        way = way / (scale * (y @ (y / curvature)))
    for (s, y, scale), part in zip(steps, reversed(back), strict=True):
        way = way + s * (part - scale * (y @ way))
    return way


def descend(problem: AxesCost, here: Rotation, angles: Array) -> tuple[Rotation, Array]:
    """Go there, or less far until it is downhill; also by which angles. Stay where nothing is."""
    noise = NOISE * problem.n.sum() * len(here.axes)
    while np.abs(angles).max() > SLOPE**2:
        new = problem.step(here, angles)
        flatter = np.abs(new.slope).max() < 0.5 * np.abs(here.slope).max()
        if new.value <= here.value + 1e-4 * (here.slope @ angles) or (flatter and new.value <= here.value + noise):
            return new, angles
        angles = angles / 2
    return here, angles
