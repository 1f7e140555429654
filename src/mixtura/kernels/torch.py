"""The kernel in PyTorch, which copies rows in the computer's memory to a device in parts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array
from mixtura.data import Chunk, Tensor
from mixtura.errors import ParameterError, missing_extra
from mixtura.kernels import agglomeration
from mixtura.kernels.affine import Density
from mixtura.kernels.base import Kernel, TensorFunctions
from mixtura.kernels.tensor_predictions import labels_of_tensor, log_density_of_tensor, posterior_of_tensor
from mixtura.kernels.tensors import estep_of_tensor, moments_of_tensor, torch
from mixtura.stats import ScatterKind, Stats

# Elements of the rows that are copied to a device at a time.
_COPIED_ELEMENTS = 1 << 24

# By the names of devices, the stream of each thread: a stream has memory of its own, so there are not many.
_streams = threading.local()


@dataclass(frozen=True, slots=True)
class Device:
    """The functions of a kernel for rows in the computer's memory, which are copied to a device in parts.

    Attributes
    ----------
    name : str
        PyTorch's name of the device, such as "cuda:0".
    """

    name: str

    def parts(self, chunk: Chunk) -> Iterator[tuple[Tensor, Tensor | None]]:
        """Rows and weights of a chunk on the device, some at a time; copies go on while others are computed with."""
        size = max(_COPIED_ELEMENTS // max(chunk.rows.shape[1], 1), 1)
        for start in range(0, len(chunk.rows), size):
            part = slice(start, start + size)
            weight = chunk.sample_weight
            rows = self.on_device(chunk.rows[part])
            yield rows, None if weight is None else self.on_device(weight[part]).to(rows.dtype)

    def on_device(self, values: NDArray[Any]) -> Tensor:
        """An array on the device; on its way to a GPU it lies in memory that is never moved, so that copies overlap."""
        given = torch.from_numpy(np.require(values, requirements=["C", "W"]))
        if self.name == "cpu":
            return given
        if self.name == "mps":
            return given.float().to(self.name)
        return given.pin_memory().to(self.name, non_blocking=True)

    def estep(self, mixture: Density, chunk: Chunk, scatter_kind: ScatterKind) -> Stats:
        """The E-step of a chunk's rows."""
        k, d = mixture.affine.means.shape
        nothing = Stats.empty(k, d, scatter_kind)
        return self._sum(lambda rows, w: estep_of_tensor(mixture.affine, rows, w, scatter_kind), chunk, nothing)

    def moments(self, chunk: Chunk) -> Stats:
        """Weight, mean and diagonal scatter of a chunk's rows."""
        return self._sum(moments_of_tensor, chunk, Stats.empty(1, chunk.rows.shape[1], "diagonal"))

    def _sum(self, f: Callable[[Tensor, Tensor | None], Stats], chunk: Chunk, nothing: Stats) -> Stats:
        """Sum of statistics of the parts of a chunk, in their order."""
        with self.stream():
            return sum((f(rows, weight) for rows, weight in self.parts(chunk)), nothing)

    def stream(self) -> Any:
        """A context for copies and computations that do not wait for those of other threads."""
        if not self.name.startswith("cuda"):
            return nullcontext()
        own = vars(_streams)  # those of this thread
        if self.name not in own:
            own[self.name] = torch.cuda.Stream(self.name)
        return torch.cuda.stream(own[self.name])

    def log_density(self, mixture: Density, chunk: Chunk) -> Array:
        """Log-density of each row, (n,)."""
        return self._predict(log_density_of_tensor, mixture, chunk).astype(np.float64, copy=False)

    def posterior(self, mixture: Density, chunk: Chunk) -> Array:
        """Responsibilities of the components for each row, (n, k)."""
        return self._predict(posterior_of_tensor, mixture, chunk).astype(np.float64, copy=False)

    def labels(self, mixture: Density, chunk: Chunk) -> NDArray[np.int64]:
        """Most probable component of each row, (n,)."""
        return self._predict(labels_of_tensor, mixture, chunk)

    def _predict(self, f: Callable[[Density, Tensor], Tensor], mixture: Density, chunk: Chunk) -> NDArray[Any]:
        """Values of each row, computed on the device."""
        with self.stream():
            found = [f(mixture, rows).cpu().numpy() for rows, _ in self.parts(Chunk(chunk.rows))]
            return np.concatenate(found) if found else f(mixture, self.on_device(chunk.rows)).cpu().numpy()


@cache
def torch_kernel(name: str) -> Kernel:
    """The kernel in PyTorch that computes on a device, such as "cuda", "cuda:1", "mps" or "cpu".

    Raises
    ------
    MissingExtraError
        If PyTorch is not installed.
    ParameterError
        If there is no such device.

    Examples
    --------
    >>> torch_kernel("cpu").name
    'torch:cpu'
    """
    device = Device(checked_device(name))
    return Kernel(
        name=f"torch:{device.name}",
        level=lambda: torch.cuda.get_device_name(device.name) if device.name.startswith("cuda") else "PyTorch",
        estep=device.estep,
        moments=device.moments,
        log_density=device.log_density,
        posterior=device.posterior,
        labels=device.labels,
        agglomerate=agglomeration.agglomerate,
        of_tensors=TensorFunctions(estep_of_tensor, moments_of_tensor),
    )


def checked_device(name: str) -> str:
    """The name of a device that PyTorch can compute on.

    Examples
    --------
    >>> checked_device("gpu")
    Traceback (most recent call last):
    mixtura.errors.ParameterError: device is 'gpu'; expected one that PyTorch has here, such as cpu
    """
    if find_spec("torch") is None:
        raise missing_extra("torch", "torch")
    known = "cpu, cuda or cuda:0" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).cpu()
    except (RuntimeError, AssertionError, NotImplementedError, TypeError) as error:  # by what is not there
        raise ParameterError(f"device is {name!r}; expected one that PyTorch has here, such as {known}") from error
    return "cpu" if device.type == "cpu" else str(device)
