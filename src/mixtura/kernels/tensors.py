"""E-steps and moments of rows that are tensors of PyTorch, on the tensors' device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, LazyModule
from mixtura.data import Tensor
from mixtura.kernels.affine import Affine
from mixtura.kernels.full_precision import full_precision
from mixtura.kernels.numpy_sums import LEAST_FRACTION, diagonals
from mixtura.kernels.tensor_components import (
    Components,
    add_known,
    bayes_of,
    blocks,
    host,
    in_float64,
    like,
    stats_about,
)
from mixtura.kernels.triton_choice import fused_stats, is_fused
from mixtura.stats import ScatterKind, Stats, outer

torch = LazyModule("torch")


def estep_of_tensor(
    affine: Affine,
    rows: Tensor,
    weight: Tensor | None,
    scatter_kind: ScatterKind,
    known: NDArray[Any] | None = None,
) -> Stats:
    """Statistics of rows (n, d) on a device with weights (n,), added in the order of the rows.

    What is ``known`` of the rows' components are labels, (n,), negative for unknown ones, or logarithms of
    prior responsibilities of the first components, (n, m).

    Examples
    --------
    >>> import torch
    >>> from mixtura import Mixture
    >>> affine = Mixture([0.5, 0.5], [[0.0], [4.0]], [[[1.0]], [[1.0]]]).affine
    >>> estep_of_tensor(affine, torch.tensor([[2.0]]), None, "full").weight.tolist()
    [0.5, 0.5]
    """
    k, d = affine.means.shape
    if not len(rows):
        return Stats.empty(k, d, scatter_kind)
    if known is None and is_fused(affine, rows, scatter_kind, plain_estep):
        found = fused_stats(affine, rows, weight, scatter_kind)
    else:
        found = plain_estep(affine, rows, weight, scatter_kind, known=known)
    raw = found.scatter + outer(found.weight, found.mean - affine.means, scatter_kind)
    exact = diagonals(found.scatter) >= LEAST_FRACTION * diagonals(raw)
    if exact[_with_scatter(affine, scatter_kind)].all():
        return found
    centres = like(rows, found.mean)
    return _summed(Components.of(affine, rows), centres, rows, weight, scatter_kind, known=known)


def _with_scatter(affine: Affine, scatter_kind: ScatterKind) -> NDArray[np.bool_] | slice:
    """Which scatter matters: that of all components but noise, whose factor is zero."""
    if scatter_kind == "pooled" or len(affine.factors) < len(affine.means):
        return slice(None)
    return np.asarray(affine.factors.reshape(len(affine.factors), -1).any(axis=1))


def plain_estep(
    affine: Affine,
    rows: Tensor,
    weight: Tensor | None,
    scatter_kind: ScatterKind,
    *,
    known: NDArray[Any] | None = None,
) -> Stats:
    """Statistics of rows on a device by plain PyTorch, whatever it loses of their digits."""
    components = Components.of(affine, rows)
    return _summed(components, components.means, rows, weight, scatter_kind, known=known)


def _summed(
    components: Components,
    centres: Tensor,
    rows: Tensor,
    weight: Tensor | None,
    scatter_kind: ScatterKind,
    *,
    known: NDArray[Any] | None,
) -> Stats:
    """Statistics of rows, whose means and scatter are summed about some centres (k, d)."""
    totals: list[Tensor] = []
    with full_precision(rows.device.type):
        for part in blocks(rows, components.means.numel()):
            x, own = rows[part], None if weight is None else weight[part]
            deviations = components.deviations(x)
            joint = components.log_joint(deviations)
            if known is not None:
                add_known(joint, torch.from_numpy(np.array(known[part])).to(rows.device))
            shares, density, largest = bayes_of(joint)
            if centres is not components.means:
                deviations = x[None] - centres[:, None]
            logs = torch.stack([density, largest - density])
            if own is not None:
                shares, logs = shares * own, logs * own
            sums = [shares.sum(dim=1), *_SCATTERS[scatter_kind](shares, deviations), logs.sum(dim=1)]
            wide = [in_float64(one) for one in sums]
            totals = wide if not totals else [total.add_(one) for total, one in zip(totals, wide, strict=True)]
    return _as_stats(components, centres, [total.cpu().numpy() for total in totals], scatter_kind)


def _as_stats(components: Components, centres: Tensor, sums: list[Array], scatter_kind: ScatterKind) -> Stats:
    """Statistics from weights, sums and scatter about some centres, and log-likelihood and assignment's."""
    weight, first, scatter, logs = sums
    loglik = float(logs[0]) + components.constant * float(weight.sum())
    return stats_about(host(centres), weight, first, scatter, scatter_kind).with_logs(loglik, float(logs[1]))


def _full(shares: Tensor, deviations: Tensor) -> tuple[Tensor, Tensor]:
    """Sums of r_ji times deviations, (k, d), and times their outer products, (k, d, d)."""
    weighted = deviations * shares[:, :, None]
    scatter = weighted.transpose(1, 2) @ deviations
    return weighted.sum(dim=1), (scatter + scatter.transpose(1, 2)) / 2


def _pooled(shares: Tensor, deviations: Tensor) -> tuple[Tensor, Tensor]:
    """The same with the sum of all components' outer products, (1, d, d)."""
    weighted, d = deviations * shares[:, :, None], deviations.shape[-1]
    scatter = weighted.reshape(-1, d).T @ deviations.reshape(-1, d)
    return weighted.sum(dim=1), ((scatter + scatter.T) / 2)[None]


def _diagonal(shares: Tensor, deviations: Tensor) -> tuple[Tensor, Tensor]:
    """The same with squares instead of outer products, (k, d)."""
    weighted = deviations * shares[:, :, None]
    return weighted.sum(dim=1), (weighted * deviations).sum(dim=1)


_SCATTERS: dict[ScatterKind, Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]] = {
    "full": _full,
    "pooled": _pooled,
    "diagonal": _diagonal,
}


def moments_of_tensor(rows: Tensor, weight: Tensor | None) -> Stats:
    """Weight, mean and diagonal scatter of rows on a device, as statistics of one component."""
    d = rows.shape[1]
    first = host(rows[:1])
    one = Affine("diagonal", first[0], np.zeros(1), np.zeros((1, d)), np.zeros((1, d)), first, np.ones((1, d)))
    mean = plain_estep(one, rows, weight, "diagonal").mean
    centres = like(rows, mean)
    found = _summed(Components.of(one, rows), centres, rows, weight, "diagonal", known=None)
    return replace(found, loglik=0.0, assignment_logprob=0.0)


def squared_weights(weight: Tensor) -> tuple[int, float]:
    """Number of the weights that are positive, and the sum of their squares."""
    return int((weight > 0).sum()), float(in_float64(weight).square().sum())
