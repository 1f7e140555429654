"""How the seconds of an iteration grow with rows, columns and components: slopes on logarithmic scales."""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import records
from problems import Problem, start_of
from rivals import mixtura_, sklearn_

from data import blobs

SHAPES = {
    "rows": [(n, 8, 8) for n in (25_000, 100_000, 400_000, 1_600_000)],
    "columns": [(50_000, d, 8) for d in (4, 8, 16, 32, 64, 128)],
    "components": [(50_000, 8, k) for k in (4, 16, 64, 256)],
}
ITERATIONS = 3
ADAPTERS = {"mixtura": mixtura_, "scikit-learn": sklearn_}
LEAST = 0.3


def seconds(adapter, shape, kind) -> float:
    """Of one iteration; the shortest of several fits."""
    n, d, k = shape
    data = blobs(1_600_000 if d == k == 8 else n, d, k)
    rows = data.rows()[:n]
    problem = Problem("growth", data, k, kind, iterations=ITERATIONS)
    start = start_of(rows, k, kind, 0.0)
    times = []
    while sum(times) < LEAST:
        times.append(adapter.run(rows, start, problem).seconds)
    return min(times) / ITERATIONS


def slope(sizes, times) -> float:
    """Of the least-squares line through the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def main() -> None:
    """Measure and store every line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--rival", choices=list(ADAPTERS), action="append")
    arguments = parser.parse_args()
    for rival in arguments.rival or list(ADAPTERS):
        for what, shapes in SHAPES.items():
            for kind in ("full", "diag"):
                line = f"{what}, {kind}"
                known = records.load(arguments.results).get(("growth", line, rival))
                if known and not arguments.again:
                    continue
                times = [seconds(ADAPTERS[rival], shape, kind) for shape in shapes]
                axis = ("rows", "columns", "components").index(what)
                sizes = [shape[axis] for shape in shapes]
                found = {"shapes": shapes, "times": times, "slope": slope(sizes, times)}
                records.append(arguments.results, "growth", line, rival, found)
                print(f"{line:20s} {rival:14s} slope {found['slope']:.2f}  {[f'{t:.4g}' for t in times]}", flush=True)


if __name__ == "__main__":
    main()
