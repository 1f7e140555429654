"""Rows with values known by intervals, as each component expects them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rows
from mixtura.data import Intervals
from mixtura.errors import ParameterError
from mixtura.kernels.affine import Density
from mixtura.kernels.conditionals import MOST_NUMBERS, Conditionals, pattern_groups
from mixtura.kernels.numpy import squared_mahalanobis
from mixtura.kernels.truncated_normal import MOST_COLUMNS, box_moments, interval_moments
from mixtura.kernels.unseen_rows import Unseen


@dataclass(frozen=True, slots=True, eq=False)
class ConditionalRows:
    """Some rows as each of k components expects them.

    Attributes
    ----------
    numbers : ndarray of int, (m,)
        Numbers of the rows.
    joint : ndarray of shape (m, k)
        Log of the weight of each component times the density of the exact values and the probability of the others'
        intervals.
    mean : ndarray of shape (m, k, d)
    scatter : callable
        From responsibilities (m, k), the sum over the rows of these times the covariances of what is not known:
        (k, d, d), or (k, d) of components with diagonal covariances.
    covariances : callable
        From a component's number, the covariance of what is not known of each row, (m, d, d).
    """

    numbers: NDArray[np.intp]
    joint: Array
    mean: Array
    scatter: Callable[[Array], Array]
    covariances: Callable[[int], Array]


def conditional_rows(density: Density, rows: Rows, measurement: Intervals) -> Iterator[ConditionalRows]:
    """The rows, of which none is exact, in parts that fit into memory."""
    outside = np.zeros(len(rows), dtype=bool) if measurement.outside is None else measurement.outside
    if outside.any():
        numbers = np.flatnonzero(outside)
        yield from _beyond(density, numbers, measurement.take(numbers))
    inside, of_block = np.flatnonzero(~outside), _diagonal if density.affine.form == "diagonal" else _dense
    step = max(MOST_NUMBERS // density.affine.means.size, 1)
    for first in range(0, len(inside), step):
        block = inside[first : first + step]
        for part in of_block(density, rows[block].astype(np.float64), measurement.take(block)):
            yield replace(part, numbers=block[part.numbers])


def _beyond(density: Density, numbers: NDArray[np.intp], measurement: Intervals) -> Iterator[ConditionalRows]:
    """Rows that are known to lie outside of their boxes, which all have in common."""
    m = len(numbers)
    low, high = (ends[0] for ends in measurement.ends((m, density.n_features)))
    found = Unseen.outside(density.affine, low, high)
    joint = np.broadcast_to(found.log_weights + found.log_outside, (m, len(found.log_outside)))
    mean = np.broadcast_to(found.mean, (m, *found.mean.shape))
    yield ConditionalRows(
        numbers,
        joint,
        mean,
        lambda resp: resp.sum(axis=0)[:, None, None] * found.covariance,
        lambda j: np.broadcast_to(found.covariance[j], (m, *found.covariance[j].shape)),
    )


def _diagonal(density: Density, rows: Array, measurement: Intervals) -> Iterator[ConditionalRows]:
    """Rows under components with diagonal covariances: each value by itself."""
    affine = density.affine
    missing, bounded = np.isnan(rows), measurement.bounded(rows)
    white = (np.where(missing, 0.0, rows - affine.shift))[:, None, :] * affine.factors - affine.offsets
    logs = np.log(affine.factors) - 0.5 * math.log(2 * math.pi)
    joint = affine.constants - 0.5 * np.where(missing[:, None, :], 0.0, white * white).sum(axis=2)
    joint -= missing @ logs.T
    mean = np.where(missing[:, None, :], affine.means, rows[:, None, :])
    variance = missing[:, None, :] * (1 / affine.factors**2)
    if bounded.any():
        at, column = np.nonzero(bounded)
        low, high = (ends[bounded][:, None] for ends in measurement.ends(rows.shape))
        factor, centre = affine.factors[:, column].T, affine.means[:, column].T
        found = interval_moments((low - centre) * factor, (high - centre) * factor, (high - low) * factor)
        np.add.at(joint, at, found[0])
        mean[at, :, column] = centre + found[1] / factor
        variance[at, :, column] = found[2] / factor**2
    yield ConditionalRows(
        np.arange(len(rows)),
        joint,
        mean,
        lambda resp: np.einsum("nk,nkd->kd", resp, variance),
        lambda j: variance[:, j, :, None] * np.eye(rows.shape[1]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Rows of one pattern: given their exact values, normal in the bounded columns, and regressions of all on these."""

    numbers: NDArray[np.intp]
    joint: Array
    expected: Array
    rest: Array
    columns: NDArray[np.intp]

    def bounds(self, measurement: Intervals) -> list[Array]:
        """In the bounded columns for each row and component: mean (m k, u), covariance (m k, u, u), low and high."""
        (m, k), u = self.joint.shape, len(self.columns)
        own = self.rest[:, self.columns[:, None], self.columns]
        ends = [each[np.ix_(self.numbers, self.columns)][:, None, :] for each in measurement.ends((0, 0))]
        return [
            self.expected[:, :, self.columns].reshape(-1, u),
            np.broadcast_to(own, (m, k, u, u)).reshape(-1, u, u),
            *(np.broadcast_to(each, (m, k, u)).reshape(-1, u) for each in ends),
        ]

    def within(self, logs: Array, mean: Array, covariance: Array) -> ConditionalRows:
        """The rows, given what is expected within the boxes: (m k,), (m k, u) and (m k, u, u)."""
        (m, k), u, columns = self.joint.shape, len(self.columns), self.columns
        own = self.rest[:, columns[:, None], columns]
        slopes = np.linalg.solve(own, self.rest[:, columns]).swapaxes(1, 2)
        moved = mean.reshape(m, k, u) - self.expected[:, :, columns]
        expected = self.expected + np.einsum("kdu,mku->mkd", slopes, moved)
        expected[:, :, columns] = mean.reshape(m, k, u)
        inner = covariance.reshape(m, k, u, u)

        def scatter(resp: Array) -> Array:
            weight = resp.sum(axis=0)[:, None, None]
            less = np.einsum("mk,mkuv->kuv", resp, inner) - weight * own
            return np.asarray(weight * self.rest + slopes @ less @ slopes.swapaxes(1, 2))

        def covariances(j: int) -> Array:
            return np.asarray(self.rest[j] + slopes[j] @ (inner[:, j] - own[j]) @ slopes[j].T)

        return ConditionalRows(self.numbers, self.joint + logs.reshape(m, k), expected, scatter, covariances)


def _dense(density: Density, rows: Array, measurement: Intervals) -> Iterator[ConditionalRows]:
    """Rows under components with full covariances: patterns by patterns, boxes of as many columns together."""
    patterns, d = measurement.patterns(rows), rows.shape[1]
    most = int((~patterns.seen[:, d:]).sum(axis=1).max())
    if most > MOST_COLUMNS:
        raise ParameterError(
            f"a row has {most} values with intervals; with full covariances at most {MOST_COLUMNS} are possible: take a"
            " model with diagonal covariances, such as VVI"
        )
    starts = np.append(0, patterns.ends[:-1])
    for group in pattern_groups(len(patterns.ends), density):
        conditionals = Conditionals.of(density.affine, patterns.seen[group, :d])
        ends = zip(starts[group], patterns.ends[group], strict=True)
        found = [
            _group(conditionals, p, rows, patterns.order[slice(*each)], np.flatnonzero(~patterns.seen[group, d:][p]))
            for p, each in enumerate(ends)
        ]
        yield from _with_boxes(found, measurement)


def _group(
    conditionals: Conditionals, pattern: int, rows: Array, numbers: NDArray[np.intp], columns: NDArray[np.intp]
) -> _Group:
    """The rows of one pattern, with the density of their exact values; ``columns`` are those with intervals."""
    affine, own = conditionals.density(pattern).affine, rows[numbers]
    joint = affine.constants - 0.5 * squared_mahalanobis(affine, np.nan_to_num((own - affine.shift).T)).T
    known = np.broadcast_to(np.nan_to_num(own)[:, None, :], (len(numbers), *affine.means.shape))
    expected = conditionals.only(pattern).expected(np.zeros(len(numbers), dtype=np.intp), known)
    return _Group(numbers, joint, expected, conditionals.rest[pattern], columns)


def _with_boxes(groups: list[_Group], measurement: Intervals) -> Iterator[ConditionalRows]:
    """The rows of several patterns, whose boxes of the same number of columns are integrated together."""
    for u in sorted({len(group.columns) for group in groups}):
        alike = [group for group in groups if len(group.columns) == u]
        if not u:
            yield from (_unbounded(group) for group in alike)
            continue
        found = box_moments(*map(np.concatenate, zip(*(group.bounds(measurement) for group in alike), strict=True)))
        last = np.cumsum([group.joint.size for group in alike])
        for group, end in zip(alike, last.tolist(), strict=True):
            own = slice(end - group.joint.size, end)
            yield group.within(found.log_probability[own], found.mean[own], found.covariance[own])


def _unbounded(group: _Group) -> ConditionalRows:
    """Rows whose values are exact or missing."""
    return ConditionalRows(
        group.numbers,
        group.joint,
        group.expected,
        lambda resp: resp.sum(axis=0)[:, None, None] * group.rest,
        lambda j: np.broadcast_to(group.rest[j], (len(group.numbers), *group.rest[j].shape)),
    )
