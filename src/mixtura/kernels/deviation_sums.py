"""What the kernels for graphics processors sum over rows: deviations from the means of the mixture of the E-step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mixtura._support import StorageForm
from mixtura.stats import ScatterKind

if TYPE_CHECKING:
    import torch

# Most columns of rows whose scatter is a matrix, which has to stay in a processor's registers, and of other rows.
MOST_COLUMNS_DENSE = 64
MOST_COLUMNS_DIAGONAL = 256


@dataclass(frozen=True, slots=True, eq=False)
class DeviationSums:
    """Weighted sums over rows x_i of their deviations x_i - m_j from the means m_j with which the E-step was made.

    All tensors are float64 and on the rows' device. The mean of the rows of component j is m_j plus ``deviation`` over
    ``weight``, and the scatter about that mean is ``scatter`` less the outer product of ``deviation`` over ``weight``.
    A component of noise, whose factor is zero, has a weight; its other sums mean nothing.

    Attributes
    ----------
    weight : Tensor of shape (k,)
        Sum of sample weight x responsibility.
    deviation : Tensor of shape (k, d)
        Sum of sample weight x responsibility x deviation.
    scatter : Tensor of shape (k, d, d), (1, d, d) or (k, d)
        Sum of sample weight x responsibility x outer product of the deviation with itself, of the kind asked for.
    loglik : Tensor of shape ()
        Weighted log-likelihood of the rows, in nats.
    assignment_logprob : Tensor of shape ()
        Weighted sum over rows of the logarithm of the largest responsibility.
    """

    weight: torch.Tensor
    deviation: torch.Tensor
    scatter: torch.Tensor
    loglik: torch.Tensor
    assignment_logprob: torch.Tensor


def is_elementwise(form: StorageForm, scatter_kind: ScatterKind) -> bool:
    """Whether densities and scatter treat each column by itself.

    Examples
    --------
    >>> is_elementwise("diagonal", "diagonal"), is_elementwise("diagonal", "full")
    (True, False)
    """
    return form == "diagonal" and scatter_kind == "diagonal"


def supports(form: StorageForm, scatter_kind: ScatterKind, d: int, dtype: object) -> bool:
    """Whether the Triton kernels compute this E-step; elsewhere plain PyTorch has to.

    Parameters
    ----------
    form : {"dense", "shared", "diagonal"}
        Storage of the mixture's factors.
    scatter_kind : {"full", "pooled", "diagonal"}
    d : int
        Number of columns.
    dtype : torch.dtype
        Type of the rows.

    Examples
    --------
    >>> supports("diagonal", "diagonal", 256, "torch.float32"), supports("dense", "full", 65, "torch.float32")
    (True, False)
    """
    most = MOST_COLUMNS_DIAGONAL if is_elementwise(form, scatter_kind) else MOST_COLUMNS_DENSE
    return str(dtype) == "torch.float32" and 1 <= d <= most
