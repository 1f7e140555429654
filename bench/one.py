"""One rival on one problem, in a process of its own: ``python one.py PROBLEM RIVAL`` prints one line of JSON."""

import importlib
import json
import resource
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from rivals import Absent

from problems import PROBLEMS, start_of


def mean_loglik(rows, weights, means, covariances) -> float:
    """The same judge for all: Mixtura's density, which its tests hold against SciPy's."""
    import mixtura

    k, d = means.shape
    stored = mixtura.Dense(covariances, k) if covariances.ndim == 3 else mixtura.Diagonal(covariances, k, d)
    return mixtura.assess(mixtura.Mixture(weights / weights.sum(), means, stored), rows).mean


def main() -> None:
    """Run and report."""
    problem = next(p for p in PROBLEMS if p.name == sys.argv[1])
    adapter = importlib.import_module(f"rivals.{sys.argv[2]}")
    rows = np.ascontiguousarray(problem.rows())
    start = start_of(rows, problem.k, problem.kind, problem.reg_covar)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        runs = [adapter.run(rows, start, problem)]
        # The shortest of up to five runs; long ones are long enough as they are.
        while len(runs) < 5 and sum(run[0] for run in runs) < 3:
            runs.append(adapter.run(rows, start, problem))
    except Absent as reason:
        print(json.dumps({"absent": str(reason)}))
        return
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    seconds = min(run[0] for run in runs)
    loglik = mean_loglik(rows, *runs[-1][1:])
    print(json.dumps({"seconds": seconds, "megabytes": round(peak), "loglik": loglik}))


if __name__ == "__main__":
    main()
