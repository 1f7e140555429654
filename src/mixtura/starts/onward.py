"""On from a mixture: as far as the kernel gets by itself, before the loop of `em.run` sees to the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mixtura._support import Rng
from mixtura.em import Problem
from mixtura.mixture import Mixture
from mixtura.starts.search import in_kernel, started
from mixtura.stats import Stats

# After so many iterations EM is accelerated.
PLAIN = 10

# How much finer the kernel's stop rule is than that of the loop: a finer one costs little there.
FINER = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Onward:
    """Start where the kernel comes from a mixture; where it cannot, or a component would be lost, from the mixture.

    The many fits of a bootstrap then cost little Python, of which no more than one thread can run at a time.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura
    >>> from mixtura import DenseCovariance
    >>> far = Mixture([0.5, 0.5], [[0.0], [9.0]], DenseCovariance(np.ones((1, 1, 1)), 2))
    >>> mixtura.fit([0.0, 1.0, 2.0, 8.0, 9.0], 2, start=Onward(far)).iterations < 3
    True
    """

    mixture: Mixture
    tol: float = 1e-6
    max_iter: int = 1000

    def __call__(self, problem: Problem, k: int, rng: Rng) -> Stats | Mixture:
        if not in_kernel(problem):
            return self.mixture
        runners, _ = started(problem, [problem.begin(self.mixture).stats], self.max_iter, FINER * self.tol, PLAIN)
        return runners[0].stats if runners else self.mixture


def onward(mixture: Mixture, options: Mapping[str, Any]) -> Onward | Mixture:
    """How to fit a mixture again to other rows; ``options`` are those of `mixtura.fit`.

    Where parameters are held, rows known, or there is noise, the fit has to see the mixture itself.
    """
    plain = replace(mixture, columns=None)
    if mixture.noise or options.get("fixed") is not None or options.get("known") is not None:
        return plain
    return Onward(plain, **{name: options[name] for name in ("tol", "max_iter") if name in options})
