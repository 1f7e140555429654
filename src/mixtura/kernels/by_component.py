"""Log-densities and statistics of each component by itself, for E-steps that know more than the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixtura._support import Array, underflow_to_zero
from mixtura.data import Chunk
from mixtura.kernels.affine import Affine, Density
from mixtura.kernels.base import Kernel
from mixtura.stats import ScatterKind, Stats, joined_scales


@dataclass(frozen=True, slots=True)
class SingleComponent:
    """The weighted density of one component of a mixture.

    Attributes
    ----------
    affine : Affine
    n_features : int
        Number of columns, d.
    """

    affine: Affine
    n_features: int


def components_of(density: Density) -> list[SingleComponent]:
    """The weighted densities of a mixture's components, one by one, that of noise last."""
    affine = density.affine
    return [SingleComponent(affine.component(j), density.n_features) for j in range(len(affine.constants))]


def log_joint_of(kernel: Kernel, density: Density, chunk: Chunk) -> Array:
    """Log of w_j N(x | m_j, S_j) of each row and component, (n, k), however the rows were measured."""
    return np.stack([kernel.log_density(component, chunk) for component in components_of(density)], axis=1)


@underflow_to_zero
def statistics_of(
    kernel: Kernel, density: Density, chunk: Chunk, responsibilities: Array, scatter_kind: ScatterKind
) -> Stats:
    """Statistics of a chunk's rows with given responsibilities, (n, k), however the rows were measured.

    Their log-likelihood and ``assignment_logprob``, which responsibilities alone do not determine, are zero.
    """
    weight = chunk.weigh(responsibilities)
    parts = []
    for j, component in enumerate(components_of(density)):
        own = chunk.reweighted(np.ascontiguousarray(weight[:, j])).take(weight[:, j] > 0)
        parts.append(kernel.estep(component, own, scatter_kind))
    scatter = np.concatenate([part.scatter for part in parts])
    scatter = scatter.sum(axis=0, keepdims=True) if scatter_kind == "pooled" else scatter
    total, mean = (np.concatenate([getattr(part, name) for part in parts]) for name in ("weight", "mean"))
    scales = joined_scales([part.scales for part in parts])
    return Stats(total, mean, scatter, 0.0, 0.0, scales=scales)
