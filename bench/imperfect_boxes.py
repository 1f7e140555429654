"""Censored values, truncated samples and histograms: bias, standard errors, bins and time.

``python bench/imperfect_boxes.py`` prints tables: the errors of fits that treat such rows as plain ones, and of those
that know what they are, over many simulated samples; how fits to bins approach those to the rows; and the time of one
iteration of EM.
"""

import argparse
import time
import warnings

import numpy as np

import mixtura
from mixtura import Histogram, Measured
from mixtura.data import as_source
from mixtura.em.estep import Plain

PARTS = (0.1, 0.25, 0.4)
NAMES = ("mean 1", "mean 2", "sd 1", "sd 2", "weight 2")


def one_column(n, rng):
    """Rows of two components, and the true parameters."""
    second = rng.random(n) < 0.5
    return rng.normal(4.0 * second, 1.0), np.array([0.0, 4.0, 1.0, 1.0, 0.5])


def parameters(mixture):
    """Means, standard deviations and the second weight, in the order of the means."""
    order = np.argsort(mixture.means[:, 0])
    deviations = np.sqrt(mixture.covariances.variances()[order, 0])
    return np.concatenate([mixture.means[order, 0], deviations, mixture.weights[order[1:]]])


def fitted(X, **options):
    """A fit of two components whose warnings do not matter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return parameters(mixtura.fit(X, 2, model="V", **options).mixture)


def censored_above(x, part):
    """The naive rows, and the censored ones: a part of all lies above a limit."""
    limit = np.quantile(x, 1 - part)
    rows = np.minimum(x, limit)
    return rows, Measured(rows, censored=np.where(x > limit, "above", ""))


def below_detection(x, part):
    """The naive rows, and the censored ones: a part of all lies below the limit of detection."""
    limit = np.quantile(x, part)
    rows = np.maximum(x, limit)
    return rows, Measured(rows, censored=np.where(x < limit, "below", ""))


def truncated(x, part):
    """The naive rows, and those within a limit: a part of all lies above and was never recorded."""
    limit = np.quantile(x, 1 - part)
    rows = x[x < limit]
    return rows, Measured(rows, limits=(None, limit))


def bias_table(n, seeds):
    """Median errors over samples, with their standard errors, as a normal distribution with such quartiles has."""
    print(f"\nMedian errors over {seeds} samples of {n} rows; +- twice the standard error of the median\n")
    print(f"| rows | part | fit | {' | '.join(NAMES)} |")
    print(f"|---|---|---|{'---|' * len(NAMES)}")
    samples = [one_column(n, np.random.default_rng(seed)) for seed in range(seeds)]
    print(line("complete", "", "plain", [fitted(x) - true for x, true in samples]), flush=True)
    for how in (censored_above, below_detection, truncated):
        for part in PARTS:
            both = [[fitted(X) - true for X in how(x, part)] for x, true in samples]
            for name, found in zip(("plain", "as measured"), zip(*both, strict=True), strict=True):
                print(line(how.__name__.replace("_", " "), f"{part:.0%}", name, found), flush=True)


def line(rows, part, fit, errors):
    """A line of the table of errors."""
    low, median, high = np.quantile(errors, [0.25, 0.5, 0.75], axis=0)
    spread = 2 * 1.2533 * (high - low) / 1.349 / np.sqrt(len(errors))
    cells = [f"{m:.3f} +- {e:.3f}" for m, e in zip(median, spread, strict=True)]
    return f"| {rows} | {part} | {fit} | {' | '.join(cells)} |"


def bins_table(n):
    """Distance of fits to bins from that to the rows."""
    x, _ = one_column(n, np.random.default_rng(0))
    em = mixtura.EM(tol=1e-9, max_iter=5000)
    plain, rows = fitted(x, em=em), mixtura.fit(x, 2, em=em).loglik
    print(f"\nFits to bins of {n} rows, beside the fit to the rows\n")
    print("| width / sd | bins | largest change of a parameter | log-likelihood + n log(width) - that of the rows |")
    print("|---|---|---|---|")
    for width in (2.0, 1.0, 0.5, 0.25, 0.125):
        edges = np.arange(-8, 14, width)
        bins = Histogram(edges, np.histogram(x, edges)[0], outside=0)
        change = np.abs(fitted(bins, em=em) - plain).max()
        gap = mixtura.fit(bins, 2, em=em).loglik - n * np.log(width) - rows
        print(f"| {width} | {len(edges) - 1} | {change:.4f} | {gap:.2f} |", flush=True)


def time_table():
    """Time of an E-step of 2,000 rows in six columns, three components, by the number of values with intervals."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(2000, 6)) @ rng.normal(size=(6, 6)) + np.repeat([[0], [5], [9], [12]], 500, axis=0)
    print("\nTime of one E-step of 2,000 rows, 6 columns, 3 components, ms\n")
    print("| values with intervals in each row | full covariances | diagonal |")
    print("|---|---|---|")
    for count in (0, 1, 2, 3, 4):
        low, high = np.full(rows.shape, np.nan), np.full(rows.shape, np.nan)
        low[:, :count], high[:, :count] = rows[:, :count] - 0.5, np.inf
        cells = []
        for model in ("VVV", "VVI"):
            mixture = mixtura.fit(rows, 3, model=model).mixture
            source, kind = as_source(Measured(rows, censored=(low, high)), threads=1), "full"
            Plain()(source, mixture, kind)
            start = time.perf_counter()
            Plain()(source, mixture, kind)
            cells.append(f"{1000 * (time.perf_counter() - start):.0f}")
        print(f"| {count} | {' | '.join(cells)} |", flush=True)


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--seeds", type=int, default=160)
    given = parser.parse_args()
    bias_table(given.rows, given.seeds)
    bins_table(20_000)
    time_table()


if __name__ == "__main__":
    main()
