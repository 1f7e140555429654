"""Arrays of PyTorch and CuPy, which may lie on a device, as arrays of NumPy."""

from __future__ import annotations

from typing import Any


def from_device(data: Any) -> Any:
    """An array of PyTorch or CuPy, wherever it lies, as one of NumPy; other data as it is.

    Examples
    --------
    >>> from_device([1.0, 2.0])
    [1.0, 2.0]
    """
    library = type(data).__module__.partition(".")[0]
    if library == "torch" and hasattr(data, "detach"):
        tensor = data.detach().cpu()
        return (tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy()
    return data.get() if library == "cupy" and hasattr(data, "get") else data
