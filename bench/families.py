"""An EM iteration of each of the fourteen models beside one of VVV: ``python bench/families.py [threads ...]``.

200,000 x 8 rows of eight overlapping components; medians of iterations that are taken in turns.
"""

import statistics
import sys
import time

import numpy as np
from direct import problem_of

import mixtura
from mixtura._support.threads import using_threads
from mixtura.covariance.models.names import MODELS
from mixtura.em.steppers.base import em_iteration

ROWS, COLUMNS, COMPONENTS = 200_000, 8, 8
ROUNDS = 9


def mixture(rng):
    """Components with covariances of their own, means about a deviation apart."""
    k, d = COMPONENTS, COLUMNS
    roots = rng.standard_normal((k, d, d))
    matrices = roots @ roots.swapaxes(1, 2) / d + 0.1 * np.eye(d)
    return mixtura.Mixture(
        rng.dirichlet(np.full(k, 5.0)), rng.standard_normal((k, d)), mixtura.DenseCovariance(matrices, k)
    )


def begun(model, rows, start):
    """Where EM of a model stands after three iterations."""
    problem = problem_of(rows, model)
    here = problem.begin(start)
    for _ in range(3):
        here = em_iteration(problem, here)
    return problem, here


def timed(act):
    """Milliseconds, and what it returned."""
    before = time.perf_counter()
    result = act()
    return 1e3 * (time.perf_counter() - before), result


def measured(rows, start):
    """Median milliseconds of an iteration, and of its M-step alone."""
    places = {model: begun(model, rows, start) for model in MODELS}
    taken = {model: [] for model in MODELS}
    alone = {model: [] for model in MODELS}
    for _ in range(ROUNDS):
        for model, (problem, here) in places.items():
            alone[model].append(timed(lambda problem=problem, here=here: problem.mstep(here.stats, here.mixture))[0])
            spent, new = timed(lambda problem=problem, here=here: em_iteration(problem, here))
            taken[model].append(spent)
            places[model] = problem, new
    return {model: (statistics.median(taken[model]), statistics.median(alone[model])) for model in MODELS}


def main(threads):
    """Print a table."""
    rng = np.random.default_rng(0)
    start = mixture(rng)
    rows, _ = start.sample(ROWS, rng)
    found = []
    for count in threads:
        with using_threads(count):
            found.append(measured(rows, start))
    columns = " | ".join(f"{count} thread{'s' * (count > 1)} | of VVV | M-step" for count in threads)
    print(f"| model | {columns} |\n|---|{'---|' * 3 * len(threads)}")
    for model in MODELS:
        cells = [
            f"{whole[model][0]:.1f} ms | {whole[model][0] / whole['VVV'][0]:.2f} | {whole[model][1]:.1f} ms"
            for whole in found
        ]
        print(f"| {model} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main([int(count) for count in sys.argv[1:]] or [1, 2])
