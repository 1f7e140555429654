"""How many passes over the data accelerated EM needs, compared with EM, from the same start to the same place.

For every problem EM runs until the mean log-likelihood rises by less than 1e-9. Passes are those until it is within
1e-6 per row of where EM ends; the gap is where the accelerated run ends, per row, minus where EM ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from direct import problem_of
from small_sets import generated, real

from mixtura.em import LoglikRises, Run, iterate, reseed_empty
from mixtura.em.steppers import PlainEM, QuasiNewton, Squarem, Stepper, Switch
from mixtura.starts import GROUPINGS
from mixtura.stats import Stats

STEPPERS = {"squarem": Squarem(), "accelerated": Switch(Squarem(), QuasiNewton())}
NEAR = 1e-6

# Where EM needs fewer passes there is nothing to save.
LEAST = 5


@dataclass(frozen=True)
class Case:
    """What is fitted to what, from which start."""

    name: str
    rows: np.ndarray
    k: int
    model: str = "VVV"
    start: str = "kmeans"


def problems() -> Iterator[Case]:
    """Real data first, then overlap from strong to weak, for every covariance model."""
    for name, k in [("iris", 2), ("iris", 3), ("iris", 5), ("faithful", 2), ("faithful", 3), ("faithful", 6)]:
        yield Case(f"{name} K={k}", real(name), k)
    for name, k in [("diabetes", 3), ("diabetes", 5), ("wine", 3), ("wine", 5)]:
        yield Case(f"{name} K={k}", real(name), k)
    sizes = [(1000, 2, 3), (1000, 2, 5), (2000, 3, 4), (2000, 5, 4), (3000, 8, 3)]
    for number, (n, d, k) in enumerate(sizes):
        for spread in (1.0, 1.5, 2.0, 3.0):
            rows = generated(100 + number, n, d, k, spread, 3.0)
            yield Case(f"{n} x {d} K={k} spread {spread}", rows, k)
    for model in ("EEE", "VVI", "VII"):
        yield Case(f"1000 x 3 K=4 {model} spread 1.5", generated(200, 1000, 3, 4, 1.5, 3.0), 4, model)
        yield Case(f"iris K=4 {model}", real("iris"), 4, model)


def walk(case: Case, stepper: Stepper, tol: float = 1e-9) -> list[tuple[int, float]]:
    """Passes and mean log-likelihood after each iteration."""
    problem = problem_of(case.rows, case.model, floor=1e-3)
    rng = np.random.default_rng(0)
    start = GROUPINGS[case.start](problem, case.k, rng)
    filled, _ = reseed_empty(problem, start, rng) if isinstance(start, Stats) else (start, ())
    seen: list[tuple[int, float]] = []

    def note(run: Run) -> None:
        seen.append((run.passes, run.last.loglik / run.last.stats.total))

    first = Run.started(problem.begin(filled))
    iterate(problem, first, stop=[LoglikRises(tol)], max_iter=20_000, rng=rng, stepper=stepper, notify=note)
    return seen


def passes_until(seen: list[tuple[int, float]], loglik: float) -> float:
    """Passes until the log-likelihood is reached; infinite if it never is."""
    return next((passes for passes, reached in seen if reached >= loglik), float("inf"))


def main() -> None:
    """Measure every stepper on every problem and print the table."""
    print(f"{'problem':36s} {'EM':>6s}" + "".join(f"{name:>14s} {'ratio':>6s} {'gap':>8s}" for name in STEPPERS))
    ratios: dict[str, list[float]] = {name: [] for name in STEPPERS}
    slow: list[float] = []
    gaps: dict[str, list[float]] = {name: [] for name in STEPPERS}
    for problem in problems():
        plain = walk(problem, PlainEM())
        goal = plain[-1][1]
        needed = passes_until(plain, goal - NEAR)
        slow.append(needed)
        line = f"{problem.name:36s} {needed:6.0f}"
        for name, stepper in STEPPERS.items():
            fast = walk(problem, stepper)
            own = passes_until(fast, goal - NEAR)
            ratios[name].append(own / needed)
            gaps[name].append(fast[-1][1] - goal)
            line += f"{own:14.0f} {own / needed:6.2f} {fast[-1][1] - goal:+8.0e}"
        print(line, flush=True)
    for name in STEPPERS:
        lower, higher = (np.array(gaps[name]) < -NEAR).sum(), (np.array(gaps[name]) > NEAR).sum()
        worth = [ratio for ratio, passes in zip(ratios[name], slow, strict=True) if passes >= LEAST]
        print(
            f"{name}: {len(ratios[name])} problems, ratio of passes {np.median(ratios[name]):.2f} at the median, "
            f"{np.median(worth):.2f} at that of the {len(worth)} where EM needs {LEAST} passes or more, "
            f"{max(ratios[name]):.2f} at most; ends lower on {lower}, higher on {higher}"
        )


if __name__ == "__main__":
    main()
