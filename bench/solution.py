"""Seconds until a solution at least as good as that of scikit-learn's default with n_init=10.

scikit-learn runs with its defaults (``GaussianMixture(k, n_init=10)``), start by start, so that a long run can be cut
off and go on; `mixtura.fit` runs with its own defaults, again and again with other seeds until it is as good.
"""

import argparse
import sys
import time
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import records
from problems import PROBLEMS

from data import MissingPackage

# Of the huge problems scikit-learn's ten starts would take hours.
NAMED = [
    "Old Faithful 272 x 2, K=2",
    "digits 1,797 x 10, K=10",
    "200,000 x 2, K=5",
    "200,000 x 2, K=5, diag",
    "200,000 x 8, K=8",
    "200,000 x 8, K=8, diag",
    "200,000 x 8, K=8, tied",
    "50,000 x 64, K=16",
    "china.jpg pixels 273,280 x 3, K=16, diag",
    "200,000 x 16, K=32, diag",
    "china.jpg pixels 273,280 x 3, K=16",
    "200,000 x 16, K=32",
]
QUICK = NAMED[:4]
STARTS = 10
# As good: no lower by more than the rounding of a sum over rows.
NOISE = 1e-9
MODELS = {"full": "VVV", "tied": "EEE", "diag": "VVI", "spherical": "VII"}


def sklearn_start(problem, rows, number) -> dict:
    """One of scikit-learn's starts: seconds and mean log-likelihood."""
    from sklearn.mixture import GaussianMixture

    clock = time.perf_counter()
    model = GaussianMixture(problem.k, covariance_type=problem.kind, random_state=number).fit(rows)
    return {"seconds": time.perf_counter() - clock, "loglik": model.score(rows), "iterations": model.n_iter_}


def ours(problem, rows, goal, first_seed) -> dict:
    """Seconds of `mixtura.fit` with its defaults, seed after seed until the goal is reached."""
    import mixtura

    seconds = 0.0
    best = -np.inf
    for attempt in range(STARTS):
        clock = time.perf_counter()
        fit = mixtura.fit(rows, problem.k, model=MODELS[problem.kind], seed=first_seed + attempt)
        seconds += time.perf_counter() - clock
        best = max(best, fit.loglik / len(rows))
        if best >= goal - NOISE:
            return {"seconds": seconds, "loglik": best, "fits": attempt + 1, "reached": True}
    return {"seconds": seconds, "loglik": best, "fits": STARTS, "reached": False}


def measure(problem, arguments) -> None:
    """Both sides of one problem."""
    name, results = problem.name, arguments.results
    rows = problem.rows()
    theirs = []
    for number in range(STARTS):
        record = records.load(results).get(("solution", name, f"scikit-learn {number}"))
        if record is None or arguments.everything:
            record = records.append(
                results, "solution", name, f"scikit-learn {number}", sklearn_start(problem, rows, number)
            )
        theirs.append(record)
    total, goal = sum(r["seconds"] for r in theirs), max(r["loglik"] for r in theirs)
    found = [ours(problem, rows, goal, 0)]
    while len(found) < 5 and found[0]["seconds"] < 5:
        found.append(ours(problem, rows, goal, 100 * len(found)))
    middle = sorted(found, key=lambda one: one["seconds"])[len(found) // 2]
    middle |= {"reached": all(one["reached"] for one in found), "repeats": len(found), "total": total, "goal": goal}
    records.append(results, "solution", name, "mixtura", middle)
    print(
        f"{name:42s} scikit-learn {total:8.3g} s to {goal:.6f}; Mixtura {middle['seconds']:8.3g} s to "
        f"{middle['loglik']:.6f}, {middle['fits']} fits: {total / middle['seconds']:.1f}x",
        flush=True,
    )


def main() -> None:
    """All problems, or those chosen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--again", action="store_true", help="measure Mixtura again")
    parser.add_argument("--everything", action="store_true", help="measure scikit-learn again, too")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for name in QUICK if arguments.quick else NAMED:
        if arguments.only and not any(text in name for text in arguments.only):
            continue
        known = records.load(arguments.results).get(("solution", name, "mixtura"))
        if known is not None and not arguments.again:
            continue
        try:
            measure(next(problem for problem in PROBLEMS if problem.name == name), arguments)
        except MissingPackage as reason:
            print(f"{name:42s} left out: {reason}")


if __name__ == "__main__":
    main()
