"""A start that EM in the kernel has iterated already from a mixture, for the many fits of a bootstrap."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mixtura._support import Rng
from mixtura.em import Problem, runs_in_kernel
from mixtura.mixture import Mixture
from mixtura.starts.search import short_runs
from mixtura.stats import Stats

# Iterations of plain EM before it is accelerated.
ACCELERATE_AFTER = 10

# Factor of the kernel's tolerance to that of the loop; iterations cost little in the kernel.
TOLERANCE_FRACTION = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Refined:
    """Start from the end of a run of EM in the kernel from a mixture; from the mixture if a component would be lost.

    Few iterations are left for the loop in Python, in which only one thread can run at a time.

    Attributes
    ----------
    mixture : Mixture
        Where the run begins.
    tol : float
        Tolerance of the fit; the run has a hundredth of it.
    max_iter : int
        Largest number of iterations of the run.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura
    >>> from mixtura import DenseCovariance
    >>> far = Mixture([0.5, 0.5], [[0.0], [9.0]], DenseCovariance(np.ones((1, 1, 1)), 2))
    >>> mixtura.fit([0.0, 1.0, 2.0, 8.0, 9.0], 2, start=Refined(far)).iterations < 3
    True
    """

    mixture: Mixture
    tol: float = 1e-6
    max_iter: int = 1000

    def __call__(self, problem: Problem, k: int, rng: Rng) -> Stats | Mixture:
        if not runs_in_kernel(problem):
            return self.mixture
        start = problem.begin(self.mixture).stats
        (run,) = short_runs(problem, [start], self.max_iter, TOLERANCE_FRACTION * self.tol, ACCELERATE_AFTER)
        return self.mixture if run.lost else run.last.stats


def refined(mixture: Mixture, *, exact: bool, tol: float, max_iter: int) -> Refined | Mixture:
    """The start of a fit to other rows of the model that ``mixture`` was fitted with.

    It is the mixture itself if it has noise or if ``exact``, which a fit with held parameters or known labels needs.
    """
    plain = replace(mixture, columns=None)
    return plain if exact or mixture.noise else Refined(plain, tol, max_iter)
