"""Where the kernels written in Triton compute instead of plain PyTorch, which they must agree with at first."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

import numpy as np

from mixtura._support import LazyModule, StorageForm
from mixtura.data import Tensor
from mixtura.errors import MixturaWarning
from mixtura.kernels.affine import Affine
from mixtura.kernels.deviation_sums import is_elementwise, supports
from mixtura.kernels.full_precision import full_precision
from mixtura.kernels.tensor_components import stats_about
from mixtura.stats import ScatterKind, Stats

torch, triton_estep = LazyModule("torch"), LazyModule("mixtura.kernels.triton_estep")

# Plain PyTorch's E-step: from affine maps, rows, weights and the kind of scatter.
Plain = Callable[[Affine, Tensor, Tensor | None, ScatterKind], Stats]

# Relative difference of statistics that float32 explains, on the rows of the trial.
_LARGEST_DIFFERENCE = 1e-4


def is_fused(affine: Affine, rows: Tensor, scatter_kind: ScatterKind, plain: Plain) -> bool:
    """Whether the kernels in Triton are for such rows, and agree with plain PyTorch on the rows' device."""
    d = rows.shape[1]
    return (
        rows.device.type == "cuda"
        and len(rows) > 0
        and supports(affine.form, scatter_kind, d, rows.dtype)
        and agrees(
            str(rows.device), plain, 1 << (d - 1).bit_length(), elementwise=is_elementwise(affine.form, scatter_kind)
        )
    )


def fused_stats(affine: Affine, rows: Tensor, weight: Tensor | None, scatter_kind: ScatterKind) -> Stats:
    """Statistics of rows (n, d) with weights (n,) by the kernels in Triton."""
    with full_precision(rows.device.type):
        sums = triton_estep.fused_sums(rows, weight, affine, scatter_kind)
    total, first, scatter, loglik, assignment = (
        part.cpu().numpy() for part in (sums.weight, sums.deviation, sums.scatter, sums.loglik, sums.assignment_logprob)
    )
    return stats_about(affine.means, total, first, scatter, scatter_kind).with_logs(float(loglik), float(assignment))


@cache
def agrees(device: str, plain: Plain, columns: int, *, elementwise: bool) -> bool:
    """Whether Triton is there, and on a device both give the same on random rows of so many columns.

    If they do not, a warning says so, once.

    Programs differ by the power of two from the number of columns on, by the form of the covariances, and, where these
    are diagonal, by whether means are far from each other.
    """
    if find_spec("triton") is None:
        return False
    form: StorageForm = "diagonal" if elementwise else "dense"
    kind: ScatterKind = "diagonal" if elementwise else "full"
    spreads = (1.0, 100.0) if elementwise else (1.0,)
    try:
        worst = max(_difference(_trial(form, columns, spread), device, plain, kind) for spread in spreads)
    except Exception as error:  # noqa: BLE001 a compiler and a driver may fail in any way
        return _without(device, f"{type(error).__name__}: {error}")
    return True if worst < _LARGEST_DIFFERENCE else _without(device, f"statistics differ by {worst:.0e}")


def _without(device: str, reason: str) -> bool:
    """False, with a warning."""
    warnings.warn(
        f"kernels in Triton do not work on {device}, so plain PyTorch computes, which takes longer: {reason}",
        MixturaWarning,
        stacklevel=2,
    )
    return False


def _trial(form: StorageForm, d: int, spread: float) -> Affine:
    """A random mixture of as many components as a tile has, with means so many standard deviations apart."""
    rng, k = np.random.default_rng(0), 64
    means = spread * rng.uniform(-1, 1, size=(k, d)) / np.sqrt(d)
    factors = np.triu(rng.uniform(0.5, 1.5, size=(k, d, d)) / np.sqrt(d)) + np.eye(d)
    if form == "diagonal":
        own = np.einsum("kii->ki", factors).copy()
        return Affine(form, np.zeros(d), np.zeros(k), own, means * own, means, np.ones((k, d)))
    return Affine(
        form, np.zeros(d), np.zeros(k), factors, np.einsum("ki,kij->kj", means, factors), means, np.ones((k, d))
    )


def _difference(affine: Affine, device: str, plain: Plain, scatter_kind: ScatterKind) -> float:
    """Largest relative difference of statistics of random rows near the means."""
    rng = np.random.default_rng(1)
    near = affine.means[rng.integers(0, len(affine.means), 300)] + rng.normal(size=(300, affine.means.shape[1]))
    rows = torch.from_numpy(near).float().to(device)
    one, other = fused_stats(affine, rows, None, scatter_kind), plain(affine, rows, None, scatter_kind)
    pairs = [(getattr(one, name), getattr(other, name)) for name in ("weight", "mean", "scatter", "loglik")]
    return max(float(np.linalg.norm(np.subtract(a, b)) / np.linalg.norm(b)) for a, b in pairs)
