"""One rival on one problem, in a process of its own: ``python one.py PROBLEM RIVAL`` prints one line of JSON."""

import importlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import resident
from problems import named, start_of
from rivals import Absent, NotInstalled

# Short fits are repeated, and the shortest time counts; long ones are long enough as they are.
MOST, ENOUGH = 20, 2.0
WARM = 20_000


def mean_loglik(rows, weights, means, covariances) -> float:
    """The same judge for all: Mixtura's density, which its tests hold against SciPy's."""
    import mixtura

    k, d = means.shape
    stored = (
        mixtura.DenseCovariance(covariances, k)
        if covariances.ndim == 3
        else mixtura.DiagonalCovariance(covariances, k, d)
    )
    mixture = mixtura.Mixture(weights / weights.sum(), means, stored)
    return float(mixture.logpdf(rows.astype(np.float64, copy=False)).mean())


def measured(adapter, rows, start, problem) -> dict:
    """Seconds, megabytes and log-likelihood."""
    if not getattr(adapter, "SEPARATE", False):
        adapter.run(rows[:WARM], start, replace(problem, iterations=1))
    before = resident.reset()
    runs = [adapter.run(rows, start, problem)]
    highest = resident.peak()
    while len(runs) < MOST and sum(run.seconds for run in runs) < ENOUGH and not getattr(adapter, "SEPARATE", False):
        runs.append(adapter.run(rows, start, problem))
    last = runs[-1]
    megabytes = last.megabytes
    if megabytes is None and before is not None:
        megabytes = highest - before
    found = {
        "seconds": min(run.seconds for run in runs),
        "megabytes": megabytes,
        "own_start": last.own_start,
        "session": last.session,
    }
    covariances = last.covariances
    if problem.kind == "tied":
        covariances = np.repeat(covariances[None], problem.k, axis=0)
    return found | {"loglik": mean_loglik(rows, last.weights, last.means, covariances)}


def main() -> None:
    """Run and report."""
    problem = named(sys.argv[1])
    rows = problem.rows()
    start = start_of(rows, problem.k, problem.kind, problem.reg_covar)
    try:
        print(json.dumps(measured(importlib.import_module(f"rivals.{sys.argv[2]}"), rows, start, problem)))
    except Absent as reason:
        print(json.dumps({"absent": str(reason), "everywhere": isinstance(reason, NotInstalled)}))


if __name__ == "__main__":
    main()
