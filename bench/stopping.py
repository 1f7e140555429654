"""How far from its limit EM stops, in standard errors, and how many passes over the rows that takes.

Two normals of one column, whose means are 1.5 standard deviations apart, with weights 0.4 and 0.6 and standard
deviations 1 and 1.3: components overlap so much that EM is slow. The limit is where EM goes on to from there until the
mean log-likelihood per row rises by less than 1e-13. Standard errors are those of the empirical information (mean
squares of the rows' scores) at the limit, for the log-odds of the weights, the means and the logarithms of variances.
The rule's constants were chosen on seeds 500 to 539; those of 10,000 on are measured.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np

import mixtura

SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)
RULES: dict[str, dict[str, float]] = {"default": {}, "tol=1e-6 per row": {"tol": 1e-6}}


def rows_of(seed: int, n: int) -> np.ndarray:
    """The rows of one data set."""
    rng = np.random.default_rng(seed)
    first = rng.random(n) < 0.4
    return rng.normal(size=n) * np.where(first, 1, 1.3) + np.where(first, 0, 1.5)


def parameters(mixture: mixtura.Mixture) -> np.ndarray:
    """Log-odds of the weights, means, and logarithms of the variances, (5,)."""
    weights, variances = mixture.weights, mixture.covariances.dense().ravel()
    return np.array([np.log(weights[0] / weights[1]), *mixture.means.ravel(), *np.log(variances)])


def log_density(point: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Log-density of rows under the mixture with these parameters, but for a constant."""
    weights = np.array([1, np.exp(-point[0])]) / (1 + np.exp(-point[0]))
    parts = [
        np.log(weights[j]) - 0.5 * ((rows - point[1 + j]) ** 2 / np.exp(point[3 + j]) + point[3 + j]) for j in (0, 1)
    ]
    return np.logaddexp(*parts)


def standard_errors(point: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Standard errors of the parameters, (5,)."""
    scores = [(log_density(point + e, rows) - log_density(point - e, rows)) / 2e-5 for e in 1e-5 * np.eye(5)]
    return np.sqrt(np.diag(np.linalg.inv(np.array(scores) @ np.transpose(scores))))


def main() -> None:
    """Fit all data sets by both rules, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--first", type=int, default=10_000, help="first seed")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    off: dict[str, list[float]] = {name: [] for name in RULES}
    passes: dict[str, list[int]] = {name: [] for name in RULES}
    short: dict[str, list[float]] = {name: [] for name in RULES}
    for number in range(asked.sets):
        rows = rows_of(asked.first + number, SIZES[number % len(SIZES)])
        for name, rule in RULES.items():
            fit = mixtura.fit(rows, 2, seed=number, **rule)  # type: ignore[arg-type]
            limit = mixtura.fit(rows, start=fit.mixture, tol=1e-13, max_iter=100_000)
            there = parameters(limit.mixture)
            off[name].append(float(np.max(np.abs(parameters(fit.mixture) - there) / standard_errors(there, rows))))
            passes[name].append(fit.starts[fit.best_start].passes)
            short[name].append(limit.loglik - fit.loglik)
    print(f"{'rule':18s} passes {'worst parameter, in standard errors':>45s} within 0.1 nats short (95 %)")
    for name in RULES:
        low, middle, high = np.quantile(off[name], [0.5, 0.95, 1.0])
        within = np.mean(np.array(off[name]) <= 0.1)
        spread = f"{low:.3f} (median) {middle:.3f} (95 %) {high:.3f} (most)"
        lost = np.quantile(short[name], 0.95)
        print(f"{name:18s} {np.median(passes[name]):6.1f} {spread:>45s} {within:10.1%} {lost:17.4f}")


if __name__ == "__main__":
    main()
