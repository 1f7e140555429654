"""The choice of a kernel: the source's own, or that of `using_kernel`, or that of MIXTURA_KERNEL, or the fastest."""

from __future__ import annotations

import copyreg
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from typing import Any

from mixtura.data import Intervals, Measurement, MissingValues, RowNoise, Source
from mixtura.errors import ParameterError
from mixtura.kernels import agglomeration, numpy, student
from mixtura.kernels.affine import Density
from mixtura.kernels.base import Kernel
from mixtura.kernels.incomplete import for_incomplete_rows
from mixtura.kernels.intervals import for_intervals
from mixtura.kernels.row_noise import for_noisy_rows
from mixtura.kernels.torch import torch_kernel

KERNEL_VARIABLE = "MIXTURA_KERNEL"

# Whether the kernel in C++ was built when Mixtura was installed.
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

# The kernel for mixtures with t components, unless an engine has its own.
STUDENT_KERNEL = replace(
    NUMPY_KERNEL,
    name="numpy with t components",
    estep=student.t_estep,
    log_density=student.t_log_density,
    posterior=student.t_posterior,
    labels=student.t_labels,
)


def kernel_named(name: str) -> Kernel:
    """The kernel with a name; the NumPy kernel for "native" where that was not built.

    A name may go on with what is special about the rows.

    Examples
    --------
    >>> kernel_named("numpy").name
    'numpy'
    """
    base, _, special = name.partition(", ")
    engine, with_tails, _ = base.partition(" with t components")
    if engine.startswith("torch:"):
        found = torch_kernel(engine.removeprefix("torch:"))
    else:
        found = native_kernel() if engine == "native" and NATIVE_BUILT else NUMPY_KERNEL
    found = _with_tails(found) if with_tails else found
    if not special:
        return found
    return next((own for wrap in _KERNELS_FOR.values() if (own := wrap(found)).name.endswith(f", {special}")), found)


# A kernel travels to other processes by its name, since they may have another build, or none.
copyreg.pickle(Kernel, lambda kernel: (kernel_named, (kernel.name,)))

_chosen: ContextVar[Kernel | None] = ContextVar("kernel", default=None)


@cache
def native_kernel() -> Kernel:
    """The kernel in C++.

    Raises
    ------
    ImportError
        If it was not built, for want of a compiler.
    """
    from mixtura.kernels.native import NATIVE  # noqa: PLC0415 it may not have been built

    return NATIVE


@cache
def default_kernel() -> Kernel:
    """The kernel named by the environment variable MIXTURA_KERNEL, which is read once; unless set, the fastest one."""
    wanted = os.environ.get(KERNEL_VARIABLE, "")
    if wanted.startswith("torch:"):
        return kernel_named(wanted)
    if wanted not in ("", "native", "numpy"):
        raise ParameterError(f"{KERNEL_VARIABLE} is {wanted!r}; expected native, numpy or torch:DEVICE")
    return native_kernel() if wanted != "numpy" and (wanted or NATIVE_BUILT) else NUMPY_KERNEL


def current_kernel() -> Kernel:
    """The kernel in use: that of `using_kernel`, or else that of MIXTURA_KERNEL, or else the fastest one.

    Examples
    --------
    >>> with using_kernel(NUMPY_KERNEL):
    ...     current_kernel().name
    'numpy'
    """
    return _chosen.get() or default_kernel()


@contextmanager
def using_kernel(kernel: Kernel) -> Iterator[None]:
    """A context in which ``kernel`` is used for sources without a kernel of their own."""
    token = _chosen.set(kernel)
    try:
        yield
    finally:
        _chosen.reset(token)


@contextmanager
def using_device(device: Any) -> Iterator[None]:
    """A context in which passes over rows are made on a device, such as a GPU, by PyTorch.

    Rows in the computer's memory, in files, and of Dask or Spark in this process, are copied there in parts in each
    pass; tensors that lie on a device already are used there without this. What only the CPU can compute, such as
    starts, is computed there.

    Parameters
    ----------
    device : str or torch.device
        The device, or PyTorch's name of it: "cuda", "cuda:1", "mps", "xpu" or "cpu".

    Raises
    ------
    MissingExtraError
        If PyTorch is not installed.
    ParameterError
        If there is no such device.

    Examples
    --------
    >>> import mixtura
    >>> with mixtura.using_device("cpu"):
    ...     fit = mixtura.fit([0.0, 0.2, 0.4, 5.0, 5.2, 5.4], 2)
    >>> fit.mixture.means.round(6).tolist()
    [[0.2], [5.2]]
    """
    with using_kernel(torch_kernel(str(device))):
        yield


# For each kind of measurement: the kernel for such rows, which computes with another one.
_KERNELS_FOR: dict[type, Callable[[Kernel], Kernel]] = {
    MissingValues: for_incomplete_rows,
    RowNoise: for_noisy_rows,
    Intervals: for_intervals,
}


def kernel_of(source: Source, density: Density | None = None) -> Kernel:
    """The kernel for a source's rows: ``source.kernel``, or the one named ``source.kernel_name``, or the current one.

    It is one for rows that were measured as the source's attribute ``measurement`` says, if there is one, and under a
    ``density`` with t components one that has these.
    """
    name: str | None = getattr(source, "kernel_name", None)
    own: Kernel | None = getattr(source, "kernel", None) if name is None else kernel_named(name)
    return _chosen_for(own or current_kernel(), getattr(source, "measurement", None), density)


def kernel_for(measurement: Measurement | None, density: Density | None = None) -> Kernel:
    """The current kernel, for rows that were measured so; None where they are complete and exact.

    Under a ``density`` with t components it is one that has these.

    Examples
    --------
    >>> from mixtura.data import MISSING_VALUES
    >>> kernel_for(MISSING_VALUES).name.endswith("missing values")
    True
    """
    return _chosen_for(current_kernel(), measurement, density)


def _chosen_for(kernel: Kernel, measurement: Measurement | None, density: Density | None) -> Kernel:
    """A kernel for rows that were measured so, under a density that may have t components."""
    has_tails = density is not None and density.affine.tails is not None
    if has_tails and not isinstance(measurement, MissingValues | None):
        raise ParameterError(
            "tails: t components take exact values and missing ones; fit rows that were measured otherwise with "
            "tails='normal'"
        )
    own = _with_tails(kernel) if has_tails else kernel
    return own if measurement is None else _KERNELS_FOR[type(measurement)](own)


def _with_tails(kernel: Kernel) -> Kernel:
    """The kernel for mixtures with t components: an engine's own, or that of NumPy; of a device, that of the CPU."""
    if kernel.of_tensors is not None and NATIVE_BUILT:
        kernel = native_kernel()
    return STUDENT_KERNEL if kernel.for_tails is None else kernel.for_tails()
