"""Kernels: the computations that read every row, such as the E-step, with one implementation for each engine.

The kernel in C++ is used if it could be built, unless the environment variable MIXTURA_KERNEL is ``numpy``. To add an
engine, write its functions in a file of their own and make a `Kernel` of them; a source with that `Kernel` as its
attribute ``kernel`` is computed by it.
"""

from __future__ import annotations

from mixtura.kernels.affine import MAX_DISTANCE, Affine, Density
from mixtura.kernels.base import Kernel, KernelRuns, Pass, ThreadedPass
from mixtura.kernels.box_points import quantile_within
from mixtura.kernels.by_component import log_joint_of, statistics_of
from mixtura.kernels.choice import (
    NATIVE_BUILT,
    NUMPY_KERNEL,
    current_kernel,
    kernel_for,
    kernel_of,
    using_device,
    using_kernel,
)
from mixtura.kernels.conditional_rows import conditional_rows
from mixtura.kernels.conditionals import Conditionals, pattern_groups
from mixtura.kernels.numpy import accumulate, squared_mahalanobis, sum_over_blocks
from mixtura.kernels.row_errors import RowTerms
from mixtura.kernels.run_result import Ending, RunResult
from mixtura.kernels.summaries import summarise
from mixtura.kernels.tails import Tails, log_gamma_ratio
from mixtura.kernels.tensor_predictions import labels_of_tensor, log_density_of_tensor, posterior_of_tensor
from mixtura.kernels.true_values import RowErrors, TrueValues
from mixtura.kernels.truncated_normal import MOST_COLUMNS
from mixtura.kernels.unseen_rows import Unseen

__all__ = [
    "MAX_DISTANCE",
    "MOST_COLUMNS",
    "NATIVE_BUILT",
    "NUMPY_KERNEL",
    "Affine",
    "Conditionals",
    "Density",
    "Ending",
    "Kernel",
    "KernelRuns",
    "Pass",
    "RowErrors",
    "RowTerms",
    "RunResult",
    "Tails",
    "ThreadedPass",
    "TrueValues",
    "Unseen",
    "accumulate",
    "conditional_rows",
    "current_kernel",
    "kernel_for",
    "kernel_of",
    "labels_of_tensor",
    "log_density_of_tensor",
    "log_gamma_ratio",
    "log_joint_of",
    "pattern_groups",
    "posterior_of_tensor",
    "quantile_within",
    "squared_mahalanobis",
    "statistics_of",
    "sum_over_blocks",
    "summarise",
    "using_device",
    "using_kernel",
]
