"""Products of matrices in full precision, whatever PyTorch has been told: not in half precision, and not in TF32."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from mixtura._support import LazyModule

torch = LazyModule("torch")

# Stands for all back ends.
_ALL = "all"

# The precision that was set before the first of the passes that are going on, in any thread; one for each setting.
_lock, _before = threading.Lock(), list[dict[str, str]]()


@contextmanager
def full_precision(device_type: str) -> Iterator[None]:
    """A context in which float32 products on devices of a type are float32 products, and nothing is differentiated.

    How precise they are is a setting of the process in PyTorch; it is given back when no thread needs it any more.

    Examples
    --------
    >>> import torch
    >>> with torch.autocast("cpu", dtype=torch.bfloat16), full_precision("cpu"):
    ...     (torch.ones(2, 2) @ torch.ones(2, 2)).dtype
    torch.float32
    """
    with _lock:
        _before.append(_settings())
        for name in _before[0]:
            _set(name, "ieee")
    try:
        with torch.autocast(device_type, enabled=False), torch.no_grad():
            yield
    finally:
        with _lock:
            first = _before[0]
            _before.pop()
            if not _before:
                for name, value in first.items():
                    _set(name, value)


def _settings() -> dict[str, str]:
    """PyTorch's settings of the precision of float32 products, by the back end; before version 2.9 there was one."""
    backends = {name: getattr(torch.backends, name).matmul for name in ("cuda", "mkldnn")}
    found = {name: one.fp32_precision for name, one in backends.items() if hasattr(one, "fp32_precision")}
    return found or {_ALL: torch.get_float32_matmul_precision()}


def _set(name: str, value: str) -> None:
    """Set the precision for a back end."""
    if name == _ALL:
        torch.set_float32_matmul_precision("highest" if value == "ieee" else value)
    else:
        getattr(torch.backends, name).matmul.fp32_precision = value
