"""How close stepwise EM comes to the batch fit: ``python bench/stream.py [--only N] [--seeds S]``.

Each problem is a data set of n rows. A stream of 20 n rows, drawn from it with replacement, goes to
`mixtura.OnlineMixture`; `mixtura.fit` fits the data set. Printed is a table in Markdown: the mean log-likelihood per
row of the data set under both, the difference, and that after the start alone.

The step sizes were chosen on other problems with other seeds: docs/decisions.md.
"""

import argparse
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import mixtura

EXAMPLES = Path(__file__).parents[1] / "examples"
PASSES = 20
ROWS_AT_A_TIME = 1000


@dataclass(frozen=True)
class StreamProblem:
    """A data set: real, or drawn from a random mixture whose means have a standard deviation ``spread``."""

    name: str
    k: int
    d: int
    n: int
    model: str = "VVV"
    spread: float = 3.0
    seed: int = 0
    file: str | None = None

    def rows(self) -> np.ndarray:
        """The data set."""
        if self.file:
            return np.loadtxt(EXAMPLES / self.file, delimiter=",", skiprows=1, usecols=range(self.d))
        return random_mixture(self).sample(self.n, seed=self.seed)[0]


def random_mixture(problem) -> mixtura.Mixture:
    """Components of several shapes, as the covariance model allows."""
    rng = np.random.default_rng(problem.seed)
    k, d = problem.k, problem.d
    factors = rng.normal(size=(k, d, d)) / np.sqrt(d)
    full = factors @ factors.swapaxes(1, 2) + 0.3 * np.eye(d)
    diagonal = np.stack([np.diag(each) for each in rng.uniform(0.3, 2, (k, d))])
    kinds = {"VVV": full, "EEE": np.repeat(full[:1], k, axis=0), "VVI": diagonal}
    weights = rng.dirichlet(np.full(k, 5.0))
    return mixtura.Mixture(weights, rng.normal(0, problem.spread, (k, d)), kinds[problem.model])


PROBLEMS = (
    StreamProblem("iris", 3, 4, 150, file="iris.csv"),
    StreamProblem("Old Faithful", 2, 2, 272, file="faithful.csv"),
    StreamProblem("two columns, few rows", 3, 2, 1_000, spread=2.0, seed=19),
    StreamProblem("one column, overlapping", 3, 1, 5_000, spread=2.0, seed=11),
    StreamProblem("two columns, overlapping", 4, 2, 10_000, spread=1.5, seed=12),
    StreamProblem("three columns, many components", 15, 3, 20_000, spread=3.0, seed=13),
    StreamProblem("five columns", 6, 5, 20_000, spread=1.5, seed=14),
    StreamProblem("ten columns, diagonal", 8, 10, 20_000, "VVI", 1.0, 15),
    StreamProblem("twelve columns, pooled", 5, 12, 10_000, "EEE", 0.7, 16),
    StreamProblem("twenty columns", 4, 20, 30_000, spread=0.7, seed=17),
    StreamProblem("eight columns, many components", 25, 8, 50_000, spread=3.0, seed=18),
)


def measure(problem) -> dict[str, float]:
    """Log-likelihoods per row, and the seconds of the stream."""
    rows = problem.rows()
    batch = mixtura.fit(rows, problem.k, model=problem.model, seed=0).mixture.logpdf(rows).mean()
    online = mixtura.OnlineMixture(problem.k, model=problem.model)
    rng = np.random.default_rng(100 + problem.seed)
    left, first, began = PASSES * len(rows), None, time.perf_counter()
    while left:
        count = min(ROWS_AT_A_TIME, left)
        online = online.update(rows[rng.integers(0, len(rows), count)])
        left -= count
        if first is None and online.state is not None:
            first = replace(online, waiting=type(online.waiting)()).mixture
    seconds = time.perf_counter() - began
    first = online.mixture if first is None else first
    return {
        "batch": batch,
        "start": first.logpdf(rows).mean(),
        "stream": online.mixture.logpdf(rows).mean(),
        "seconds": seconds,
    }


def main() -> None:
    """Measure all problems, or one of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", type=int, action="append", help="number of a problem, from 1")
    parser.add_argument("--seeds", type=int, default=0, help="added to the seeds, for data that nobody has seen")
    arguments = parser.parse_args()
    wanted = arguments.only or range(1, len(PROBLEMS) + 1)
    warnings.simplefilter("ignore")  # of ties in real data
    print(
        "| problem | K | columns | rows | model | batch fit | after the start | stream | difference | rows a second |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for number in wanted:
        problem = replace(PROBLEMS[number - 1], seed=PROBLEMS[number - 1].seed + arguments.seeds)
        found = measure(problem)
        behind = [found["batch"] - found[name] for name in ("start", "stream")]
        speed = PASSES * problem.n / found["seconds"]
        cells = [problem.name, problem.k, problem.d, f"{problem.n:,}", problem.model, f"{found['batch']:.4f}"]
        cells += [f"−{behind[0]:.4f}", f"{found['stream']:.4f}", f"{-behind[1]:+.4f}", f"{speed:,.0f}"]
        print("| " + " | ".join(map(str, cells)) + " |", flush=True)


if __name__ == "__main__":
    main()
