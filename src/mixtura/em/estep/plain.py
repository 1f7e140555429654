"""The plain E-step: no row is left out, and no labels are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mixtura._support import Array
from mixtura.data import Chunk, Source
from mixtura.kernels import kernel_for, kernel_of
from mixtura.mixture import Mixture
from mixtura.stats import ScatterKind, Stats


@dataclass(frozen=True, slots=True)
class Plain:
    """E-step with the responsibilities of all rows by Bayes' rule (Dempster, Laird & Rubin 1977).

    Examples
    --------
    >>> from mixtura import DenseCovariance
    >>> from mixtura.data import ArraySource
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [4.0]], DenseCovariance(np.ones((1, 1, 1)), 2))
    >>> stats, _ = Plain()(ArraySource.of([[0.0], [2.0], [4.0]]), mixture, "full")
    >>> stats.weight.round(3).tolist()
    [1.5, 1.5]
    """

    left_out: ClassVar[float] = 0.0
    in_kernel: ClassVar[bool] = True
    knows_all: ClassVar[bool] = False
    rows_are_independent: ClassVar[bool] = True

    @property
    def of_components(self) -> Plain:
        """Itself."""
        return self

    def __call__(
        self, source: Source, mixture: Mixture, scatter_kind: ScatterKind, memory: Any = None
    ) -> tuple[Stats, Any]:
        return source.sum(kernel_of(source, mixture).estep_pass(mixture, scatter_kind)), memory

    def responsibilities(self, chunk: Chunk, mixture: Mixture, memory: Any = None) -> tuple[Array, Array]:
        """Responsibilities by Bayes' rule, (m, k), and the rows' weights, (m,)."""
        return kernel_for(chunk.measurement, mixture).posterior(mixture, chunk), chunk.weigh(np.ones(len(chunk.rows)))

    def select_rows(self, positions: slice | NDArray[np.intp]) -> Plain:
        """Itself, since it treats all rows alike."""
        return self
