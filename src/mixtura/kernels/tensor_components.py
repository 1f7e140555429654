"""The components of a mixture as tensors, and their log-densities of blocks of rows.

For each block of rows, deviations x - m_j from the means of all components are stored, (k, n, d). Subtracting a mean
loses no digit of a row near it, wherever the origin is; so float32 rows are treated in float32, and only sums over
blocks are float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array, LazyModule
from mixtura.data import Tensor
from mixtura.kernels.affine import MAX_DISTANCE, Affine
from mixtura.stats import ScatterKind, Stats, outer

torch = LazyModule("torch")

# Elements of a block's deviations: so few that they stay in a CPU's cache, and so many that a GPU is busy.
ELEMENTS = {"cpu": 1 << 17}
ELEMENTS_OF_DEVICE = 1 << 22


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
        tensor = partial(like, rows)
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


def like(rows: Tensor, values: Array) -> Tensor:
    """A copy of an array as a tensor of the type and on the device of some rows."""
    return tensor_of(values, rows.device, rows.dtype)


def tensor_of(values: NDArray[Any], device: Any, dtype: Any) -> Tensor:
    """A contiguous copy of an array on a device, whatever the default one is; what is beyond its type is infinite.

    Examples
    --------
    >>> import torch
    >>> tensor_of(np.ones(1), torch.device("cpu"), torch.float32).tolist()
    [1.0]
    """
    return torch.from_numpy(np.array(values, dtype=np.float64, order="C")).to(dtype).to(device)


def stats_about(centres: Array, weight: Array, first: Array, scatter: Array, scatter_kind: ScatterKind) -> Stats:
    """Statistics, but for their logarithms, from weights and sums of deviations from centres and of their products.

    Examples
    --------
    >>> found = stats_about(np.zeros((1, 1)), np.full(1, 2.0), np.full((1, 1), 4.0), np.full((1, 1), 10.0), "diagonal")
    >>> found.mean.item(), found.scatter.item()
    (2.0, 2.0)
    """
    move = np.divide(first, weight[:, None], out=np.zeros_like(first), where=weight[:, None] > 0)
    return Stats(weight, centres + move, scatter - outer(weight, move, scatter_kind), 0.0, 0.0)


def in_float64(values: Tensor) -> Tensor:
    """The values in float64; in the computer's memory if their device has no such numbers."""
    return (values.cpu() if values.device.type == "mps" else values).double()


def host(values: Tensor) -> Array:
    """The values as a float64 array in the computer's memory."""
    found: Array = values.cpu().double().numpy()
    return found


def blocks(rows: Tensor, width: int) -> Iterator[slice]:
    """Slices of blocks of rows, whose temporary tensors have so many elements for each row."""
    size = max(ELEMENTS.get(rows.device.type, ELEMENTS_OF_DEVICE) // width, 16)
    for start in range(0, len(rows), size):
        yield slice(start, min(start + size, len(rows)))
