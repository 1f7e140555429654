"""Missing values: the fit of incomplete rows beside that after three usual remedies: ``python bench/missing.py``.

Values of four data sets that scikit-learn has are removed, completely at random (MCAR) or more often where the first
column is large (MAR), but at least one stays in each row. Compared with the fit to the complete rows are the
parameters, by the mean difference of the log-densities of the complete rows, and the labels, by the adjusted Rand index
on these rows. All fits start from the fit to the complete rows, so that local maxima do not matter.
"""

import argparse
import warnings
from importlib.resources import files
from importlib.util import find_spec

import numpy as np
from sklearn.decomposition import PCA
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 scikit-learn asks for it
from sklearn.impute import IterativeImputer
from sklearn.metrics import adjusted_rand_score

import mixtura
from sklearn import datasets

FRACTIONS = (0.05, 0.2, 0.5)


def data_sets():
    """Rows, number of components and covariance model."""
    yield "iris", datasets.load_iris().data, 3, "VVV"
    yield "wine", datasets.load_wine().data[:, :8], 3, "VVI"
    cancer = datasets.load_breast_cancer().data[:, :10]
    yield "breast cancer", np.log(cancer + 0.01), 2, "VVV"
    if find_spec("palmerpenguins"):  # which has the table of Horst, Hill & Gorman (2020); two birds were not measured
        table = files("palmerpenguins") / "data" / "penguins.csv"
        columns = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
        penguins = mixtura.read(str(table), columns, na=["NA"])
        yield "penguins", penguins.rows, 3, "EEE"
    yield "digits, 6 principal components", PCA(6, random_state=0).fit_transform(datasets.load_digits().data), 10, "EEE"


def holes(rows, fraction, mechanism, rng):
    """Which values are removed."""
    chance = np.full(rows.shape, fraction)
    if mechanism == "MAR":  # the first column is always seen, and decides
        high = rows[:, :1] > np.median(rows[:, 0])
        chance = np.where(high, min(1.6 * fraction, 0.95), 0.4 * fraction) * np.ones(rows.shape[1])
        chance[:, 0] = 0
    found = rng.random(rows.shape) < chance
    found[np.arange(len(rows)), 0 if mechanism == "MAR" else rng.integers(0, rows.shape[1], len(rows))] = False
    return found


def remedies(rows):
    """Complete rows, by each remedy; None for the likelihood of the values that are seen."""
    yield "modelled", rows
    yield "means", np.where(np.isnan(rows), np.nanmean(rows, axis=0), rows)
    yield "deletion", rows[~np.isnan(rows).any(axis=1)]
    yield "IterativeImputer", IterativeImputer(random_state=0).fit_transform(rows)


def measure(rows, k, model, fraction, mechanism, seed):
    """Divergence and Rand index of each remedy."""
    rng = np.random.default_rng(seed)
    whole = mixtura.fit(rows, k, model=model, seed=0)
    labels, density = whole.mixture.predict(rows), whole.mixture.logpdf(rows)
    incomplete = np.where(holes(rows, fraction, mechanism, rng), np.nan, rows)
    found = {}
    for name, completed in remedies(incomplete):
        if len(completed) <= 2 * k * (rows.shape[1] + 1):
            found[name] = (np.inf, 0.0)
            continue
        mixture = mixtura.fit(completed, k, model=model, start=whole.mixture).mixture
        divergence = float((density - mixture.logpdf(rows)).mean())
        found[name] = (divergence, adjusted_rand_score(labels, mixture.predict(rows)))
    return found


def main():
    """Print a table with the medians, and in how many cases the modelled values are nearest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    seeds = parser.parse_args().seeds
    warnings.simplefilter("ignore")
    print("| data | mechanism | missing | modelled | means | deletion | IterativeImputer |")
    print("|---|---|---|---|---|---|---|")
    wins = ties = cases = 0
    beaten: dict[str, list[tuple[bool, bool]]] = {}
    for name, rows, k, model in data_sets():
        for mechanism in ("MCAR", "MAR"):
            for fraction in FRACTIONS:
                results = [measure(rows, k, model, fraction, mechanism, seed) for seed in range(seeds)]
                medians = {r: np.median([each[r] for each in results], axis=0) for r in results[0]}
                cells = [f"{kl:.3f}, {rand:.2f}" if np.isfinite(kl) else "–" for kl, rand in medians.values()]
                print(f"| {name} | {mechanism} | {fraction:.0%} | {' | '.join(cells)} |", flush=True)
                for each in results:
                    own, others = each["modelled"], [each[r] for r in each if r != "modelled"]
                    cases += 1
                    for other in each:
                        better = (own[0] <= each[other][0], own[1] >= each[other][1])
                        beaten.setdefault(other, []).append(better)
                    wins += own[0] <= min(kl for kl, _ in others)
                    ties += own[1] >= max(rand for _, rand in others)
    print(f"\nmodelled is nearest by divergence in {wins} of {cases} cases, and by labels in {ties}")
    for other in [name for name in beaten if name != "modelled"]:
        near, alike = np.sum(beaten[other], axis=0)
        print(f"nearer than {other} in {near} of {cases} by divergence, at least as near by labels in {alike}")


if __name__ == "__main__":
    main()
