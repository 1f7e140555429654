"""Random configurations, fitted by scikit-learn's class and by ours: ``python bench/drop_in.py --seed 1 --count 400``.

A configuration draws the data (blobs, skewed, integers with ties, far from zero, duplicated, scaled), its size, and the
parameters. Both classes get the same. Their outcome is the attributes, or the text of the ValueError. Two outcomes
are equal if weights, means and covariances differ by no more than 1e-6 of the largest value of their kind. For those
that are not, scikit-learn's class is fitted to rows moved by a unit in the last place: where its own parameters then
move as far, rounding decides.
"""

import argparse
import warnings
from collections import Counter

import numpy as np
from sklearn.mixture import GaussianMixture as Theirs

from mixtura import GaussianMixture as Ours

PARAMETERS = ("weights_", "means_", "covariances_", "precisions_cholesky_", "precisions_")
TOLERANCE = 1e-6


def blobs(rng, n, d):
    """Rows of a few Gaussian clusters."""
    centres = rng.normal(size=(rng.integers(1, 6), d)) * rng.uniform(0.5, 6)
    return centres[rng.integers(len(centres), size=n)] + rng.normal(size=(n, d)) * rng.uniform(0.2, 2, size=d)


DATA = {
    "blobs": blobs,
    "skewed": lambda rng, n, d: rng.exponential(size=(n, d)) ** rng.uniform(1, 2),
    "integers": lambda rng, n, d: rng.integers(0, rng.integers(3, 17), size=(n, d)).astype(float),
    "duplicates": lambda rng, n, d: blobs(rng, max(n // 5, 3), d)[rng.integers(max(n // 5, 3), size=n)],
    "few values": lambda rng, n, d: rng.integers(0, 2, size=(n, d)).astype(float) * 5,
    "moved": lambda rng, n, d: blobs(rng, n, d) + 10.0 ** rng.uniform(1, 3),
    "scaled": lambda rng, n, d: blobs(rng, n, d) * 10.0 ** rng.uniform(-2, 3, size=d),
    "uniform": lambda rng, n, d: rng.uniform(size=(n, d)),
}


def configuration(seed):
    """Name of the data, rows, and parameters."""
    rng = np.random.default_rng(seed)
    name = str(rng.choice(list(DATA)))
    n, d = int(10 ** rng.uniform(1.2, 3.3)), int(rng.integers(1, 7))
    X = DATA[name](rng, n, d)
    if rng.random() < 0.1:
        X = np.asfortranarray(X)
    kind = str(rng.choice(["full", "tied", "diag", "spherical"]))
    k = int(rng.integers(1, 7))
    options = {
        "n_components": k,
        "covariance_type": kind,
        "init_params": str(rng.choice(["kmeans", "kmeans", "k-means++", "random", "random_from_data"])),
        "n_init": int(rng.choice([1, 1, 2, 4])),
        "tol": float(rng.choice([1e-3, 1e-3, 1e-5, 0.0])),
        "reg_covar": float(rng.choice([1e-6, 1e-6, 1e-6, 1e-2, 0.0])),
        "max_iter": int(rng.choice([100, 100, 20, 1, 0])),
        "random_state": int(rng.integers(2**31)),
        "warm_start": bool(rng.random() < 0.1),
    }
    if rng.random() < 0.15:
        options["weights_init"] = np.full(k, 1 / k)
    if rng.random() < 0.15:
        options["means_init"] = X[rng.integers(n, size=k)]
    if rng.random() < 0.15:
        shape = {"full": (k, 1, 1), "tied": (1, 1), "diag": (k, 1), "spherical": (k,)}[kind]
        base = np.eye(d) if kind in ("full", "tied") else np.ones(d) if kind == "diag" else 1.0
        options["precisions_init"] = np.ones(shape) * base * rng.uniform(0.2, 2)
    return name, X, options


def outcome(cls, X, options):
    """Attributes after a fit, or after two with ``warm_start``; or the text of the error."""
    model = cls(**options)
    try:
        for _ in range(2 if options["warm_start"] else 1):
            model.fit(X)
    except ValueError as error:
        return str(error)
    except AttributeError:  # scikit-learn's without iterations, where precisions are given
        return "AttributeError"
    return {name: getattr(model, name) for name in (*PARAMETERS, "n_iter_", "converged_", "lower_bound_")}


def distance(one, other, X):
    """Largest difference of parameters, as a fraction of the largest value of its kind; infinite where one failed."""
    if isinstance(one, str) or isinstance(other, str):
        return 0.0 if isinstance(one, str) and one == other else np.inf
    scales = [1.0, np.abs(X).max(), np.abs(one["covariances_"]).max()]
    gaps = [np.abs(one[name] - other[name]).max() for name in PARAMETERS[:3]]
    return float(np.max(np.divide(gaps, scales)))


def compare(seed):
    """Distance of our outcome from scikit-learn's, and of scikit-learn's from its own on rows moved by rounding."""
    name, X, options = configuration(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, ours = outcome(Theirs, X, options), outcome(Ours, X, options)
        if theirs == "AttributeError":
            return name, options, 0.0, 0.0, theirs, ours
        gap, own = distance(theirs, ours, X), 0.0
        if gap > TOLERANCE:
            moved = [np.nextafter(X, np.inf), np.nextafter(X, -np.inf), X + 1e-14 * np.abs(X).max()]
            own = max(distance(theirs, outcome(Theirs, Z, options), X) for Z in moved)
    return name, options, gap, own, theirs, ours


def verdict(gap, own, theirs, ours):
    """What a comparison has shown."""
    if gap > TOLERANCE:
        return "other, as scikit-learn's on rows moved by rounding" if own > TOLERANCE else "other, unexplained"
    return "raise alike" if isinstance(theirs, str) and theirs == ours else "equal"


def tally(seed, count, say=print):
    """How many comparisons have shown what, and their distances; ``say`` is told of those that are not equal."""
    counts, gaps = Counter(), []
    for number in range(seed * 100_000, seed * 100_000 + count):
        name, options, gap, own, theirs, ours = compare(number)
        said = verdict(gap, own, theirs, ours)
        counts[said] += 1
        gaps.append(gap)
        if gap > TOLERANCE:
            say(f"{number} {name}: {said}; apart by {gap:.1e}, scikit-learn's own by {own:.1e}; {options}")
    return counts, gaps


def main():
    """Print the tally."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=400)
    asked = parser.parse_args()
    counts, gaps = tally(asked.seed, asked.count)
    print(dict(counts), f"median distance {np.median(gaps):.1e}")


if __name__ == "__main__":
    main()
