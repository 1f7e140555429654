"""Which kernel is used: the one that a source brings, or the best that is there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.util import find_spec

from mixtura.data import Source
from mixtura.errors import ParameterError
from mixtura.kernels import agglomeration, numpy
from mixtura.kernels.base import Kernel

VARIABLE = "MIXTURA_KERNEL"

# Whether there was a compiler when Mixtura was installed.
NATIVE_BUILT = find_spec("mixtura._native") is not None

NUMPY_KERNEL = Kernel(
    name="numpy",
    level=numpy.level,
    estep=numpy.estep,
    moments=numpy.moments,
    log_density=numpy.log_density,
    posterior=numpy.posterior,
    labels=numpy.labels,
    agglomerate=agglomeration.agglomerate,
)

_chosen: ContextVar[Kernel | None] = ContextVar("kernel", default=None)


@cache
def native() -> Kernel:
    """The kernel in C++.

    Raises
    ------
    ImportError
        If there was no compiler.
    """
    from mixtura.kernels.native import NATIVE  # noqa: PLC0415 it may not be there

    return NATIVE


@cache
def default() -> Kernel:
    """The kernel that MIXTURA_KERNEL names, or the best that is there; looked up once."""
    wanted = os.environ.get(VARIABLE, "")
    if wanted not in ("", "native", "numpy"):
        raise ParameterError(f"{VARIABLE} is {wanted!r}; expected native or numpy")
    return native() if wanted != "numpy" and (wanted or NATIVE_BUILT) else NUMPY_KERNEL


def current_kernel() -> Kernel:
    """The kernel in use: that of `using`, or of MIXTURA_KERNEL, or the best that is there.

    Examples
    --------
    >>> with using_kernel(NUMPY_KERNEL):
    ...     current_kernel().name
    'numpy'
    """
    return _chosen.get() or default()


@contextmanager
def using_kernel(kernel: Kernel) -> Iterator[None]:
    """Within, this kernel is used."""
    token = _chosen.set(kernel)
    try:
        yield
    finally:
        _chosen.reset(token)


def kernel_of(source: Source) -> Kernel:
    """The kernel that passes over a source's rows: ``source.kernel`` where it brings one, else the current one."""
    own: Kernel | None = getattr(source, "kernel", None)
    return own or current_kernel()
