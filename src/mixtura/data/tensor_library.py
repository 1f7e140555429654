"""Arrays of libraries that compute on devices, such as GPUs: PyTorch, CuPy and JAX, as tensors and back, by DLPack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

import numpy as np

from mixtura._support import LazyModule, from_device
from mixtura.data.tensor import Tensor, TensorSource, as_row_tensor, check_kind, torch, usable


@dataclass(frozen=True, slots=True)
class TensorLibrary:
    """A library whose arrays become tensors of PyTorch that share their memory, and back.

    Attributes
    ----------
    module : str
        The module that has ``from_dlpack``.
    """

    module: str

    def as_tensor(self, X: Any) -> Tensor:
        """An array as a tensor."""
        return X.detach() if self.module == "torch" else torch.from_dlpack(X)

    def in_memory(self, tensor: Tensor) -> bool:
        """Whether a tensor lies in the computer's memory, where arrays of NumPy can share it."""
        return bool(tensor.device.type == "cpu")

    def like(self, values: Any, device: Any) -> Any:
        """Values, an array of NumPy or a tensor, as an array of the library on a device."""
        if isinstance(values, np.ndarray):
            values = torch.from_numpy(np.array(values, order="C"))
            values = (values.float() if device.type == "mps" and values.is_floating_point() else values).to(device)
        return values if self.module == "torch" else LazyModule(self.module).from_dlpack(values)


# DLPack's number of the CPU.
_CPU = 1

# By the package in which the class of an array is defined.
LIBRARIES: Mapping[str, TensorLibrary] = MappingProxyType(
    {
        "torch": TensorLibrary("torch"),
        "cupy": TensorLibrary("cupy"),
        "jax": TensorLibrary("jax.numpy"),
        "jaxlib": TensorLibrary("jax.numpy"),
    }
)


def library_of(X: Any) -> TensorLibrary | None:
    """The library of an array that may be on a device; None for other data, such as arrays of NumPy.

    Without PyTorch, which computes with tensors, there is none; arrays of JAX are copied then, as those of any library.

    Examples
    --------
    >>> library_of([[1.0, 2.0]]) is None
    True
    >>> import torch
    >>> library_of(torch.ones(2, 2)).as_tensor(torch.ones(2, 2)).shape
    torch.Size([2, 2])
    """
    found = LIBRARIES.get(type(X).__module__.partition(".")[0])
    if found is None or not hasattr(X, "__dlpack__") or find_spec("torch") is None:
        return None
    return found if found.module == "torch" or _is_reachable(X) else None


def _is_reachable(X: Any) -> bool:
    """Whether PyTorch has the device of an array of another library."""
    try:
        kind, _ = X.__dlpack_device__()
    except (AttributeError, BufferError, TypeError):  # such as JAX's stand-ins for arrays
        return False
    return kind == _CPU or torch.cuda.is_available()


def is_on_device(X: Any) -> bool:
    """Whether data passed in by a user is an array on a device other than the CPU.

    Examples
    --------
    >>> import torch
    >>> is_on_device([[1.0, 2.0]]), is_on_device(torch.ones(2, 2)), is_on_device(torch.ones(2, 2, device="meta"))
    (False, False, True)
    """
    library = library_of(X)
    return library is not None and not library.in_memory(library.as_tensor(X))


def open_tensor(X: Any, sample_weight: Any, weights_are: str | None) -> tuple[Any, Any, str | None]:
    """An array of another library as a source, with its weights, and then None and None; other data as it is.

    In the computer's memory it becomes an array of NumPy that shares its memory, with weights beside it. So it does if
    values are missing, which are modelled there.

    Examples
    --------
    >>> import torch
    >>> rows, weights, _ = open_tensor(torch.ones(2, 1), None, None)
    >>> type(rows).__name__, weights
    ('ndarray', None)
    """
    library = library_of(X)
    if library is None:
        return X, sample_weight, weights_are
    tensor = library.as_tensor(X)
    check_kind(tensor)
    if not library.in_memory(tensor) and usable(rows := as_row_tensor(tensor)):
        return TensorSource.of(rows, sample_weight, weights_are), None, None
    return from_device(tensor), from_device(sample_weight), weights_are
