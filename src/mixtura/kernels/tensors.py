"""Passes over rows that are tensors of PyTorch, on the tensors' device.

For each block of rows, deviations x - m_j from the means of all components are stored, (k, n, d). Subtracting a mean
loses no digit of a row near it, wherever the origin is; so float32 rows are treated in float32, and only sums over
blocks are float64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, LazyModule
from mixtura.data import Tensor
from mixtura.kernels.affine import MAX_DISTANCE, Affine, Density
from mixtura.kernels.numpy_sums import LEAST_FRACTION
from mixtura.kernels.triton_choice import fused_stats, is_fused, triton_estep
from mixtura.stats import ScatterKind, Stats, outer

torch = LazyModule("torch")

# Elements of a block's deviations: so few that they stay in a CPU's cache, and so many that a GPU is busy.
_ELEMENTS = {"cpu": 1 << 17}
_ELEMENTS_OF_DEVICE = 1 << 22


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """Log-densities of k components as tensors: c_j - |(x - m_j) U_j - b_j|^2 / 2, plus a constant of all.

    Attributes
    ----------
    constant : float
        What is added to all c_j, so that those that matter are near zero.
    constants : tensor of shape (k,)
        The c_j.
    means : tensor of shape (k, d)
        The m_j, rounded to the rows' type.
    factors : tensor of shape (k, d, d), (1, d, d), or, diagonal, (k, d)
        The U_j.
    offsets : tensor of shape (k, d)
        The b_j: what rounding has taken from the means, multiplied by the U_j.
    largest : float
        Squared distance that stands for all larger ones.
    """

    constant: float
    constants: Tensor
    means: Tensor
    factors: Tensor
    offsets: Tensor
    largest: float

    @classmethod
    def of(cls, affine: Affine, rows: Tensor) -> Components:
        """The components as tensors of the type and on the device of some rows."""

        def tensor(values: Array) -> Tensor:
            return torch.tensor(values).to(rows.device, rows.dtype)

        finite = affine.constants[np.isfinite(affine.constants)]
        constant = float(finite.max()) if len(finite) else 0.0
        means = tensor(affine.means)
        rest = affine.means - means.cpu().double().numpy()
        if affine.form == "diagonal":
            offsets = rest * affine.factors
        else:
            offsets = np.einsum(
                "ki,kij->kj", rest, np.broadcast_to(affine.factors, (len(rest), *affine.factors.shape[1:]))
            )
        largest = min(MAX_DISTANCE, float(torch.finfo(rows.dtype).max) / 8)
        return cls(
            constant, tensor(affine.constants - constant), means, tensor(affine.factors), tensor(offsets), largest
        )

    def deviations(self, rows: Tensor) -> Tensor:
        """Rows (n, d) less the mean of each component, (k, n, d)."""
        return rows[None] - self.means[:, None]

    def log_joint(self, deviations: Tensor) -> Tensor:
        """Log w_j N(x_i) of each component and row, (k, n), less `constant`."""
        diagonal = self.factors.ndim == 2
        white = deviations * self.factors[:, None] if diagonal else deviations @ self.factors
        white -= self.offsets[:, None]
        distance = white.square_().sum(dim=-1)
        distance = distance.nan_to_num_(nan=self.largest, posinf=self.largest).clamp_(max=self.largest)
        return self.constants[:, None] - distance / 2


def bayes_of(joint: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Bayes' rule from log w_j p_j(x_i), (k, n): responsibilities, log-densities (n,) and the largest terms (n,)."""
    largest = joint.max(dim=0).values
    shares = (joint - largest).exp_()
    total = shares.sum(dim=0)
    return shares.div_(total), largest + total.log(), largest


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
    exact = _diagonals(found.scatter) >= LEAST_FRACTION * _diagonals(raw)
    if exact[_with_scatter(affine, scatter_kind)].all():
        return found
    centres = torch.as_tensor(found.mean).to(rows.device, rows.dtype)
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
    for part in _blocks(rows, components.means.numel()):
        x, own = rows[part], None if weight is None else weight[part]
        deviations = components.deviations(x)
        joint = components.log_joint(deviations)
        if known is not None:
            add_known(joint, torch.tensor(known[part]).to(rows.device))
        shares, density, largest = bayes_of(joint)
        if centres is not components.means:
            deviations = x[None] - centres[:, None]
        logs = torch.stack([density, largest - density])
        if own is not None:
            shares, logs = shares * own, logs * own
        sums = [shares.sum(dim=1), *_SCATTERS[scatter_kind](shares, deviations), logs.sum(dim=1)]
        wide = [_wide(one) for one in sums]
        totals = wide if not totals else [total.add_(one) for total, one in zip(totals, wide, strict=True)]
    return _as_stats(components, centres, [total.cpu().numpy() for total in totals], scatter_kind)


def add_known(joint: Tensor, known: Tensor) -> None:
    """Add what is known of the components of rows, labels (n,) or log prior responsibilities (n, m), to joint (k, n).

    Examples
    --------
    >>> joint = torch.zeros(2, 3)
    >>> add_known(joint, torch.tensor([-1, 1, 0]))
    >>> joint.tolist()
    [[0.0, -inf, 0.0], [0.0, 0.0, -inf]]
    """
    if known.ndim == 2:
        joint[: known.shape[1]] += known.T.to(joint.dtype)
        return
    components = torch.arange(len(joint), device=joint.device)
    joint.masked_fill_((known >= 0) & (known != components[:, None]), -float("inf"))


def _as_stats(components: Components, centres: Tensor, sums: list[Array], scatter_kind: ScatterKind) -> Stats:
    """Statistics from weights, sums and scatter about some centres, and log-likelihood and assignment's."""
    weight, first, scatter, logs = sums
    move = np.divide(first, weight[:, None], out=np.zeros_like(first), where=weight[:, None] > 0)
    about_means = scatter - outer(weight, move, scatter_kind)
    loglik = float(logs[0]) + components.constant * float(weight.sum())
    return Stats(weight, _host(centres) + move, about_means, loglik, float(logs[1]))


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


def _diagonals(scatter: Array) -> Array:
    """Diagonals of a scatter of any kind."""
    return scatter if scatter.ndim == 2 else np.diagonal(scatter, axis1=1, axis2=2)


def _wide(values: Tensor) -> Tensor:
    """The values in float64; in the computer's memory if their device has no such numbers."""
    return (values.cpu() if values.device.type == "mps" else values).double()


def _host(values: Tensor) -> Array:
    """The values as a float64 array in the computer's memory."""
    found: Array = values.cpu().double().numpy()
    return found


def _blocks(rows: Tensor, width: int) -> Iterator[slice]:
    """Slices of blocks of rows, whose temporary tensors have so many elements for each row."""
    size = max(_ELEMENTS.get(rows.device.type, _ELEMENTS_OF_DEVICE) // width, 16)
    for start in range(0, len(rows), size):
        yield slice(start, min(start + size, len(rows)))


def moments_of_tensor(rows: Tensor, weight: Tensor | None) -> Stats:
    """Weight, mean and diagonal scatter of rows on a device, as statistics of one component."""
    d = rows.shape[1]
    first = _host(rows[:1])
    one = Affine("diagonal", first[0], np.zeros(1), np.zeros((1, d)), np.zeros((1, d)), first, np.ones((1, d)))
    mean = plain_estep(one, rows, weight, "diagonal").mean
    centres = torch.as_tensor(mean).to(rows.device, rows.dtype)
    found = _summed(Components.of(one, rows), centres, rows, weight, "diagonal", known=None)
    return replace(found, loglik=0.0, assignment_logprob=0.0)


def squared_weights(weight: Tensor) -> tuple[int, float]:
    """Number of the weights that are positive, and the sum of their squares."""
    return int((weight > 0).sum()), float(_wide(weight).square().sum())


def log_density_of_tensor(mixture: Density, rows: Tensor) -> Tensor:
    """Log-density of each row, (n,), in float64 unless the device has no such numbers.

    Examples
    --------
    >>> import torch
    >>> from mixtura import Mixture
    >>> log_density_of_tensor(Mixture([1.0], [[0.0]], [[[1.0]]]), torch.tensor([[0.0]])).round(decimals=4).tolist()
    [-0.9189]
    """
    if is_fused(mixture.affine, rows, "diagonal", plain_estep):
        return triton_estep.fused_log_density(rows, mixture.affine)
    components = Components.of(mixture.affine, rows)
    narrow = rows.device.type == "mps"
    found = _by_block(components, rows, lambda joint: bayes_of(joint)[1])
    return (found if narrow else found.double()) + components.constant


def posterior_of_tensor(mixture: Density, rows: Tensor) -> Tensor:
    """Responsibilities of the components for each row, (n, k), of the rows' type."""
    return _by_block(Components.of(mixture.affine, rows), rows, lambda joint: bayes_of(joint)[0].T)


def labels_of_tensor(mixture: Density, rows: Tensor) -> Tensor:
    """Most probable component of each row, (n,); the first where several tie."""
    return _by_block(Components.of(mixture.affine, rows), rows, lambda joint: joint.argmax(dim=0))


def _by_block(components: Components, rows: Tensor, f: Callable[[Tensor], Tensor]) -> Tensor:
    """Joined values that a function computes of the log w_j p_j(x_i), (k, m), of blocks of m rows."""
    parts = (rows[part] for part in _blocks(rows, components.means.numel()))
    found = [f(components.log_joint(components.deviations(x))) for x in parts]
    return torch.cat(found) if found else f(rows.new_zeros((len(components.constants), 0)))
