"""Where the kernels written in Triton compute instead of plain PyTorch, which they must agree with at first."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

import numpy as np

from mixtura._support import Array, LazyModule
from mixtura.data import Tensor
from mixtura.errors import MixturaWarning
from mixtura.kernels.affine import Affine
from mixtura.kernels.deviation_sums import supports
from mixtura.stats import ScatterKind, Stats, outer

torch, triton_estep = LazyModule("torch"), LazyModule("mixtura.kernels.triton_estep")

# Plain PyTorch's E-step: from affine maps, rows, weights and the kind of scatter.
Plain = Callable[[Affine, Tensor, Tensor | None, ScatterKind], Stats]

# Relative difference of statistics that float32 explains, on the rows of the trial.
_LARGEST_DIFFERENCE = 1e-4


def is_fused(affine: Affine, rows: Tensor, scatter_kind: ScatterKind, plain: Plain) -> bool:
    """Whether the kernels in Triton are for such rows, and agree with plain PyTorch on the rows' device."""
    return (
        rows.device.type == "cuda"
        and len(rows) > 0
        and find_spec("triton") is not None
        and supports(affine.form, scatter_kind, rows.shape[1], rows.dtype)
        and agrees(str(rows.device), plain)
    )


def fused_stats(affine: Affine, rows: Tensor, weight: Tensor | None, scatter_kind: ScatterKind) -> Stats:
    """Statistics of rows (n, d) with weights (n,) by the kernels in Triton."""
    sums = triton_estep.fused_sums(rows, weight, affine, scatter_kind)
    total, first, scatter, loglik, assignment = (
        part.cpu().numpy() for part in (sums.weight, sums.deviation, sums.scatter, sums.loglik, sums.assignment_logprob)
    )
    move = np.divide(first, total[:, None], out=np.zeros_like(first), where=total[:, None] > 0)
    centred = scatter - outer(total, move, scatter_kind)
    return Stats(total, affine.means + move, centred, float(loglik), float(assignment))


@cache
def agrees(device: str, plain: Plain) -> bool:
    """Whether on a device both give the same on some random rows; if not, a warning says so, once."""
    try:
        worst = max(_difference(device, plain, *form) for form in (("dense", "full"), ("diagonal", "diagonal")))
    except Exception as error:  # noqa: BLE001 a compiler and a driver may fail in any way
        return _without(device, f"{type(error).__name__}: {error}")
    return True if worst < _LARGEST_DIFFERENCE else _without(device, f"statistics differ by {worst:.0e}")


def _without(device: str, reason: str) -> bool:
    """False, with a warning."""
    warnings.warn(
        f"the kernels in Triton do not work on {device}, so plain PyTorch computes, which takes longer: {reason}",
        MixturaWarning,
        stacklevel=2,
    )
    return False


def _difference(device: str, plain: Plain, form: str, scatter_kind: ScatterKind) -> float:
    """Largest relative difference of statistics of random rows under a random mixture of two components."""
    rng = np.random.default_rng(0)
    n, d, means = 300, 3, np.array([[0.0, 0.0, 0.0], [2.0, 1.0, 0.0]])
    rows = torch.tensor(rng.normal(size=(n, d)), dtype=torch.float32, device=device)
    factors = np.triu(rng.uniform(0.5, 1.5, size=(2, d, d)))
    own: Array = factors if form == "dense" else np.einsum("kii->ki", factors).copy()
    offsets = np.einsum("ki,kij->kj", means, factors) if form == "dense" else means * own
    affine = Affine(form, np.zeros(d), np.zeros(2), own, offsets, means, np.ones((2, d)))  # type: ignore[arg-type]
    one, other = fused_stats(affine, rows, None, scatter_kind), plain(affine, rows, None, scatter_kind)
    pairs = [(getattr(one, name), getattr(other, name)) for name in ("weight", "mean", "scatter", "loglik")]
    return max(float(np.linalg.norm(np.subtract(a, b)) / np.linalg.norm(b)) for a, b in pairs)
