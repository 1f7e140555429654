"""Predictions for rows that are tensors of PyTorch, on the tensors' device."""

from __future__ import annotations

from collections.abc import Callable

from mixtura._support import LazyModule
from mixtura.data import Tensor
from mixtura.kernels.affine import Density
from mixtura.kernels.full_precision import full_precision
from mixtura.kernels.tensor_components import Components, bayes_of, blocks
from mixtura.kernels.tensors import plain_estep
from mixtura.kernels.triton_choice import is_fused, triton_estep

torch = LazyModule("torch")


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
        with full_precision(rows.device.type):
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
    parts = (rows[part] for part in blocks(rows, components.means.numel()))
    with full_precision(rows.device.type):
        found = [f(components.log_joint(components.deviations(x))) for x in parts]
    return torch.cat(found) if found else f(rows.new_zeros((len(components.constants), 0)))
