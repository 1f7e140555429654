"""Bounds on how much covariances may differ: on the ratio of eigenvalues, or of determinants and of axes.

A likelihood of Gaussian components has no maximum, since a component may shrink onto a row (Hathaway 1985, Ann. Stat.
13, 795-800). It has one among components that are not too different. Both bounds are linear in the logarithms of
variances, in which the M-step is convex, and have closed forms (Fritz, Garcia-Escudero & Mayo-Iscar 2013, Comput. Stat.
Data Anal. 61, 124-136; Garcia-Escudero, Mayo-Iscar & Riani 2020, Stat. Comput. 30, 1713-1730).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from mixtura._support import Array, as_amount
from mixtura.covariance.models.volumes_and_shapes import TINY, VarianceFit
from mixtura.errors import ParameterError

# Without a bound on shapes: tclust's, which double precision needs.
ROUND_ENOUGH = 1e10

# From scatter along the axes (k, d) and weight (k,) to variances without any bound, and their weights.
Plain: TypeAlias = Callable[[Array, Array], tuple[Array, Array]]


def _sphere(t: Array, n: Array) -> tuple[Array, Array]:
    return t.mean(axis=1, keepdims=True).sum(axis=0, keepdims=True) / n.sum(), n.sum(keepdims=True)


def _own(t: Array, n: Array) -> tuple[Array, Array]:
    return t / n[:, None], n


def _spheres(t: Array, n: Array) -> tuple[Array, Array]:
    return t.mean(axis=1, keepdims=True) / n[:, None], n


def _shared(t: Array, n: Array) -> tuple[Array, Array]:
    return t.sum(axis=0, keepdims=True) / n.sum(), n.sum(keepdims=True)


# By the letters of volume and shape: where volumes and shapes are bound to each other there is no closed form.
PLAIN: dict[str, Plain] = {"EI": _sphere, "VI": _spheres, "EE": _shared, "VV": _own}
RATIO_MODELS = ("EII", "VII", "EEI", "VVI", "EEE", "VVE", "EEV", "VVV")
DETERMINANT_MODELS = ("VII", "VVI", "VVE", "VVV")


def clip_to_ratio(values: Array, weight: Array, ratio: float, least: float = 0.0) -> Array:
    """Variances e nearest to ``values`` (k, m): of least sum_kj n_k (log e_kj + values_kj / e_kj).

    The largest is at most ``ratio`` times the smallest, and that not below ``least``. They are the values, clipped to
    [m, ratio m]: the cost as a function of log m is convex, with a derivative known at every turn.

    Examples
    --------
    >>> clip_to_ratio(np.array([[1.0, 8.0]]), np.ones(1), 4.0).tolist()
    [[1.5, 6.0]]
    """
    flat = np.sort(values, axis=None)
    if flat[-1] <= ratio * max(flat[0], least):
        return np.maximum(values, least)
    order = np.argsort(values, axis=None, kind="stable")
    n = np.broadcast_to(weight[:, None], values.shape).ravel()[order]
    # Sums from either end: weights of components without rows are lost beside others, and still decide where m ends.
    mass, moment, above, moment_above = _from_below(n), _from_below(n * flat), _from_above(n), _from_above(n * flat)

    def pull(m: Array) -> tuple[Array, Array]:
        """The derivative is the first, less the second over m."""
        below, upto = np.searchsorted(flat, m, "left"), np.searchsorted(flat, ratio * m, "right")
        return mass[below] + above[upto], moment[below] + moment_above[upto] / ratio

    turns = np.sort(np.concatenate([flat, flat / ratio]))
    heavy, wanted = pull(turns)
    last = int(np.argmax(heavy * turns >= wanted))
    middle = (turns[last - 1] + turns[last]) / 2
    heavy, wanted = pull(middle)
    best = np.clip(wanted / heavy, turns[last - 1], turns[last]) if heavy > 0 else middle
    m = max(float(best), least)
    return np.clip(values, m, ratio * m)


def _from_below(values: Array) -> Array:
    """Sums of the first 0, 1, ... values."""
    return np.concatenate([[0.0], np.cumsum(values)])


def _from_above(values: Array) -> Array:
    """Sums of all values but the first 0, 1, ..."""
    return np.asarray(_from_below(values[::-1])[::-1])


@dataclass(frozen=True, slots=True)
class EigenvalueRatio:
    """No eigenvalue of any covariance is more than ``ratio`` times another one.

    It is in the columns' units: other units are another bound.
    """

    ratio: float

    @property
    def plain(self) -> dict[str, float]:
        """As the caller gave it."""
        return {"eigenvalue_ratio": self.ratio}

    @property
    def models(self) -> tuple[str, ...]:
        """The covariance models that can keep to it."""
        return RATIO_MODELS

    def spectrum(self, letters: str) -> VarianceFit:
        """The best variances within the bound."""

        def bounded(t: Array, n: Array, _start: Array | None) -> Array:
            values, weight = PLAIN[letters](t, np.maximum(n, TINY))
            return clip_to_ratio(values, weight, self.ratio, 1.0)

        return bounded


@dataclass(frozen=True, slots=True)
class DeterminantRatio:
    """No determinant is more than ``ratio`` times another one, and no axis of a component ``shape`` times another one.

    The best shape does not depend on the volume: it is that of the component's variances, truncated by themselves.
    Ratios are of variances and of their products. Without ``shape`` other units, or a rotation, change nothing.
    """

    ratio: float
    shape: float = ROUND_ENOUGH

    @property
    def plain(self) -> dict[str, float]:
        """As the caller gave it."""
        return {"determinant_ratio": self.ratio, "shape_ratio": self.shape}

    @property
    def models(self) -> tuple[str, ...]:
        """The covariance models that can keep to it; where volumes are equal, determinants are."""
        return DETERMINANT_MODELS

    def spectrum(self, letters: str) -> VarianceFit:
        """The best variances within the bounds; the floor is under the variances that they are made from."""

        def bounded(t: Array, n: Array, _start: Array | None) -> Array:
            values, weight = PLAIN[letters](t, np.maximum(n, TINY))
            values = np.maximum(values, 1.0)
            d = t.shape[1]
            shapes = np.concatenate([clip_to_ratio(one, np.ones(1), self.shape) for one in values[:, None]])
            shapes = shapes / np.exp(np.log(shapes).mean(axis=1, keepdims=True))
            volume = (values / shapes).mean(axis=1, keepdims=True)
            return np.maximum(clip_to_ratio(volume, weight, self.ratio ** (1 / d)) * shapes, 1.0)

        return bounded


Constraint: TypeAlias = EigenvalueRatio | DeterminantRatio


def as_constraint(
    eigenvalue_ratio: Any = None, determinant_ratio: Any = None, shape_ratio: Any = None
) -> Constraint | None:
    """Check bounds: at most one of the first two, the third beside the second.

    Examples
    --------
    >>> as_constraint(12), as_constraint(None, 8, 100.0), as_constraint()
    (EigenvalueRatio(ratio=12.0), DeterminantRatio(ratio=8.0, shape=100.0), None)
    """
    if eigenvalue_ratio is not None and determinant_ratio is not None:
        raise ParameterError("eigenvalue_ratio and determinant_ratio are both given; expected one of them")
    if shape_ratio is not None and determinant_ratio is None:
        raise ParameterError("shape_ratio is given without determinant_ratio; give both, or eigenvalue_ratio alone")
    if eigenvalue_ratio is not None:
        return EigenvalueRatio(_as_ratio(eigenvalue_ratio, "eigenvalue_ratio"))
    if determinant_ratio is None:
        return None
    shape = ROUND_ENOUGH if shape_ratio is None else _as_ratio(shape_ratio, "shape_ratio")
    return DeterminantRatio(_as_ratio(determinant_ratio, "determinant_ratio"), min(shape, ROUND_ENOUGH))


def _as_ratio(value: Any, name: str) -> float:
    """Check a ratio of the larger to the smaller."""
    ratio = as_amount(value, name)
    if ratio < 1:
        raise ParameterError(f"{name} is {value!r}; expected a number that is at least 1")
    return ratio
