"""Rows with errors of their own: log-densities and sums with NumPy, by the sweep operator on many matrices at once.

The y and P of formulas are those of `mixtura.kernels.true_values`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, Rows
from mixtura.errors import ParameterError
from mixtura.kernels.affine import MAX_DISTANCE
from mixtura.kernels.true_values import LOG_TWO_PI, RowErrors, RowSums, TrueValues


@dataclass(frozen=True, slots=True, eq=False)
class RowTerms:
    """What m rows tell of the true values under each of k components.

    Attributes
    ----------
    joint : ndarray of shape (m, k + 1) or (m, k)
        Weighted log-densities, that of the noise component last.
    linear : ndarray of shape (d, k, m)
        The y of the formulas.
    precision : ndarray of shape (d, d, k, m), or, with diagonal covariances and errors, (d, k, m)
        The P of the formulas.
    """

    joint: Array
    linear: Array
    precision: Array

    @classmethod
    def of(cls, true: TrueValues, errors: RowErrors) -> RowTerms:
        """Those of all rows at once."""
        own, rows = errors.covariances[errors.numbers], errors.rows
        seen = ~np.isnan(rows)
        distances, logdet, linear, precision = (
            _diagonal(true, rows, own, seen)
            if true.is_diagonal and own.ndim == 2 and errors.projections is None
            else _dense(true.dense(), errors, own, seen)
        )
        with np.errstate(over="ignore"):
            distances = np.fmin(distances, MAX_DISTANCE)
        joint = true.log_weights[:, None] - 0.5 * (distances + logdet + LOG_TWO_PI * seen.sum(axis=1))
        return cls(np.concatenate([joint.T, true.uniform_log_density(seen)], axis=1), linear, precision)


def _diagonal(true: TrueValues, rows: Rows, own: Array, seen: NDArray[np.bool_]) -> tuple[Array, Array, Array, Array]:
    """Squared distances and log-determinants (k, n), y and P (d, k, n), where all covariances are diagonal."""
    known = seen.T[:, None, :]
    total = np.where(known, true.covariances.T[:, :, None] + own.T[:, None, :], 1.0)
    deviations = np.where(known, rows.T[:, None, :] - true.means.T[:, :, None], 0.0)
    with np.errstate(over="ignore"):
        linear = deviations / total
        distances = (deviations * linear).sum(axis=0)
    return distances, np.log(total).sum(axis=0), linear, known / total


def _dense(true: TrueValues, errors: RowErrors, own: Array, seen: NDArray[np.bool_]) -> tuple[Array, ...]:
    """Squared distances and log-determinants (k, n), y (d, k, n) and P (d, d, k, n)."""
    k, (n, e) = len(true.means), errors.rows.shape
    if own.ndim == 2:
        own = own[:, :, None] * np.eye(e)
    maps, augmented = errors.projections, np.zeros((e + 1, e + 1, k, n))
    covariances, means = true.covariances.transpose(1, 2, 0)[..., None], true.means.T[:, :, None]
    if maps is not None:
        covariances = np.einsum("nia,kab,njb->ijkn", maps, true.covariances, maps, optimize=True)
        means = np.einsum("nia,ka->ikn", maps, true.means)
    known = seen.T[:, None, :]
    pairs = known[:, None] & known[None]
    unit = np.eye(e)[:, :, None, None]
    augmented[:e, :e] = np.where(pairs, covariances + own.transpose(1, 2, 0)[:, :, None], unit)
    augmented[e, :e] = augmented[:e, e] = np.where(known, errors.rows.T[:, None, :] - means, 0.0)
    logdet = _sweep(augmented)
    precision, linear = np.where(pairs, -augmented[:e, :e], 0.0), augmented[:e, e]
    if maps is not None:
        precision = np.einsum("nia,ijkn,njb->abkn", maps, precision, maps, optimize=True)
        linear = np.einsum("nia,ikn->akn", maps, linear)
    return -augmented[e, e], logdet, linear, precision


def _sweep(matrices: Array) -> Array:
    """Sweep all pivots but the last of symmetric matrices (e + 1, e + 1, ...) in place; log-determinants of the rest.

    With T in the first e rows and columns, u beside it, and zero in the corner, there come -T^-1, T^-1 u and
    -u' T^-1 u (Goodnight 1979, Am. Stat. 33, 149-158).
    """
    logdet = np.zeros(matrices.shape[2:])
    with np.errstate(over="ignore", invalid="ignore"):
        for j in range(len(matrices) - 1):
            pivot = matrices[j, j].copy()
            logdet += np.log(pivot)
            own = matrices[j] / pivot
            matrices -= matrices[:, j, None] * own
            matrices[j] = matrices[:, j] = own
            matrices[j, j] = -1 / pivot
    return logdet


def log_joint(true: TrueValues, errors: RowErrors) -> Array:
    """Weighted log-densities of the components at each row, (n, k), and of the noise component, if any."""
    check_projections(true, errors)
    width = len(true.means) + len(true.uniform)
    return np.concatenate(
        [np.empty((0, width)), *(RowTerms.of(true, part).joint for part in errors.parts(len(true.means)))]
    )


def row_sums(true: TrueValues, errors: RowErrors) -> RowSums:
    """Sums over all rows, block by block."""
    check_projections(true, errors)
    parts = [_block_sums(true, part) for part in errors.parts(len(true.means))]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def check_projections(true: TrueValues, errors: RowErrors) -> None:
    """Raise ParameterError if there are both projections and a noise component, whose projection has no volume."""
    if errors.projections is not None and len(true.uniform):
        raise ParameterError("noise and projections are given together; leave the noise component out")


def _block_sums(true: TrueValues, errors: RowErrors) -> RowSums:
    """Sums over a block of rows."""
    terms, k = RowTerms.of(true, errors), len(true.means)
    largest = terms.joint.max(axis=1)
    with np.errstate(under="ignore"):
        responsibilities = np.exp(terms.joint - largest[:, None])
        total = responsibilities.sum(axis=1)
        responsibilities /= total[:, None]
    logs = largest + np.log(total)
    weight = np.ones(len(logs)) if errors.weight is None else errors.weight
    responsibilities *= weight[:, None]
    own = np.ascontiguousarray(responsibilities[:, :k].T)
    weighted = own * terms.linear
    if terms.precision.ndim == 3:
        second = np.einsum("ikn,ikn->ki", weighted, terms.linear) - np.einsum("kn,ikn->ki", own, terms.precision)
    else:
        second = np.einsum("ikn,jkn->kij", weighted, terms.linear) - np.einsum("kn,ijkn->kij", own, terms.precision)
    return RowSums(
        responsibilities.sum(axis=0),
        np.einsum("ikn->ki", weighted),
        second,
        float(weight @ logs),
        float(weight @ (largest - logs)),
    )
