"""A start from where short runs in the kernel lead from a mixture, for the many fits of a bootstrap."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mixtura._support import Rng
from mixtura.em import Problem, in_kernel
from mixtura.mixture import Mixture
from mixtura.starts.search import short_runs
from mixtura.stats import Stats

# After so many iterations EM is accelerated.
PLAIN = 10

# How much finer the kernel's stop rule is than that of the loop: a finer one costs little there.
FINER = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Refined:
    """Start from where EM in the kernel leads from a mixture; from the mixture itself, if a component would be lost.

    The loop is left with hardly anything to do, so many fits cost little Python, of which only one thread can run at a
    time.

    Attributes
    ----------
    mixture : Mixture
    tol, max_iter
        As in `mixtura.fit`.

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
        if not in_kernel(problem):
            return self.mixture
        start = problem.begin(self.mixture).stats
        (run,) = short_runs(problem, [start], self.max_iter, FINER * self.tol, PLAIN)
        return self.mixture if run.lost else run.last.stats


def refined(mixture: Mixture, *, exact: bool, tol: float, max_iter: int) -> Refined | Mixture:
    """The start of a fit of the same mixture to other rows.

    With ``exact``, since parameters are held or rows known, and with noise, the fit has to see the mixture itself.
    """
    plain = replace(mixture, columns=None)
    return plain if exact or mixture.noise else Refined(plain, tol, max_iter)
