"""The sweep over fourteen models and 1 to 9 components, beside R's Mclust: ``python bench/sweep.py [NAME ...]``.

Needs Rscript with mclust for the other side. Each program runs in a process of its own; the time is that of the call
alone, the median of several after one to warm up, on data that is in memory.
"""

import csv
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import mixtura

HERE = Path(__file__).parent
R = """
suppressMessages(library(mclust))
X <- as.matrix(read.csv(commandArgs(TRUE)[1])); times <- as.integer(commandArgs(TRUE)[2])
for (i in seq_len(times)) { set.seed(i); s <- system.time(b <- Mclust(X, G = 1:9, verbose = FALSE))[["elapsed"]]
  cat(s, b$modelName, b$G, b$bic, "\\n") }
"""


def generated(n=9000, d=4, k=5, seed=0):
    """Rows of k overlapping components, each with a matrix of its own."""
    rng = np.random.default_rng(seed)
    turns = rng.normal(size=(k, d, d)) / np.sqrt(d) + np.eye(d)
    which = rng.choice(k, size=n, p=np.arange(1, k + 1) / (k * (k + 1) / 2))
    return np.einsum("nij,nj->ni", turns[which], rng.normal(size=(n, d))) + rng.normal(size=(k, d))[which] * 3


def example(name, columns):
    """Rows of one of the examples."""
    return np.loadtxt(HERE.parent / "examples" / f"{name}.csv", delimiter=",", skiprows=1, usecols=range(columns))


PROBLEMS = {
    "faithful 272 x 2": lambda: example("faithful", 2),
    "iris 150 x 4": lambda: example("iris", 4),
    "generated 9,000 x 4": generated,
}


def ours(rows, times, **options):
    """Median seconds, and the best cell."""
    taken = []
    for _ in range(times + 1):
        before = time.perf_counter()
        chosen = mixtura.select(rows, range(1, 10), seed=0, **options)
        taken.append(time.perf_counter() - before)
    best = chosen.best_cell
    return statistics.median(taken[1:]), f"{best.model},{best.n_components} {best.measured('bic'):.2f}"


def theirs(rows, times):
    """The same of Mclust, with its BIC in our sign."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        np.savetxt(path, rows, delimiter=",", header=",".join(f"x{j}" for j in range(rows.shape[1])), comments="")
        command = ["Rscript", "-e", R, str(path), str(times + (len(rows) < 2000))]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = list(csv.reader(said.strip().splitlines(), delimiter=" "))[-times:]
    return statistics.median(
        float(line[0]) for line in lines
    ), f"{lines[-1][1]},{lines[-1][2]} {-float(lines[-1][3]):.2f}"


def main(names):
    """Print a table."""
    print("| data | Mixtura, default | Mixtura, hierarchical | R Mclust | times as fast | best: default | R |")
    print("|---|---|---|---|---|---|---|")
    for name, make in PROBLEMS.items():
        if names and not any(wanted in name for wanted in names):
            continue
        rows = make()
        times = 5 if len(rows) < 2000 else 1
        default, best = ours(rows, times)
        tree, _ = ours(rows, times, start="hierarchical")
        r, their = theirs(rows, times) if shutil.which("Rscript") else (float("nan"), "-")
        faster = f"{r / default:.1f}, {r / tree:.1f}"
        print(f"| {name} | {default:.2f} s | {tree:.2f} s | {r:.2f} s | {faster} | {best} | {their} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
