"""The passes over rows for mixtures with multivariate t components, with NumPy (Peel & McLachlan 2000).

A row x of a t component is Gaussian with covariance S / u, where its scale u has a gamma distribution. So the E-step
has two weights: the responsibility r, and r times what is expected of u, with which rows count in means and scatter.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, underflow_to_zero
from mixtura.data import Chunk
from mixtura.kernels.affine import Affine, Density
from mixtura.kernels.numpy import bayes, block_width, by_block, squared_mahalanobis, sum_over_blocks
from mixtura.kernels.numpy_sums import transpose_rows, weighted_sums
from mixtura.kernels.tails import Tails
from mixtura.stats import ScaleSums, ScatterKind, Stats


def t_log_joint(affine: Affine, x: Array) -> tuple[Array, Array, Array]:
    """Log w_j p_j(x_i), squared distances and log(1 + distance / nu), (k, n) each; columns of x are shifted rows."""
    distance = squared_mahalanobis(affine, x)
    joint = np.repeat(affine.constants[:, None], x.shape[1], axis=1)
    return joint, distance, cast(Tails, affine.tails).add_log_densities(joint, distance)


@underflow_to_zero
def t_estep(mixture: Density, chunk: Chunk, scatter_kind: ScatterKind) -> Stats:
    """The E-step: statistics of a chunk's rows, with the sums of the scales of the t components.

    Examples
    --------
    >>> from mixtura import Mixture
    >>> mixture = Mixture([1.0], [[0.0]], [[[1.0]]], degrees_of_freedom=[3.0])
    >>> stats = t_estep(mixture, Chunk(np.array([[1.0], [5.0]])), "full")
    >>> stats.weight.tolist(), stats.scales.weight.round(6).tolist(), stats.mean.round(6).tolist()
    ([2.0], [1.142857], [[1.5]])
    """
    affine = mixture.affine
    tails = cast(Tails, affine.tails)
    if not len(chunk.rows):
        nothing = Stats.empty(len(affine.means), mixture.n_features, scatter_kind)
        return replace(nothing, scales=ScaleSums(nothing.weight, nothing.weight))

    def block_estep(block: Chunk) -> Stats:
        x = transpose_rows(block, affine.shift)
        joint, distance, logs = t_log_joint(affine, x)
        r, density, largest = bayes(joint)
        loglik, assignment = (float(block.weigh(each).sum()) for each in (density, largest - density))
        if block.sample_weight is not None:
            r *= block.sample_weight
        weight, log_sums = r.sum(axis=1), np.einsum("kn,kn->k", r, logs)
        r *= tails.precisions(distance)
        found = weighted_sums(x, r, scatter_kind, loglik, assignment)
        return replace(found, weight=weight, scales=tails.scale_sums(weight, found.weight, log_sums))

    found = sum_over_blocks(block_estep, block_width(mixture))(chunk)
    return replace(found, mean=found.mean + affine.shift)


def _joint(affine: Affine, x: Array) -> Array:
    """Log w_j p_j(x_i) alone."""
    return t_log_joint(affine, x)[0]


def t_log_density(mixture: Density, chunk: Chunk) -> Array:
    """Log-density of each row, (n,)."""
    return by_block(mixture, chunk, lambda joint: bayes(joint)[1], _joint)


def t_posterior(mixture: Density, chunk: Chunk) -> Array:
    """Responsibilities of the components for each row, (n, k)."""
    return by_block(mixture, chunk, lambda joint: np.ascontiguousarray(bayes(joint)[0].T), _joint)


def t_labels(mixture: Density, chunk: Chunk) -> NDArray[np.int64]:
    """Most probable component of each row, (n,); the first where several tie."""
    return by_block(mixture, chunk, lambda joint: joint.argmax(axis=0).astype(np.int64), _joint)
