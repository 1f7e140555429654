"""The noise component: uniform over a box or a convex hull (Banfield & Raftery 1993, Biometrics 49, 803-821)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mixtura._support import Array, Index, Rng, as_count, as_rng, frozen_array, shortened
from mixtura.errors import DataError, ParameterError
from mixtura.mixture import hull

# The label of noise in predictions.
NOISE_LABEL = -1


@dataclass(frozen=True, eq=False)
class Noise:
    """The noise component of a mixture: uniform over a box, which may be rotated, or over a convex hull.

    As in mclust its density, one over the volume, is used for all rows, also outside the box or hull, so that a row far
    from all components is noise. Only samples, moments and probabilities of boxes depend on where the region ends.

    Parameters
    ----------
    weight : float
        The mixing proportion of noise; with the weights of the components it sums to one.
    lower, upper : array-like of shape (d,)
        Opposite corners of the box.
    axes : array-like of shape (d, d), optional
        Directions of the box's sides as orthonormal columns; ``lower`` and ``upper`` are in the coordinates
        ``x @ axes``. Along the columns of the data unless given.
    corners : array-like of shape (m, d), optional
        Corners of a convex hull, over which noise is uniform in place of the box; ``lower`` and ``upper`` are the least
        and largest values of these points.

    Raises
    ------
    DataError
        If shapes do not fit, the box or hull is empty, or axes are not orthonormal.

    Examples
    --------
    >>> from mixtura import DenseCovariance, Mixture, Noise
    >>> mixture = Mixture([0.9], [[0.0]], DenseCovariance(np.ones((1, 1, 1)), 1), noise=Noise(0.1, [-50.0], [50.0]))
    >>> mixture.predict([[0.0], [20.0]]).tolist()
    [0, -1]
    >>> mixture.posterior([[0.0], [20.0]]).round(4).tolist()
    [[0.9972, 0.0028], [0.0, 1.0]]
    """

    weight: float
    lower: Array
    upper: Array
    axes: Array | None = None
    corners: Array | None = None

    def __post_init__(self) -> None:
        lower, upper = frozen_array(self.lower, "noise: lower"), frozen_array(self.upper, "noise: upper")
        object.__setattr__(self, "lower", lower)
        object.__setattr__(self, "upper", upper)
        try:
            object.__setattr__(self, "weight", float(self.weight))
        except (TypeError, ValueError, OverflowError):
            raise DataError(f"noise: the weight is {shortened(self.weight)}; expected a probability") from None
        if not 0 <= self.weight <= 1:  # NaN compares false
            raise DataError(f"noise: the weight is {self.weight}; expected a probability")
        if lower.ndim != 1 or lower.shape != upper.shape or not np.isfinite([lower, upper]).all():
            raise DataError(f"noise: the corners are {lower.tolist()} and {upper.tolist()}; expected d numbers each")
        if not (lower < upper).all():
            column = int(np.argmin(lower < upper))
            raise DataError(
                f"noise: the box has no width in column {column}, from {lower[column]} to {upper[column]}; "
                "leave constant columns out"
            )
        if self.axes is not None:
            object.__setattr__(self, "axes", self._check_axes(len(lower)))
        if self.corners is not None:
            object.__setattr__(self, "corners", self._check_corners())

    def _check_corners(self) -> Array:
        """The corners as a read-only array; raises DataError unless they span the box and have a hull with a volume."""
        corners = frozen_array(self.corners, "noise: corners")
        if self.axes is not None or corners.ndim != 2 or corners.shape[1:] != self.lower.shape:
            raise DataError(f"noise: corners have shape {corners.shape}; expected (m, {len(self.lower)}), without axes")
        if not ((corners.min(axis=0) == self.lower) & (corners.max(axis=0) == self.upper)).all():
            raise DataError("noise: lower and upper are not the least and largest values of the corners")
        hull.hull_simplices(corners)  # raises where the hull has no volume
        return corners

    def _check_axes(self, d: int) -> Array:
        """The axes as a read-only array; raises DataError unless they are orthonormal."""
        axes = frozen_array(self.axes, "noise: axes")
        if axes.shape != (d, d) or not np.allclose(axes.T @ axes, np.eye(d), atol=1e-6):
            raise DataError(f"noise: axes have shape {axes.shape}; expected orthonormal columns, ({d}, {d})")
        return axes

    @property
    def n_features(self) -> int:
        """Number of dimensions, d."""
        return len(self.lower)

    @property
    def log_volume(self) -> float:
        """Logarithm of the volume of the box or hull."""
        if self.corners is not None:
            return hull.hull_log_volume(self.corners)
        return float(np.log(self.upper - self.lower).sum())

    @property
    def log_widths(self) -> Array:
        """Logarithms of the region's widths along the columns, (d,), scaled so that their sum is `log_volume`.

        For rows with missing values noise is uniform over a box of these widths; a box along the columns has them.
        """
        if self.axes is None and self.corners is None:
            return np.log(self.upper - self.lower)
        logs = 0.5 * np.log(np.diagonal(self.covariance))
        return np.asarray(logs + (self.log_volume - logs.sum()) / len(logs))

    @property
    def volume(self) -> float:
        """Volume of the box (mclust's ``hypvol``) or hull; infinite or zero where it over- or underflows float64."""
        with np.errstate(over="ignore", under="ignore"):
            return float(np.exp(self.log_volume))

    @property
    def mean(self) -> Array:
        """Mean of the uniform distribution over the box or hull, (d,)."""
        if self.corners is not None:
            return hull.hull_centroid(self.corners)
        return self._to_columns((self.lower + self.upper) / 2)

    @property
    def covariance(self) -> Array:
        """Covariance matrix of the uniform distribution over the box or hull, (d, d)."""
        if self.corners is not None:
            return hull.hull_covariance(self.corners)
        axes = np.eye(self.n_features) if self.axes is None else self.axes
        return np.asarray((axes * (self.upper - self.lower) ** 2 / 12) @ axes.T)

    def _to_columns(self, points: Array) -> Array:
        """Transform points (..., d) from the coordinates of the box's axes to those of the data's columns."""
        return points if self.axes is None else points @ self.axes.T

    def with_weight(self, weight: float) -> Noise:
        """A noise component over the same region with another weight."""
        return replace(self, weight=weight)

    def sample(self, n: int, seed: int | Rng | None = None) -> Array:
        """Draw ``n`` rows from the uniform distribution over the box or hull, (n, d)."""
        count, rng = as_count(n, "n", least=0), as_rng(seed)
        if self.corners is not None:
            return hull.sample_hull(self.corners, count, rng)
        fractions = rng.uniform(size=(count, self.n_features))
        return self._to_columns(self.lower + fractions * (self.upper - self.lower))

    def axis_aligned(self) -> Noise:
        """Noise over a box along the columns, with the same mean and variances; itself if its region is such a box."""
        if self.axes is None and self.corners is None:
            return self
        half = np.sqrt(3 * np.diagonal(self.covariance))
        return Noise(self.weight, self.mean - half, self.mean + half)

    def marginal(self, keep: Index) -> Noise:
        """The marginal distribution of noise in some columns: uniform over a box of these columns.

        Raises
        ------
        ParameterError
            If the box is rotated or the region is a hull, since the marginal is then not uniform.
        """
        if self.corners is not None and len(keep) == self.n_features:
            return replace(self, lower=self.lower[keep], upper=self.upper[keep], corners=self.corners[:, keep])
        if self.axes is not None and len(keep) == self.n_features:  # the same columns in another order
            return replace(self, axes=self.axes[keep])
        self._require_axis_aligned("its marginal is not uniform")
        return replace(self, lower=self.lower[keep], upper=self.upper[keep])

    def probability(self, low: Array, high: Array) -> Array:
        """Probabilities, (n,), of boxes with corners ``low`` and ``high``, (n, d), under the noise."""
        self._require_axis_aligned("the probability of other boxes is not known")
        overlap = np.minimum(high, self.upper) - np.maximum(low, self.lower)
        return np.asarray((np.maximum(overlap, 0) / (self.upper - self.lower)).prod(axis=1))

    def _require_axis_aligned(self, otherwise: str) -> None:
        """Raise ParameterError, with the reason ``otherwise``, unless the region is a box along the columns."""
        if self.axes is not None or self.corners is not None:
            where = "a rotated box" if self.corners is None else "a convex hull"
            raise ParameterError(
                f"the noise is uniform over {where}, so {otherwise}; "
                "fit with noise=mixtura.Noise(...) over a box along the columns, or leave the noise out: "
                "mixture.without_noise()"
            )

    def to_dict(self) -> dict[str, Any]:
        """Weight and region in a dictionary that JSON can hold."""
        axes = None if self.axes is None else self.axes.tolist()
        plain = {"weight": self.weight, "lower": self.lower.tolist(), "upper": self.upper.tolist(), "axes": axes}
        return plain if self.corners is None else {**plain, "corners": self.corners.tolist()}

    @classmethod
    def from_dict(cls, values: Any) -> Noise:
        """Make the noise component that ``to_dict`` returned; everything is checked.

        Examples
        --------
        >>> Noise.from_dict({"weight": 0.25, "lower": [0.0], "upper": [2.0]}).volume
        2.0
        """
        if not isinstance(values, dict) or not {"weight", "lower", "upper"} <= values.keys():
            raise DataError('noise: expected {"weight": ..., "lower": [...], "upper": [...], "axes": null or [[...]]}')
        return cls(values["weight"], values["lower"], values["upper"], values.get("axes"), values.get("corners"))
