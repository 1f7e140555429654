"""How good start="small-em" is, and what it costs, compared with ten k-means++ starts and 500 random ones.

Words choose the sets whose names hold one of them: `python bench/starts.py iris faithful`. With `--optima` the best of
500 random starts is sought anew and stored beside this file. Passes are counted by the rows that E-steps read, so
those on a subsample are fractions; every seeding counts as one pass over the rows that it looks at.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from small_sets import generated, real

import mixtura
from mixtura import kernels
from mixtura.data.chunk import Chunk
from mixtura.em import fused
from mixtura.em import problem as em
from mixtura.kernels import accumulate
from mixtura.starts import small_em as small
from mixtura.starts import split_and_merge as moves

OPTIMA = Path(__file__).parent / "optima.json"
FLOOR = 1e-3
SEEDS = 10


@dataclass(frozen=True)
class Case:
    """One data set."""

    name: str
    rows: np.ndarray
    k: int


def cases() -> Iterator[Case]:
    """Three real sets with two numbers of components, and ten generated ones: rows, columns, k, spread, balance."""
    for name, counts in (("iris", (3, 5)), ("faithful", (3, 6)), ("diabetes", (3, 5))):
        for k in counts:
            yield Case(f"{name} K={k}", real(name), k)
    shapes = [
        (300, 2, 3, 1.5, 5.0),
        (600, 2, 5, 2.5, 2.0),
        (1000, 2, 8, 4.0, 5.0),
        (500, 3, 4, 1.2, 5.0),
        (1500, 3, 6, 2.5, 1.5),
        (800, 4, 3, 0.8, 5.0),
        (2000, 4, 8, 2.5, 5.0),
        (1000, 5, 5, 1.5, 2.0),
        (6000, 3, 5, 1.8, 3.0),
        (10000, 2, 6, 3.0, 1.0),
    ]
    for number, (n, d, k, spread, balance) in enumerate(shapes):
        yield Case(f"{n} x {d} K={k}", generated(300 + number, n, d, k, spread, balance), k)


class Counter:
    """Rows read by E-steps, in Python or within the kernel, and by seedings."""

    def __init__(self) -> None:
        self.read = 0.0
        self._before = em.Problem.evaluate, small.partitions, moves.accumulate, fused.as_run
        self._kernel = kernels.using_kernel(self._counted(kernels.current_kernel()))

    def _counted(self, kernel):
        """A kernel whose posteriors are counted."""

        def posterior(mixture, chunk):
            self.read += len(chunk.rows)
            return kernel.posterior(mixture, chunk)

        return replace(kernel, posterior=posterior)

    def __enter__(self) -> Self:
        evaluate, partitions, accumulated, as_run = self._before

        def counted_evaluate(problem, *given):
            self.read += problem.source.n_rows
            return evaluate(problem, *given)

        def counted_run(problem, result, components):
            self.read += problem.source.n_rows * result.passes
            return as_run(problem, result, components)

        def counted_partitions(problem, k, rng, count=1):
            self.read += count * problem.source.n_rows
            return partitions(problem, k, rng, count)

        def counted_accumulate(chunk, responsibilities, scatter_kind):
            self.read += len(chunk.rows)
            return accumulated(chunk, responsibilities, scatter_kind)

        em.Problem.evaluate, small.partitions, moves.accumulate = (
            counted_evaluate,
            counted_partitions,
            counted_accumulate,
        )
        fused.as_run = counted_run
        self._kernel.__enter__()
        return self

    def __exit__(self, *error) -> None:
        self._kernel.__exit__(*error)
        em.Problem.evaluate, small.partitions, moves.accumulate, fused.as_run = self._before


def fitted(case: Case, *, accelerate: bool = True, **options) -> tuple[mixtura.Fit, float]:
    """A fit, and the passes over the data that were made for it."""
    with warnings.catch_warnings(), Counter() as counter:
        warnings.simplefilter("ignore", mixtura.MixturaWarning)
        fit = mixtura.fit(case.rows, case.k, em=mixtura.EM(accelerate=accelerate, floor=FLOOR), **options)
    return fit, counter.read / len(case.rows)


def ours(case: Case, seed: int) -> tuple[float, float]:
    """Log-likelihood and passes of the default start."""
    fit, passes = fitted(case, start="small-em", seed=seed)
    return fit.loglik, passes


def theirs(case: Case, seed: int) -> tuple[float, float]:
    """The same of ten k-means++ starts: the passes of EM as it is, without those that a sprint makes in vain."""
    fit, _ = fitted(case, start="k-means++", n_init=10, accelerate=False, seed=seed)
    return fit.loglik, sum(start.passes + 1 for start in fit.starts)


def by_nearest_random_rows(problem, k, rng):
    """A random start: every row joins the nearest of k random rows."""
    sample = problem.source.rows(problem.source.n_rows, rng)
    centres = sample.rows[rng.choice(len(sample.rows), size=k, replace=False)]
    nearest = np.argmin([((sample.rows - centre) ** 2).sum(axis=1) for centre in centres], axis=0)
    return accumulate(Chunk(sample.rows), np.eye(k)[nearest], problem.mstep.scatter_kind)


def optimum(case: Case) -> float:
    """The best log-likelihood of 500 random starts."""
    return fitted(case, start=by_nearest_random_rows, n_init=500, seed=0, tol=1e-7)[0].loglik


def main() -> None:
    """Measure every start on the sets (those whose names hold a word given, if any) and print the table."""
    words = [word for word in sys.argv[1:] if word != "--optima"]
    chosen = [case for case in cases() if not words or any(word in case.name for word in words)]
    optima = json.loads(OPTIMA.read_text())
    if "--optima" in sys.argv:
        optima |= {case.name: optimum(case) for case in chosen}
        OPTIMA.write_text(json.dumps(optima, indent=1) + "\n")
    print(f"{'set':18s} {'best of 500':>12s} {'small-em':>9s} {'passes':>7s} {'10 k-means++':>13s} {'passes':>7s}")
    missed, dear = 0, 0
    for case in chosen:
        best = optima[case.name]
        gap, cost = np.median([ours(case, seed) for seed in range(SEEDS)], axis=0) - [best, 0]
        their_gap, their_cost = np.median([theirs(case, seed) for seed in range(3)], axis=0) - [best, 0]
        missed += gap < -0.5
        dear += cost >= their_cost
        print(f"{case.name:18s} {best:12.2f} {gap:+9.2f} {cost:7.0f} {their_gap:+13.2f} {their_cost:7.0f}", flush=True)
    print(f"median more than 0.5 below the best: {missed} sets; dearer than ten k-means++ starts: {dear} sets")


if __name__ == "__main__":
    main()
