"""Constraints on covariances: bounds on the ratio of eigenvalues, or on that of determinants.

The likelihood of a Gaussian mixture has no maximum, since a component may shrink onto a row (Hathaway 1985, Ann. Stat.
13, 795-800). Under either constraint it has one. Both constraints are linear in the logarithms of variances, in which
the M-step is convex, and the M-steps have closed forms (Fritz, Garcia-Escudero & Mayo-Iscar 2013, Comput. Stat.
Data Anal. 61, 124-136; Garcia-Escudero, Mayo-Iscar & Riani 2020, Stat. Comput. 30, 1713-1730).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from mixtura._support import TINY, Array, as_amount
from mixtura.covariance.models.volumes_and_shapes import VarianceFit
from mixtura.errors import ParameterError

# Largest shape ratio, tclust's default: in double precision larger ones are close to singular.
MAX_SHAPE_RATIO = 1e10

# Unconstrained variances, and the weight of each of their rows, from scatter t along the axes (k, d) and weight n (k,).
UnconstrainedFit: TypeAlias = Callable[[Array, Array], tuple[Array, Array]]


def _equal_spherical(t: Array, n: Array) -> tuple[Array, Array]:
    """EI: one variance for all components and axes."""
    return t.mean(axis=1, keepdims=True).sum(axis=0, keepdims=True) / n.sum(), n.sum(keepdims=True)


def _variable_variances(t: Array, n: Array) -> tuple[Array, Array]:
    """VV: variances of each component and axis."""
    return t / n[:, None], n


def _variable_spherical(t: Array, n: Array) -> tuple[Array, Array]:
    """VI: one variance for each component."""
    return t.mean(axis=1, keepdims=True) / n[:, None], n


def _equal_variances(t: Array, n: Array) -> tuple[Array, Array]:
    """EE: the same variances in all components."""
    return t.sum(axis=0, keepdims=True) / n.sum(), n.sum(keepdims=True)


# By the letters of volume and shape; of VE and EV the constrained M-step has no closed form.
UNCONSTRAINED_FITS: dict[str, UnconstrainedFit] = {
    "EI": _equal_spherical,
    "VI": _variable_spherical,
    "EE": _equal_variances,
    "VV": _variable_variances,
}
RATIO_MODELS = ("EII", "VII", "EEI", "VVI", "EEE", "VVE", "EEV", "VVV")
DETERMINANT_MODELS = ("VII", "VVI", "VVE", "VVV")


def clip_to_ratio(values: Array, weight: Array, ratio: float, least: float = 0.0) -> Array:
    """Variances e (k, m) of bounded ratio that minimise sum_kj n_k (log e_kj + values_kj / e_kj).

    The largest is at most ``ratio`` times the smallest, which is at least ``least``; n is ``weight`` (k,). The
    solution is the values clipped to [m, ratio m]. The cost is convex in log m, and its derivative has a closed form
    between the breakpoints, at which a value starts or ceases to be clipped.

    Examples
    --------
    >>> clip_to_ratio(np.array([[1.0, 8.0]]), np.ones(1), 4.0).tolist()
    [[1.5, 6.0]]
    """
    ascending = np.sort(values, axis=None)
    if ascending[-1] <= ratio * max(ascending[0], least):
        return np.maximum(values, least)
    order = np.argsort(values, axis=None, kind="stable")
    n = np.broadcast_to(weight[:, None], values.shape).ravel()[order]
    # Sums from either end rather than differences of sums, in which tiny weights of empty components would be lost.
    weight_below, moment_below, weight_above, moment_above = (
        _sums_below(n),
        _sums_below(n * ascending),
        _sums_above(n),
        _sums_above(n * ascending),
    )

    def derivative_terms(m: Array) -> tuple[Array, Array]:
        """Terms A and B of the cost's derivative by log m, A - B / m, from the clipped values."""
        below, above = np.searchsorted(ascending, m, "left"), np.searchsorted(ascending, ratio * m, "right")
        return weight_below[below] + weight_above[above], moment_below[below] + moment_above[above] / ratio

    breakpoints = np.sort(np.concatenate([ascending, ascending / ratio]))
    weights, moments = derivative_terms(breakpoints)
    last = int(np.argmax(weights * breakpoints >= moments))
    middle = (breakpoints[last - 1] + breakpoints[last]) / 2
    weights, moments = derivative_terms(middle)
    best = np.clip(moments / weights, breakpoints[last - 1], breakpoints[last]) if weights > 0 else middle
    m = max(float(best), least)
    return np.clip(values, m, ratio * m)


def _sums_below(values: Array) -> Array:
    """Sums of the first 0, 1, ..., m of m values, (m + 1,)."""
    return np.concatenate([[0.0], np.cumsum(values)])


def _sums_above(values: Array) -> Array:
    """Sums of all of m values but the first 0, 1, ..., m, added from the end, (m + 1,)."""
    return np.asarray(_sums_below(values[::-1])[::-1])


@dataclass(frozen=True, slots=True)
class EigenvalueRatio:
    """The constraint that no eigenvalue of any covariance matrix is more than ``ratio`` times another one.

    It depends on the columns' units. It is tclust's ``restr.fact``, whose default is 12.

    Parameters
    ----------
    ratio : float
        At least 1.

    Examples
    --------
    >>> EigenvalueRatio(0.5)
    Traceback (most recent call last):
    mixtura.errors.ParameterError: eigenvalue_ratio is 0.5; expected a number that is at least 1
    """

    ratio: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "ratio", _as_ratio(self.ratio, "eigenvalue_ratio"))

    @property
    def options(self) -> dict[str, float]:
        """The user's options that describe this constraint: arguments of `ratios_as_constraint`."""
        return {"eigenvalue_ratio": self.ratio}

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the covariance models that have an exact M-step under the constraint."""
        return RATIO_MODELS

    def variance_fit(self, letters: str) -> VarianceFit:
        """Function that estimates variances under the constraint, for a model's letters of volume and shape."""

        def fit_variances(t: Array, n: Array, _start: Array | None) -> Array:
            values, weight = UNCONSTRAINED_FITS[letters](t, np.maximum(n, TINY))
            return clip_to_ratio(values, weight, self.ratio, 1.0)

        return fit_variances


@dataclass(frozen=True, slots=True)
class DeterminantRatio:
    """The constraint that no determinant is more than ``ratio`` times another one.

    Within a component, no eigenvalue is more than ``shape`` times another one. The best shape does not depend on the
    volume: it is that of the component's own variances, clipped to the ratio. With the default ``shape``, the
    constraint depends neither on the columns' units nor on rotations.

    Parameters
    ----------
    ratio : float
        At least 1.
    shape : float
        At least 1, and at most 1e10.

    Examples
    --------
    >>> import mixtura
    >>> rows = np.random.default_rng(0).normal(size=(60, 2)) * np.repeat([[1.0], [9.0]], 30, axis=0)
    >>> fit = mixtura.fit(rows, 2, model=mixtura.Model(constraint=DeterminantRatio(4)), start=np.repeat([0, 1], 30))
    >>> low, high = sorted(np.linalg.det(fit.mixture.covariances.dense()))
    >>> bool(high <= 4 * low * (1 + 1e-9))
    True
    """

    ratio: float
    shape: float = MAX_SHAPE_RATIO

    def __post_init__(self) -> None:
        object.__setattr__(self, "ratio", _as_ratio(self.ratio, "determinant_ratio"))
        object.__setattr__(self, "shape", min(_as_ratio(self.shape, "shape_ratio"), MAX_SHAPE_RATIO))

    @property
    def options(self) -> dict[str, float]:
        """The user's options that describe this constraint: arguments of `ratios_as_constraint`."""
        return {"determinant_ratio": self.ratio, "shape_ratio": self.shape}

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the covariance models of variable volume that have an exact M-step under the constraint."""
        return DETERMINANT_MODELS

    def variance_fit(self, letters: str) -> VarianceFit:
        """Function that estimates variances under the constraint, for a model's letters of volume and shape.

        The floor, 1, applies to the unconstrained variances from which the estimates are computed.
        """

        def fit_variances(t: Array, n: Array, _start: Array | None) -> Array:
            values, weight = UNCONSTRAINED_FITS[letters](t, np.maximum(n, TINY))
            values = np.maximum(values, 1.0)
            d = t.shape[1]
            shapes = np.concatenate([clip_to_ratio(row, np.ones(1), self.shape) for row in values[:, None]])
            shapes = shapes / np.exp(np.log(shapes).mean(axis=1, keepdims=True))
            volume = (values / shapes).mean(axis=1, keepdims=True)
            return np.maximum(clip_to_ratio(volume, weight, self.ratio ** (1 / d)) * shapes, 1.0)

        return fit_variances


Constraint: TypeAlias = EigenvalueRatio | DeterminantRatio


def as_constraint(constraint: Any) -> Constraint | None:
    """Check a constraint, which may be None.

    Examples
    --------
    >>> as_constraint(12)
    Traceback (most recent call last):
    mixtura.errors.ParameterError: constraint is 12; expected a mixtura.EigenvalueRatio or mixtura.DeterminantRatio
    """
    if not (constraint is None or isinstance(constraint, Constraint)):
        raise ParameterError(
            f"constraint is {constraint!r}; expected a mixtura.EigenvalueRatio or mixtura.DeterminantRatio"
        )
    return constraint


def ratios_as_constraint(
    eigenvalue_ratio: Any = None, determinant_ratio: Any = None, shape_ratio: Any = None
) -> Constraint | None:
    """The constraint with the given ratios, from a command's options or a model file; None if no ratio is given.

    At most one of ``eigenvalue_ratio`` and ``determinant_ratio`` may be given; ``shape_ratio`` needs the latter.

    Examples
    --------
    >>> ratios_as_constraint(12), ratios_as_constraint(None, 8, 100.0), ratios_as_constraint()
    (EigenvalueRatio(ratio=12.0), DeterminantRatio(ratio=8.0, shape=100.0), None)
    """
    if eigenvalue_ratio is not None and determinant_ratio is not None:
        raise ParameterError("eigenvalue_ratio and determinant_ratio are both given; expected one of them")
    if shape_ratio is not None and determinant_ratio is None:
        raise ParameterError("shape_ratio is given without determinant_ratio; give both, or eigenvalue_ratio alone")
    if eigenvalue_ratio is not None:
        return EigenvalueRatio(eigenvalue_ratio)
    if determinant_ratio is None:
        return None
    return DeterminantRatio(determinant_ratio, MAX_SHAPE_RATIO if shape_ratio is None else shape_ratio)


def _as_ratio(value: Any, name: str) -> float:
    """Check an argument that must be a number of at least 1; the message calls it ``name``."""
    ratio = as_amount(value, name)
    if ratio < 1:
        raise ParameterError(f"{name} is {value!r}; expected a number that is at least 1")
    return ratio
